package import StripModel
internal import StripPlatform

/// The control groups of one process: their limits, their files kept open, and what was read of them last.
///
/// Public because Embedded Swift destroys a noncopyable value of another module only when its type is.
///
/// One thread at a time. Costs a descriptor for each file that was read.
@safe public struct CgroupReader: ~Copyable {
  package let place: CgroupPlace
  package private(set) var limits: CgroupLimits
  /// What was read last; what a later reading does not renew stays.
  package private(set) var sample = CgroupSample()
  /// Probes that this kernel or group does not offer; left out from then on.
  private var denied = ProbeSet()
  package private(set) var refusals: [Refusal] = []

  private var kept: KeptDescriptors
  private var buffer: UnsafeMutableRawBufferPointer
  /// memory.stat is the longest: some 60 lines.
  private static let bufferSize = 16384
  /// From that part of the limit on, what fills the memory is read often.
  private static let nearlyFull = 0.8

  package init(_ place: CgroupPlace) {
    self.init(place, CgroupLimits(place))
  }

  package init(_ place: CgroupPlace, _ limits: CgroupLimits) {
    self.place = place
    self.limits = limits
    kept = KeptDescriptors(count: CgroupProbe.all.count)
    // Safe because it is freed only by deinit.
    unsafe buffer = .allocate(byteCount: Self.bufferSize, alignment: 16)
    setLimits()
  }

  deinit { unsafe buffer.deallocate() }

  /// Reads the probes of `tier`: one pread(2) each, no allocation.
  package mutating func read(_ tier: Tier) {
    var left = CgroupProbe.of(tier, areTasksOnly: !limits.holdsResources)
    if tier == .often, limits.holdsResources, isNearlyFull { left.insert(CgroupProbe.splitIndex) }
    left = left.subtracting(denied)
    while true {
      let index = left.next()
      if index < 0 { return }
      do throws(SystemError) {
        try read(index)
      } catch {
        if error.isOutOfDescriptors { continue }
        denied.insert(index)
        refusals.append(Refusal(probe: index, error: error))
      }
    }
  }

  private var isNearlyFull: Bool {
    guard let limit = limits.memory?.value, let use = sample[.memoryUse] else { return false }
    return Double(use) >= Self.nearlyFull * Double(limit)
  }

  /// Looks at the limits again. `true`: another one holds now.
  package mutating func renewLimits() -> Bool {
    let now = CgroupLimits(place)
    if now == limits { return false }
    // A limit at another level: the use that it is held against is that level's.
    let isElsewhere =
      now.memory?.level != limits.memory?.level || now.processor?.level != limits.processor?.level
      || now.tasks?.level != limits.tasks?.level
    limits = now
    if isElsewhere {
      kept.closeAll()
      denied = ProbeSet()
      sample.clear()
    }
    setLimits()
    return true
  }

  private mutating func setLimits() {
    sample[.memoryLimit] = limits.memory?.value
    sample[.memoryHigh] = limits.memoryHigh?.value
    sample[.swapLimit] = limits.swap?.value
    sample[.cpuQuota] = limits.processor?.value
    sample[.taskLimit] = limits.tasks?.value
  }

  private mutating func read(_ index: Int) throws(SystemError) {
    let probe = CgroupProbe.all[index]
    guard let branch = branch(of: probe), let file = branch.version == .first ? probe.first : probe.second else {
      // This version has no such file; that is no trouble.
      return denied.insert(index)
    }
    if kept.isEmpty(index) {
      let level = min(level(of: file.place), branch.levels.count - 1)
      kept.keep(try Descriptor(opening: "\(branch.levels[level].directory)/\(file.file)"), at: index)
    }
    let count = try unsafe kept.read(index, into: buffer)
    // Safe because the kernel wrote `count` bytes, and the scanner ends with this call.
    let text = unsafe FieldScanner(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    probe.parse(text, branch.version, &sample)
  }

  private func branch(of probe: CgroupProbe) -> CgroupBranch? {
    guard let place = (probe.second ?? probe.first)?.place else { return nil }
    return switch place {
    case .memoryLimit, .memory: self.place.memory
    case .processorLimit: self.place.processor
    case .taskLimit, .tasks: self.place.tasks
    case .storage: self.place.storage
    case .unified: self.place.unified
    }
  }

  private func level(of place: CgroupProbe.Place) -> Int {
    switch place {
    case .memoryLimit: limits.memory?.level ?? limits.memoryHigh?.level ?? limits.swap?.level ?? 0
    case .processorLimit: limits.processor?.level ?? 0
    case .taskLimit: limits.tasks?.level ?? 0
    case .memory, .tasks, .storage, .unified: 0
    }
  }
}
