package import StripPlatform

/// The kernel's files about the whole machine, kept open, and what was read of them last.
///
/// Public because Embedded Swift destroys a noncopyable value of another module only when its type is.
///
/// One thread at a time. Costs a descriptor for each file that was read once.
@safe public struct MachineReader: ~Copyable {
  package private(set) var reading: MachineReading
  /// Probes that this kernel does not offer to us; left out from then on.
  package private(set) var denied = ProbeSet()
  package private(set) var refusals: [Refusal] = []

  /// EMFILE or ENFILE, at the last reading: what had no descriptor left is missing in it.
  package private(set) var shortage: SystemError?

  private var keepsOpen = true
  private let directory: Descriptor
  private var kept: KeptDescriptors
  private var buffer: UnsafeMutableRawBufferPointer

  package init(roots: KernelRoots = KernelRoots()) throws(SystemError) {
    directory = try Descriptor(opening: roots.proc, as: .directory)
    reading = MachineReading(roots: roots)
    kept = KeptDescriptors(count: MachineProbe.all.count)
    // Safe because it is replaced only by grow() and freed only by deinit.
    unsafe buffer = .allocate(byteCount: 65536, alignment: 16)
  }

  deinit { unsafe buffer.deallocate() }

  /// Fills ``reading`` from `probes` but the denied ones; what was not read now is missing in it.
  ///
  /// One or two system calls a probe; no allocation while neither a device nor a text is new in size.
  package mutating func read(_ probes: ProbeSet) {
    reading.clear()
    shortage = nil
    var left = probes.subtracting(denied)
    while true {
      let index = left.next()
      if index < 0 { return }
      do throws(SystemError) {
        try read(index)
      } catch {
        if error.isOutOfDescriptors {
          shortage = error
          continue
        }
        denied.insert(index)
        refusals.append(Refusal(probe: index, error: error))
      }
    }
  }

  /// From now on each file is opened for each reading.
  package mutating func park() {
    keepsOpen = false
    kept.closeAll()
  }

  /// The probes up to `tier`.
  package mutating func read(through tier: Tier) { read(MachineProbe.through(tier)) }

  private mutating func read(_ index: Int) throws(SystemError) {
    defer { if !keepsOpen { kept.close(index) } }
    if kept.isEmpty(index) {
      kept.keep(try Descriptor(opening: MachineProbe.all[index].file, in: directory.raw), at: index)
    }
    var count = try unsafe kept.read(index, into: buffer)
    var piece = count
    // The kernel hands out a list in pieces of nearly a page (fs/seq_file.c; no entry here comes near 1 KiB), so after a smaller
    // piece nothing follows. /proc/stat comes whole and may be larger than the buffer.
    while piece > 3072 {
      if unsafe count == buffer.count { grow() }
      // Safe because `count` is below the buffer's.
      let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[count...])
      piece = try unsafe kept.read(index, into: rest, at: UInt64(count))
      count += piece
    }
    // Safe because the kernel wrote `count` bytes, and the scanner ends with this call.
    let text = unsafe FieldScanner(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    MachineProbe.all[index].parse(text, &reading)
  }

  private mutating func grow() {
    // Safe because the old buffer is copied before it is freed, and nothing else points into it.
    let larger = unsafe UnsafeMutableRawBufferPointer.allocate(byteCount: buffer.count * 2, alignment: 16)
    unsafe larger.copyMemory(from: UnsafeRawBufferPointer(buffer))
    unsafe buffer.deallocate()
    unsafe buffer = larger
  }
}
