internal import StripPlatform

/// Appends whole packets to chunks of its own; one owner.
///
/// At any instruction the chunk reads as packets followed by one padding field: the field's new header is stored beyond
/// the packet first, then the packet's body, and its first eight bytes last.
@safe package struct PacketWriter: ~Copyable {
  package let file: RecordingFile
  private var position: UnsafeMutableRawPointer?
  private var blockRemaining = 0
  private var blocksAfter = 0
  private var chunk = 1
  private var chunkStart: UnsafeMutableRawPointer?
  private var chunkBytes = 0
  /// Written before the next packet, if there is one.
  private var deferred = PacketBuilder()
  private var hasDeferred = false
  package private(set) var packets: UInt64 = 0
  /// Packets that found no room.
  package private(set) var lostPackets: UInt64 = 0
  /// What is written now may take the room that is kept for the end.
  package var isEnding = false

  package init(_ file: RecordingFile) {
    self.file = file
    unsafe position = nil
    unsafe chunkStart = nil
  }

  /// Puts a packet off until there is another: what it says matters only then. Takes the place of one put off before.
  package mutating func putOff(_ body: borrowing PacketBuilder) {
    deferred.copy(body)
    hasDeferred = true
  }

  private mutating func writeDeferred() {
    hasDeferred = false
    // Safe because writing does not touch the bytes that were put off.
    let bytes = unsafe deferred.bytes
    unsafe write(bytes)
  }

  /// Writes the message in `body` as one packet, after one that was put off. One copy; a system call only when a new chunk is needed.
  package mutating func append(_ body: borrowing PacketBuilder) {
    if hasDeferred { writeDeferred() }
    guard !body.overflowed else {
      lostPackets += 1
      return
    }
    unsafe write(body.bytes)
  }

  private mutating func write(_ body: UnsafeRawBufferPointer) {
    packets += 1
    precondition(body.count >= 5, "a packet is published by one eight-byte store")
    let size = 3 + body.count
    guard let at = unsafe room(for: size) else {
      lostPackets += 1
      return
    }
    blockRemaining -= size
    unsafe position = at + size
    unsafe blank(at + size, blockRemaining)
    Publish.fence()
    // Safe because `room` gave `size` bytes inside our own chunk, and nothing or a padding field after them.
    unsafe (at + 3).copyMemory(from: body.baseAddress!, byteCount: body.count)
    let header = 0x0A | UInt64(body.count & 0x7F | 0x80) << 8 | UInt64(body.count >> 7) << 16
    let first = unsafe at.loadUnaligned(as: UInt64.self) & ~0xFF_FFFF | header
    Publish.fence()
    unsafe at.storeBytes(of: first, as: UInt64.self)
  }

  /// The place for `size` bytes such that what is left of the block is nothing or can hold a padding field.
  private mutating func room(for size: Int) -> UnsafeMutableRawPointer? {
    if let position = unsafe position, size == blockRemaining || size + 3 <= blockRemaining { return unsafe position }
    if let old = unsafe position, blocksAfter > 0 {
      unsafe position = old + blockRemaining
      blocksAfter -= 1
      blockRemaining = RecordingLayout.blockSize
      return unsafe position
    }
    guard let fresh = unsafe file.claim(chunk, for: isEnding ? .end : .sampler) else { return nil }
    if let old = unsafe chunkStart { unsafe SharedMapping.release(old, count: chunkBytes) }
    unsafe chunkStart = fresh
    chunkBytes = chunk * RecordingLayout.blockSize
    // Safe because the claim is ours and that long.
    for block in 0..<chunk { unsafe blank(fresh + block * RecordingLayout.blockSize, RecordingLayout.blockSize) }
    unsafe position = fresh
    blockRemaining = RecordingLayout.blockSize
    blocksAfter = chunk - 1
    chunk = min(chunk * 2, RecordingFile.largestChunk)
    return unsafe position
  }

  /// A padding field over `count` bytes (0, or at least 3) of our own chunk.
  private func blank(_ at: UnsafeMutableRawPointer, _ count: Int) {
    guard count > 0 else { return }
    let (tag, low, high) = RecordingLayout.wideBlank(count)
    if count > 3 {
      unsafe at.storeBytes(of: UInt32(tag) | UInt32(low) << 8 | UInt32(high) << 16, as: UInt32.self)
    } else {
      unsafe at.storeBytes(of: low, toByteOffset: 1, as: UInt8.self)
      unsafe at.storeBytes(of: high, toByteOffset: 2, as: UInt8.self)
      unsafe at.storeBytes(of: tag, as: UInt8.self)
    }
  }
}
