internal import Synchronization

/// The shared words at the head of a recording's file: the only thing that writers of different processes agree on.
///
/// All are little-endian 64-bit words in memory that every process maps; each is touched only by the atomic operations
/// here. Orderings are relaxed except where a comment says otherwise: a chunk belongs to one writer, so nothing else is
/// published through these words.
@safe package struct ControlBlock: @unchecked Sendable {
  private let base: UnsafeMutableRawPointer

  enum Word: Int {
    case magic = 0
    case versionAndBlockSize = 8
    case maximumBytes = 16
    case trackBase = 24
    case recorder = 32
    case nextBlock = 64
    case allocatedBytes = 128
    case refusedChunks = 136
    case grower = 176
    case nextSpanSequence = 144
    case nextCounterSequence = 152
    case nextTrack = 160
    case nextCode = 168
    case cycleMultiplier = 192
    case recorderNamespace = 256
    case nextNamespacedProcess = 264
  }

  private static let closedBit: UInt64 = 1 << 63
  /// A pebibyte. Any process of the run may have written anything here, so what is more is cut before it is calculated with.
  private static let mostBytes: UInt64 = 1 << 50

  /// `block` is the start of block 0, mapped for as long as the process lives.
  init(block: UnsafeMutableRawPointer) { unsafe base = block + RecordingLayout.controlOffset }

  private func word(_ word: Word) -> UnsafeMutablePointer<Atomic<UInt64>> {
    // Safe because the block is mapped, the offset is 8-aligned and below its size, and Atomic<UInt64> is laid out as UInt64.
    unsafe (base + word.rawValue).assumingMemoryBound(to: Atomic<UInt64>.self)
  }

  private func load(_ which: Word) -> UInt64 { unsafe word(which).pointee.load(ordering: .relaxed) }
  private func store(_ which: Word, _ value: UInt64) { unsafe word(which).pointee.store(value, ordering: .relaxed) }
  private func increment(_ which: Word) -> UInt64 {
    unsafe word(which).pointee.wrappingAdd(1, ordering: .relaxed).oldValue
  }

  /// Fills a fresh, zeroed block. The magic comes last, with release: whoever acquires it sees the rest.
  func initialize(maximumBytes: UInt64, trackBase: UInt64, recorder: Int32, namespace: UInt64, allocated: UInt64) {
    store(.versionAndBlockSize, UInt64(RecordingLayout.version) | UInt64(RecordingLayout.blockSize) << 32)
    store(.maximumBytes, maximumBytes)
    store(.trackBase, trackBase)
    store(.recorder, UInt64(UInt32(bitPattern: recorder)))
    store(.recorderNamespace, namespace)
    store(.nextBlock, 1)
    store(.allocatedBytes, allocated)
    store(.nextSpanSequence, 1)
    store(.nextCounterSequence, 0)
    store(.nextTrack, 1)
    unsafe word(.magic).pointee.store(RecordingLayout.magic, ordering: .releasing)
  }

  var isValid: Bool {
    unsafe word(.magic).pointee.load(ordering: .acquiring) == RecordingLayout.magic
      && load(.versionAndBlockSize) == UInt64(RecordingLayout.version) | UInt64(RecordingLayout.blockSize) << 32
  }

  var maximumBytes: UInt64 { min(load(.maximumBytes), Self.mostBytes) }
  package var recorder: Int32 { Int32(bitPattern: UInt32(truncatingIfNeeded: load(.recorder))) }
  package var refusedChunks: UInt64 { load(.refusedChunks) }
  package var allocatedBytes: UInt64 { load(.allocatedBytes) }
  package var claimedBytes: UInt64 { Self.bytes(load(.nextBlock)) }
  package var isClosed: Bool { load(.nextBlock) & Self.closedBit != 0 }

  /// What lies before a block.
  private static func bytes(_ nextBlock: UInt64) -> UInt64 {
    let size = UInt64(RecordingLayout.blockSize)
    return min(nextBlock & ~closedBit, mostBytes / size) * size
  }

  /// Takes the right to lengthen the file: one process at a time may write zeros beyond what is allocated. Gives the PID that has
  /// it, or `nil` when it is ours now. `dead`: a PID that had it and does not exist any more.
  func takeGrowth(_ pid: Int32, from dead: Int32 = 0) -> Int32? {
    // Acquire and release: what the last holder allocated is seen by the next.
    let result = unsafe word(.grower).pointee.compareExchange(
      expected: UInt64(UInt32(bitPattern: dead)), desired: UInt64(UInt32(bitPattern: pid)),
      ordering: .acquiringAndReleasing)
    return result.exchanged ? nil : Int32(truncatingIfNeeded: result.original)
  }

  func releaseGrowth() { unsafe word(.grower).pointee.store(0, ordering: .releasing) }

  func refuse() { _ = increment(.refusedChunks) }

  func raiseAllocated(to bytes: UInt64) {
    _ = unsafe word(.allocatedBytes).pointee.max(bytes, ordering: .relaxed)
  }

  enum Claim {
    case block(UInt64)
    /// Grow the file to this many bytes and try again.
    case needs(UInt64)
    case full
  }

  /// Takes `count` neighbouring blocks that are already allocated on disk, leaving `reserve` bytes below the maximum free, and `spare`
  /// bytes of what is allocated.
  func claim(_ count: Int, reserve: UInt64, spare: UInt64) -> Claim {
    let size = UInt64(RecordingLayout.blockSize)
    let maximumBytes = maximumBytes
    let blocks = (maximumBytes - min(reserve, maximumBytes)) / size
    var next = load(.nextBlock)
    while true {
      // A closed recording's next block is beyond them too.
      if next > blocks || UInt64(count) > blocks - next { return .full }
      let end = (next + UInt64(count)) * size
      if end + spare > load(.allocatedBytes) { return .needs(end + spare) }
      let result = unsafe word(.nextBlock).pointee.compareExchange(
        expected: next, desired: next + UInt64(count), ordering: .relaxed)
      if result.exchanged { return .block(next) }
      next = result.original
    }
  }

  /// After this no chunk is given out any more. Returns the bytes that belong to somebody.
  func close() -> UInt64 {
    let old = unsafe word(.nextBlock).pointee.bitwiseOr(Self.closedBit, ordering: .relaxed).oldValue
    return Self.bytes(old)
  }

  /// Sequence ids of span writers: the first 127 fit the narrow cell.
  func nextSpanSequence() -> UInt32 {
    let number = increment(.nextSpanSequence)
    return number < 8192 ? UInt32(number) : UInt32(truncatingIfNeeded: (1 << 24) &+ number) & 0x0FFF_FFFF
  }

  /// Sequence ids of the sampler's counter groups: two bytes as a varint for the first 8192.
  package func nextCounterSequence() -> UInt32 {
    UInt32(truncatingIfNeeded: 8192 &+ increment(.nextCounterSequence)) & 0x00FF_FFFF
  }

  /// A track's UUID: a random base of the recording, so that concatenated recordings do not share any.
  package func nextTrack() -> UInt64 { nextTracks(1) }

  /// The first of `count` neighbouring UUIDs.
  func nextTracks(_ count: UInt64) -> UInt64 {
    let first = unsafe word(.nextTrack).pointee.wrappingAdd(count, ordering: .relaxed).oldValue
    return load(.trackBase) &+ first
  }

  /// Numbers of functions whose lines are counted, from 1.
  func nextCode() -> UInt32 { UInt32(truncatingIfNeeded: increment(.nextCode) &+ 1) }

  /// The inode of the recorder's PID namespace; 0: unknown.
  var recorderNamespace: UInt64 { load(.recorderNamespace) }

  /// Numbers of processes whose PID says nothing in the recorder's namespace, from 0.
  func nextNamespacedProcess() -> UInt64 { increment(.nextNamespacedProcess) }

  /// Nanoseconds a cycle of the processor's counter, times 2^24; 0 while unknown or untrustworthy.
  package var cycleMultiplier: UInt64 {
    get { load(.cycleMultiplier) }
    nonmutating set { store(.cycleMultiplier, newValue) }
  }
}
