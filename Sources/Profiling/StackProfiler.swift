internal import StripModel
package import StripPlatform
package import StripRecording

/// Samples the call stacks of processes and of all that they start, by the kernel's own sampler, and records them.
///
/// The kernel writes each sample into a ring of the CPU where the thread runs; ``drain()`` takes them out. Nothing is injected into
/// the processes, and none has to be built for it; callers are found by frame pointers, which Swift's package manager keeps.
package final class StackProfiler {
  /// Nanoseconds of CPU time to a sample: 997 a second, so as not to keep step with what happens a thousand times a second.
  package static let period: UInt64 = 1_003_009

  private let rings: [StackRing]
  private let proc: String
  private var writer: StackWriter
  private var spaces: [Int32: AddressSpace] = [:]
  private var images: [String: ExecutableImage?] = [:]
  /// Records that may still be overtaken by earlier ones of another CPU.
  private var pending: [(record: PerfRecord, cpu: Int32)] = []
  private var lost: UInt64 = 0
  private var unknownMapping: UInt32?
  private var imageOfMapping: [UInt32: StackImage] = [:]

  /// Errors: as ``StackRing``. `proc`: where /proc is mounted.
  package init(_ targets: [StackRing.Target], to file: RecordingFile, proc: String) throws(SystemError) {
    let seesKernel = try Self.probe()
    var rings: [StackRing] = []
    for cpu in Self.onlineCPUs() {
      do throws(SystemError) {
        rings.append(try StackRing(targets, cpu: cpu, period: Self.period, seesKernel: seesKernel))
      } catch {
        // ENODEV: a CPU that went offline meanwhile.
        if error.code != 19 { throw error }
      }
    }
    self.rings = rings
    self.proc = proc
    writer = StackWriter(file, period: Self.period)
  }

  /// Whether the kernel gives the stacks of our own processes, tried on ourselves; and if so, CPU time inside of it too. Errors: as `init`.
  package static func probe() throws(SystemError) -> Bool {
    let cpu = onlineCPUs().first ?? 0
    do throws(SystemError) {
      return try StackRing([.running(Own.pid)], cpu: cpu, period: period, seesKernel: true).seesKernel
    } catch {
      // An unprivileged user sees what happens outside of the kernel.
      guard error.isDenied else { throw error }
      return try StackRing([.running(Own.pid)], cpu: cpu, period: period, seesKernel: false).seesKernel
    }
  }

  /// Is CPU time inside the kernel sampled too?
  package var seesKernel: Bool { rings.first?.seesKernel ?? false }
  /// Readable when a ring fills.
  package var descriptors: [Int32] { rings.map(\.descriptor) }
  package var samples: UInt64 { writer.samples }
  /// Samples that found no room in a ring or in the recording.
  package var lostSamples: UInt64 { lost + writer.lostSamples }

  private static func onlineCPUs() -> [Int32] {
    let text = (try? FileSystem.contents(of: "/sys/devices/system/cpu/online")).map {
      String(decoding: $0, as: UTF8.self)
    }
    let ranges = (text ?? "").split { $0 == "," || $0 == "\n" }.compactMap { range -> ClosedRange<Int32>? in
      let ends = range.split(separator: "-").compactMap { Int32($0) }
      guard let first = ends.first, let last = ends.last, first <= last else { return nil }
      return first...last
    }
    return ranges.isEmpty ? Array(0..<Int32(Machine.logicalCPUs)) : ranges.flatMap { Array($0) }
  }

  // MARK: records

  /// Records what the kernel has gathered. What comes from different CPUs is put in the order of time. `false`: there was nothing.
  package func drain() -> Bool {
    let limit = Clock.boottime()
    let before = pending.count
    gather()
    let isNews = pending.count > before
    take(until: limit)
    return isNews
  }

  /// The last samples.
  package func finish() {
    gather()
    take(until: .max)
  }

  private func gather() {
    for ring in rings {
      unsafe ring.drain { bytes in
        if let record = unsafe PerfRecord(bytes) { pending.append((record, ring.cpu)) }
      }
    }
  }

  private func take(until limit: UInt64) {
    pending.sort { $0.record.time < $1.record.time }
    let due = pending.firstIndex { $0.record.time > limit } ?? pending.count
    for (record, cpu) in pending[..<due] { take(record, cpu) }
    pending.removeFirst(due)
  }

  private func take(_ record: PerfRecord, _ cpu: Int32) {
    switch record {
    case .sample(let addresses, let isKernel, let pid, let tid, let time):
      let stack = stack(addresses, of: pid)
      writer.sample(stack, of: StackThread(pid: pid, tid: tid, cpu: cpu), isKernel: isKernel, at: time)
    case .mapped(let mapped, _):
      let (end, isOver) = mapped.start.addingReportingOverflow(mapped.length)
      spaces[mapped.pid, default: AddressSpace()].map(
        AddressSpace.Region(start: mapped.start, end: isOver ? .max : end, offset: mapped.offset, path: mapped.path))
    case .executed(let pid, _): spaces[pid] = AddressSpace()
    case .forked(let pid, let parent, _): spaces[pid] = spaces[parent]
    case .exited(let pid, _): spaces[pid] = nil
    case .lost(let count): lost += count
    }
  }

  /// The frames of a chain of addresses, the outermost first.
  private func stack(_ addresses: [UInt64], of pid: Int32) -> [StackFrame] {
    if spaces[pid] == nil {
      // It ran before we looked.
      spaces[pid] = AddressSpace(maps: (try? FileSystem.contents(of: "\(proc)/\(pid)/maps")) ?? [])
    }
    var frames: [StackFrame] = []
    frames.reserveCapacity(addresses.count)
    for (index, address) in addresses.enumerated() {
      // A caller's address is where the call returns to, which may be another line or even the next function.
      let inside = index == 0 ? address : address &- 1
      // What is no code is no caller: the chain has left the stack.
      guard let frame = frame(inside, of: pid) else { break }
      frames.append(frame)
    }
    // Inside the kernel on the way out there is no user's stack any more.
    if frames.isEmpty { return [unknown] }
    frames.reverse()
    return frames
  }

  /// Code that no mapping tells of: its mapping found no room in the ring, or the process was gone before we could ask.
  private var unknown: StackFrame {
    let mapping =
      unknownMapping
      ?? writer.mapping("[unknown]", buildID: [], start: 0, end: .max, offset: 0, bias: 0)
    unknownMapping = mapping
    return StackFrame(mapping: mapping, address: 0)
  }

  private func frame(_ address: UInt64, of pid: Int32) -> StackFrame? {
    guard let place = spaces[pid]?.place(of: address), let region = spaces[pid]?.regions[place] else { return nil }
    let mapping = region.mapping ?? name(region, place, of: pid)
    let bias = spaces[pid]?.regions[place].bias ?? 0
    return StackFrame(mapping: mapping, address: address &- region.start &+ region.offset &+ bias)
  }

  private func name(_ region: AddressSpace.Region, _ place: Int, of pid: Int32) -> UInt32 {
    let executable = image(region.path, of: pid)
    let bias = executable?.bias(at: region.offset) ?? 0
    let image = StackImage(path: region.path, buildID: executable?.buildID ?? [])
    let mapping = writer.mapping(
      image.path, buildID: image.buildID, start: region.start, end: region.end, offset: region.offset, bias: bias)
    imageOfMapping[mapping] = image
    spaces[pid]?.name(place, as: mapping, bias: bias)
    return mapping
  }

  /// As the process sees it: it may live in a container.
  private func image(_ path: String, of pid: Int32) -> ExecutableImage? {
    guard path.first == "/", !path.hasPrefix("//") else { return nil }
    if let known = images[path] { return known }
    let image = ExecutableImage("\(proc)/\(pid)/root\(path)") ?? ExecutableImage(path)
    images[path] = image
    return image
  }

  // MARK: symbols

  /// What is to be named: each image with the addresses in it that a stack went through.
  package var unnamed: [(image: StackImage, addresses: [UInt64])] {
    var addresses: [StackImage: Set<UInt64>] = [:]
    for place in writer.places {
      if let image = imageOfMapping[place.mapping] { addresses[image, default: []].insert(place.address) }
    }
    return addresses.sorted { $0.key.path < $1.key.path }.map { ($0.key, $0.value.sorted()) }
  }

  /// Of a file as it is now; empty: it has none, or is not there.
  package static func buildID(of path: String) -> [UInt8] { ExecutableImage(path)?.buildID ?? [] }

  package func record(_ symbols: ImageSymbols) { writer.symbols(symbols) }
}
