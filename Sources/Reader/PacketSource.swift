package import StripRecording
internal import StripPlatform

/// The packets of a recording's file in file order, read through one buffer: memory does not grow with the file.
///
/// Block 0 is passed over: it holds the trace's UUID and the control block, nothing that was recorded.
/// Unused space (padding fields, zeros of space that was allocated and never written) is skipped. Reading stops at the first
/// byte that no writer of ours can have left there, with its offset.
@safe package struct PacketSource: ~Copyable {
  package let path: String
  /// The first 8192 bytes say where blocks begin; a recovered recording has none.
  package var isBlocked: Bool { file.isBlocked }
  private let file: Opened
  private let buffer: UnsafeMutableRawBufferPointer
  /// The file offset of `buffer[0]`, and what of the buffer is filled and used.
  private var base = UInt64(RecordingLayout.blockSize)
  private var filled = 0
  private var position = 0
  private var packetOffset: UInt64 = 0
  /// Where the table blocks begin that were passed so far.
  package private(set) var tables: [UInt64] = []
  private static let bufferSize = 1 << 20
  package private(set) var end = ReadingEnd.whole

  package enum ReadingEnd: Equatable, Sendable {
    case whole
    /// A packet is cut off by the end of the file.
    case truncated(at: UInt64)
    case damaged(at: UInt64)
  }

  /// Errors: `cannotOpen`, `notARecording`, `newerVersion`.
  package init(_ path: String) throws(RecordingError) {
    file = try Self.open(path)
    self.path = path
    // Safe because freed only by deinit.
    unsafe buffer = .allocate(byteCount: Self.bufferSize, alignment: 4096)
  }

  deinit { unsafe buffer.deallocate() }

  private struct Opened: ~Copyable {
    let descriptor: Descriptor
    let size: UInt64
    let isBlocked: Bool
  }

  /// Is it a recording that this version can read? Errors: as `init`.
  package static func check(_ path: String) throws(RecordingError) { _ = try open(path) }

  private static func open(_ path: String) throws(RecordingError) -> Opened {
    var head = [UInt8](repeating: 0, count: RecordingLayout.controlOffset + 16)
    func word(_ at: Int, _ count: Int) -> UInt64 {
      var value: UInt64 = 0
      for index in 0..<count { value |= UInt64(head[at + index]) << UInt64(8 * index) }
      return value
    }
    do throws(SystemError) {
      let descriptor = try Descriptor(opening: path)
      let status = try descriptor.status()
      if status.isDirectory { throw SystemError(code: 21, call: "open") }
      if !status.isRegular { throw SystemError(code: 22, call: "open") }
      var failure: SystemError?
      unsafe head.withUnsafeMutableBytes { bytes in
        do throws(SystemError) { _ = try unsafe descriptor.read(into: bytes) } catch { failure = error }
      }
      if let failure { throw failure }
      let control = RecordingLayout.controlOffset
      let version = UInt32(word(control + 8, 4))
      if word(control, 8) == RecordingLayout.magic && version <= RecordingLayout.version {
        return Opened(
          descriptor: descriptor, size: status.size,
          isBlocked: word(control + 12, 4) == UInt64(RecordingLayout.blockSize))
      }
    } catch {
      throw .cannotOpen(path: path, error)
    }
    let control = RecordingLayout.controlOffset
    if word(control, 8) == RecordingLayout.magic {
      throw .newerVersion(path: path, version: UInt32(word(control + 8, 4)))
    }
    throw .notARecording(path: path, offset: UInt64(control))
  }

  package var size: UInt64 { file.size }
  package var offset: UInt64 { base + UInt64(position) }

  /// The body of the next packet, valid until the next call; `nil` at the end. Errors: `cannotRead`.
  @inline(__always)
  package mutating func next() throws(RecordingError) -> UnsafeRawBufferPointer? {
    while true {
      if filled - position < 16, try !refill(16) { if position == filled { return nil } }
      // Safe because `position` is below `filled`.
      let tag = unsafe buffer[position]
      if tag == 0x0A || tag == 0x7A {
        guard let (header, length) = try lengthHeader() else { return nil }
        if tag == 0x7A {
          if header + length == RecordingLayout.blockSize, isTable {
            tables.append(offset)
            if offset + UInt64(RecordingLayout.blockSize) > size { return unsafe stop(.truncated(at: offset)) }
          }
          try skip(header + length)
          continue
        }
        if length > RecordingLayout.blockSize { return unsafe stop(.damaged(at: offset)) }
        if filled - position < header + length, try !refill(header + length) {
          return unsafe stop(.truncated(at: offset))
        }
        packetOffset = offset
        let start = position + header
        position = start + length
        return unsafe UnsafeRawBufferPointer(rebasing: buffer[start..<position])
      }
      if tag != 0 || !isBlocked { return unsafe stop(.damaged(at: offset)) }
      // A block that was given out or allocated, and never written.
      let inside = Int(offset % UInt64(RecordingLayout.blockSize))
      if inside != 0 { return unsafe stop(.damaged(at: offset)) }
      try skip(RecordingLayout.blockSize)
    }
  }

  /// Is the padding field here, which is as long as a block, a table?
  private var isTable: Bool {
    // Safe because the index is checked.
    filled - position >= 16
      && (unsafe buffer.loadUnaligned(fromByteOffset: position + 8, as: UInt64.self)) == TableBlock.magic
  }

  /// What there is of the table block at `offset`. Errors: `cannotRead`.
  package func table(at offset: UInt64) throws(RecordingError) -> [UInt8] {
    var block = [UInt8](repeating: 0, count: RecordingLayout.blockSize)
    var count = 0
    var failure: SystemError?
    unsafe block.withUnsafeMutableBytes { bytes in
      do throws(SystemError) { count = try unsafe file.descriptor.read(into: bytes, at: offset) } catch {
        failure = error
      }
    }
    if let failure { throw .cannotRead(path: path, offset: offset, failure) }
    block.removeLast(block.count - count)
    return block
  }

  /// The packet that ``next()`` gave last is broken inside: reading ends before it.
  package mutating func reject() { _ = unsafe stop(.damaged(at: packetOffset)) }

  private mutating func stop(_ end: ReadingEnd) -> UnsafeRawBufferPointer? {
    self.end = end
    position = filled
    base = size
    filled = 0
    position = 0
    return nil
  }

  /// The bytes before a field's payload, and the payload's length.
  @inline(__always)
  private mutating func lengthHeader() throws(RecordingError) -> (Int, Int)? {
    var length = 0
    var index = 1
    while index <= 5 {
      if position + index >= filled {
        _ = unsafe stop(.truncated(at: offset))
        return nil
      }
      // Safe because the index was just checked.
      let byte = unsafe buffer[position + index]
      length |= Int(byte & 0x7F) << (7 * (index - 1))
      index += 1
      if byte < 0x80 { return (index, length) }
    }
    _ = unsafe stop(.damaged(at: offset))
    return nil
  }

  private mutating func skip(_ count: Int) throws(RecordingError) {
    if position + count <= filled {
      position += count
    } else {
      base = min(offset + UInt64(count), size)
      position = 0
      filled = 0
    }
  }

  /// `false`: the file ends before `count` bytes are there.
  private mutating func refill(_ count: Int) throws(RecordingError) -> Bool {
    // Safe because both ranges lie in the buffer; memmove semantics.
    let left = filled - position
    if position > 0 {
      unsafe buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[position..<filled]))
      base += UInt64(position)
      position = 0
      filled = left
    }
    while filled < Self.bufferSize {
      do throws(SystemError) {
        let target = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
        let count = try unsafe file.descriptor.read(into: target, at: base + UInt64(filled))
        if count == 0 { break }
        filled += count
      } catch {
        throw .cannotRead(path: path, offset: base + UInt64(filled), error)
      }
    }
    return filled >= count
  }
}
