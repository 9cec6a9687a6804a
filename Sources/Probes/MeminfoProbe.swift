internal import StripModel

/// proc_meminfo(5): kB.
extension MachineProbe {
  static let meminfo = MachineProbe(
    name: "meminfo", file: "meminfo", subject: .memory, tier: .every,
    metrics: [
      .availableSize, .freeSize, .buffersSize, .cachedSize, .sharedSize, .dirtySize, .writebackSize, .slabSize,
      .swapFreeSize,
    ],
    parse: MeminfoProbe.parse)
}

package enum MeminfoProbe {
  package static func parse(_ text: FieldScanner, into reading: inout MachineReading) {
    var text = text
    while !text.isAtEnd {
      defer { text.skipLine() }
      let metric: MachineMetric
      switch text.key {
      case FieldScanner.key("MemFree:"): metric = .freeSize
      case FieldScanner.key("MemAvailable:"): metric = .availableSize
      case FieldScanner.key("Buffers:"): metric = .buffersSize
      case FieldScanner.key("Cached:"): metric = .cachedSize
      case FieldScanner.key("SwapFree:"): metric = .swapFreeSize
      case FieldScanner.key("Dirty:"): metric = .dirtySize
      case FieldScanner.key("Shmem:"): metric = .sharedSize
      case FieldScanner.key("Slab:"):
        // The last one wanted: the kernel's order has not changed since 2.6 (fs/proc/meminfo.c).
        if text.skip(past: UInt8(ascii: ":")) { reading.sample[.slabSize] = text.integer(times: 1024) }
        return
      case FieldScanner.key("Writeback:"):
        // WritebackTmp begins alike.
        if text.take("Writeback:") { reading.sample[.writebackSize] = text.integer(times: 1024) }
        continue
      default: continue
      }
      if text.skip(past: UInt8(ascii: ":")) { reading.sample[metric] = text.integer(times: 1024) }
    }
  }
}
