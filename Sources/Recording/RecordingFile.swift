internal import StripPlatform
internal import Synchronization

/// A recording that is being written, in this process, by any number of writers.
///
/// Space is mapped in windows, on demand. A process that joins keeps no descriptor: a program that closes all of
/// them, or reuses their numbers, is none the worse.
@safe package final class RecordingFile: @unchecked Sendable {
  package let path: String
  package let control: ControlBlock
  private let device: UInt64
  private let inode: UInt64
  private let descriptor: Descriptor?
  /// Who we are where writers of several PID namespaces meet: our PID, or a placeholder. Changes while there is one thread.
  var writerID: Int32
  private let windowSize: Int
  private let windows: UnsafeMutablePointer<Atomic<UInt>>
  /// How much is kept for the end; the recorder raises it with the number of processes. Programs that write spans keep the least.
  private let endBytes = Atomic<UInt64>(leastForEnd)

  private var forEnd: UInt64 { min(endBytes.load(ordering: .relaxed), control.maximumBytes / 4) }

  package func keepForEnd(_ bytes: UInt64) { endBytes.store(max(bytes, Self.leastForEnd), ordering: .relaxed) }

  private static let windowCount = 64
  private static let leastBytes: UInt64 = 64 << 10
  /// The longest chunk; windows overlap by this much, so that a chunk always lies in one of them.
  package static let largestChunk = 8
  private static let overlap = largestChunk * RecordingLayout.blockSize
  /// Kept free of spans, so that the sampler can go on for a while.
  private static let reserve: UInt64 = 1 << 20
  /// Kept free of all else and allocated from the start, so that the end of the run is always in the file: how it ended, and the last
  /// figures.
  package static let leastForEnd: UInt64 = 128 << 10

  package enum Purpose { case spans, sampler, end }

  // MARK: making and joining

  /// Creates `path` with mode 0600. Errors: `exists` unless `replacing`, `cannotCreate`.
  package static func create(
    at path: String, maximumBytes: UInt64, replacing: Bool
  ) throws(RecordingError) -> RecordingFile {
    if let status = try? FileStatus.of(path) {
      if !status.isRegular { throw .notARegularFile(path: path) }
      if !replacing { throw .exists(path: path) }
      FileSystem.remove(path)
    }
    do throws(SystemError) {
      let descriptor = try Descriptor(opening: path, as: .createNew)
      do throws(SystemError) {
        let status = try descriptor.status()
        // fallocate(2) beyond RLIMIT_FSIZE would send us SIGXFSZ.
        let maximumBytes = min(maximumBytes, Own.fileSizeLimit & ~UInt64(RecordingLayout.blockSize - 1))
        if maximumBytes < leastBytes { throw SystemError(code: 27, call: "fallocate") }
        let first = min(maximumBytes, 256 << 10)
        try descriptor.allocate(from: 0, count: first)
        let windowSize = windowSize(maximumBytes)
        guard let mapping = SharedMapping(descriptor, offset: 0, count: windowSize + overlap) else {
          throw SystemError(code: 12, call: "mmap")
        }
        unsafe writeHead(mapping.base)
        let control = unsafe ControlBlock(block: mapping.base)
        control.initialize(
          maximumBytes: maximumBytes, trackBase: Machine.random() >> 16, recorder: Own.pid,
          namespace: PIDNamespace.own() ?? 0, allocated: first)
        return unsafe RecordingFile(
          path: FileSystem.absolute(path) ?? path, status: status, descriptor: consume descriptor, first: mapping.base,
          maximumBytes: maximumBytes)
      } catch {
        FileSystem.remove(path)
        throw error
      }
    } catch {
      throw error.exists ? .exists(path: path) : .cannotCreate(path: path, error)
    }
  }

  /// Joins a recording that another process of the run made. Errors: `cannotOpen`, `notARecording`.
  package static func join(_ path: String) throws(RecordingError) -> RecordingFile {
    let found: (head: SharedMapping?, status: FileStatus)
    do throws(SystemError) { found = try head(of: path) } catch { throw .cannotOpen(path: path, error) }
    guard let head = found.head else { throw .notARecording(path: path, offset: 0) }
    let control = unsafe ControlBlock(block: head.base)
    guard control.isValid, !control.isClosed, control.maximumBytes >= UInt64(RecordingLayout.blockSize) else {
      throw .notARecording(path: path, offset: UInt64(RecordingLayout.controlOffset))
    }
    return unsafe RecordingFile(
      path: path, status: found.status, descriptor: nil, first: head.base, maximumBytes: control.maximumBytes)
  }

  /// Block 0, or no mapping when the file is too small to have one or shorter than it says.
  private static func head(of path: String) throws(SystemError) -> (SharedMapping?, FileStatus) {
    let descriptor = try Descriptor(opening: path, as: .readWrite)
    let status = try descriptor.status()
    guard status.isRegular, status.size >= UInt64(RecordingLayout.blockSize) else { return (nil, status) }
    guard let head = SharedMapping(descriptor, offset: 0, count: RecordingLayout.blockSize) else {
      throw SystemError(code: 12, call: "mmap")
    }
    // Of a copy that was cut short, a store into what is missing would be a SIGBUS. The file grows before the word does.
    let allocated = unsafe ControlBlock(block: head.base).allocatedBytes
    guard try descriptor.status().size >= allocated else { return (nil, status) }
    return (head, status)
  }

  private init(
    path: String, status: FileStatus, descriptor: consuming Descriptor?, first: UnsafeMutableRawPointer,
    maximumBytes: UInt64
  ) {
    self.path = path
    writerID = Own.pid
    device = status.device
    inode = status.inode
    control = unsafe ControlBlock(block: first)
    windowSize = Self.windowSize(maximumBytes)
    unsafe windows = .allocate(capacity: Self.windowCount)
    // Safe because exactly `windowCount` are initialised, and never freed: a thread may write until the process ends.
    for index in 0..<Self.windowCount { unsafe (windows + index).initialize(to: Atomic<UInt>(0)) }
    if descriptor != nil { unsafe windows[0].store(UInt(bitPattern: first), ordering: .relaxed) }
    self.descriptor = descriptor
  }

  private static func windowSize(_ maximumBytes: UInt64) -> Int {
    let least: UInt64 = 16 << 20
    let size = max(least, (maximumBytes / UInt64(windowCount - 1)) & ~0xFFFF)
    return Int(min(size, 1 << 40))
  }

  /// The trace's UUID in a packet, a blank up to the control block, and the header of the padding around that.
  package static func writeHead(_ base: UnsafeMutableRawPointer) {
    var packet = PacketBuilder()
    let outer = packet.open(TraceField.packet)
    let uuid = packet.open(PacketField.uuid)
    packet.field(1, Machine.random() | 1 << 63)
    packet.field(2, Machine.random() | 1 << 63)
    packet.close(uuid)
    packet.close(outer)
    let blank = RecordingLayout.controlOffset - 3 - packet.count
    // Safe because all of it lies in the first 64 bytes of a mapped block; the control block follows.
    unsafe base.copyMemory(from: packet.bytes.baseAddress!, byteCount: packet.count)
    unsafe base.storeBytes(of: 0x7A, toByteOffset: packet.count, as: UInt8.self)
    unsafe base.storeBytes(of: UInt8(blank - 2), toByteOffset: packet.count + 1, as: UInt8.self)
    let rest = RecordingLayout.wideBlank(RecordingLayout.blockSize - RecordingLayout.controlOffset + 3)
    unsafe base.storeBytes(of: rest.0, toByteOffset: RecordingLayout.controlOffset - 3, as: UInt8.self)
    unsafe base.storeBytes(of: rest.1, toByteOffset: RecordingLayout.controlOffset - 2, as: UInt8.self)
    unsafe base.storeBytes(of: rest.2, toByteOffset: RecordingLayout.controlOffset - 1, as: UInt8.self)
  }

  // MARK: space

  /// A run of `count` blocks that nobody else writes, allocated on disk and mapped. `nil`: the recording is closed or
  /// full, or the disk is; the refusal is counted.
  package func claim(_ count: Int, for purpose: Purpose) -> UnsafeMutableRawPointer? {
    let reserve: UInt64
    switch purpose {
    case .spans: reserve = Self.reserve
    case .sampler: reserve = forEnd
    case .end: reserve = 0
    }
    let spare = purpose == .end ? 0 : forEnd
    while true {
      switch control.claim(count, reserve: reserve, spare: spare) {
      case .block(let block):
        let address = unsafe address(of: block * UInt64(RecordingLayout.blockSize))
        if unsafe address == nil { control.refuse() }
        return unsafe address
      case .needs(let bytes):
        if !grow(to: bytes) {
          control.refuse()
          return nil
        }
      case .full:
        control.refuse()
        return nil
      }
    }
  }

  /// Keeps `bytes` of allocated space ahead of the writers; called by the recorder so that no program has to wait for it.
  package func allocateAhead(_ bytes: UInt64) {
    let wanted = min(control.claimedBytes + bytes + forEnd, control.maximumBytes)
    if wanted > control.allocatedBytes { _ = grow(to: wanted) }
  }

  /// `false`: the disk or the file is full, or whoever lengthens the file does not come to an end.
  private func grow(to bytes: UInt64) -> Bool {
    while control.allocatedBytes < bytes {
      // One step at a time, so that a writer never waits for more than one.
      guard growOnce(towards: bytes) else { return control.allocatedBytes >= bytes }
    }
    return true
  }

  private func growOnce(towards bytes: UInt64) -> Bool {
    guard takeGrowth(unless: { bytes <= control.allocatedBytes }) else { return false }
    defer { control.releaseGrowth() }
    let old = control.allocatedBytes
    if bytes <= old { return true }
    // After the end the file has its final length.
    if control.isClosed { return false }
    let step: UInt64 = old < 1 << 20 ? 256 << 10 : 1 << 20
    let whole = min((old + step) / step * step, control.maximumBytes)
    let least = min(bytes, whole)
    // fallocate(2) beyond RLIMIT_FSIZE would send SIGXFSZ to a program that is not ours to kill.
    if whole > Own.fileSizeLimit { return false }
    for size in [whole, least] where size > old {
      if allocate(from: old, to: size) {
        control.raiseAllocated(to: size)
        return true
      }
    }
    return false
  }

  /// Waits for the one that lengthens the file now (half a millisecond, where it is not pushed off its CPU), but not for one
  /// that is dead, nor for ever for one that is stopped: a recorded program does not hang for us. `false`: it is not ours.
  private func takeGrowth(unless isDone: () -> Bool) -> Bool {
    let own = writerID
    let start = Clock.monotonic()
    while let holder = control.takeGrowth(own) {
      if isDone() { return false }
      let now = Clock.monotonic()
      // One that does not exist, or whose number says nothing here, may live in another PID namespace; but then it is done after
      // this time.
      let isOverdue = now - start > Self.longestStep
      let isElsewhere = PlaceholderPID.contains(holder) || PlaceholderPID.contains(own)
      if isOverdue, holder != 0, isElsewhere || !Signal.exists(holder), control.takeGrowth(own, from: holder) == nil {
        return true
      }
      if now - start > Self.longestWait { return false }
      Clock.sleep(untilMonotonic: now + 50_000)
    }
    return true
  }

  private static let longestStep: UInt64 = 200_000_000
  private static let longestWait: UInt64 = 1_000_000_000

  private func allocate(from old: UInt64, to size: UInt64) -> Bool {
    if descriptor != nil { return (try? descriptor!.allocate(from: old, count: size - old)) != nil }
    guard let descriptor = reopened() else { return false }
    return (try? descriptor.allocate(from: old, count: size - old)) != nil
  }

  /// The same file by its path, for as long as it takes to allocate or map.
  private func reopened() -> Descriptor? {
    guard let again = try? Descriptor(opening: path, as: .readWrite), let status = try? again.status(),
      status.device == device, status.inode == inode
    else { return nil }
    return again
  }

  private func address(of offset: UInt64) -> UnsafeMutableRawPointer? {
    let index = Int(offset / UInt64(windowSize))
    guard index < Self.windowCount else { return nil }
    let inside = Int(offset % UInt64(windowSize))
    // Acquire: pairs with the release below, so that the mapping exists before it is used.
    let known = unsafe windows[index].load(ordering: .acquiring)
    // Safe because a window is never unmapped once it is published.
    if known != 0 { return unsafe UnsafeMutableRawPointer(bitPattern: known)! + inside }
    guard let mapping = map(index) else { return nil }
    let result = unsafe windows[index].compareExchange(
      expected: 0, desired: UInt(bitPattern: mapping.base), ordering: .acquiringAndReleasing)
    let base = result.exchanged ? UInt(bitPattern: unsafe mapping.base) : result.original
    return unsafe UnsafeMutableRawPointer(bitPattern: base)! + inside
  }

  private func map(_ index: Int) -> SharedMapping? {
    let offset = UInt64(index) * UInt64(windowSize)
    if descriptor != nil { return SharedMapping(descriptor!, offset: offset, count: windowSize + Self.overlap) }
    guard let descriptor = reopened() else { return nil }
    return SharedMapping(descriptor, offset: offset, count: windowSize + Self.overlap)
  }

  // MARK: the end

  /// Gives out no more chunks and cuts the file to what belongs to somebody. Writers that are still alive go on writing
  /// into chunks they have.
  package func close() {
    let end = control.close()
    if descriptor != nil { try? descriptor!.truncate(to: end) }
  }
}
