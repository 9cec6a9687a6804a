package import StripRecording
internal import StripPlatform

/// Makes a strict protobuf trace of a recording whose writer was killed: every whole packet, then the tables.
package enum Recovery {
  package struct Result: Sendable {
    package let packets: UInt64
    package let bytes: UInt64
    package let ending: PacketSource.ReadingEnd
  }

  /// Copies the packets of `path` into the new file `output`. Memory: two buffers, whatever the size.
  ///
  /// Errors: as ``PacketSource``; `exists` unless `replacing`; `cannotCreate`.
  package static func recover(
    _ path: String, to output: String, replacing: Bool
  ) throws(RecordingError) -> Result {
    var source = try PacketSource(path)
    let head = try head(of: path)
    if let status = try? FileStatus.of(output) {
      if !status.isRegular { throw .notARegularFile(path: output) }
      if !replacing { throw .exists(path: output) }
      if let input = try? FileStatus.of(path), input.inode == status.inode, input.device == status.device {
        throw .exists(path: output)
      }
      FileSystem.remove(output)
    }
    var writer = try Output(output)
    try writer.append(head)
    var packets: UInt64 = 0
    while let body = try unsafe source.next() {
      guard unsafe PacketCheck.isWhole(body) else {
        source.reject()
        break
      }
      packets += 1
      try unsafe writer.appendPacket(body)
    }
    for offset in source.tables {
      if let table = whole(try source.table(at: offset)) { try writer.append(table) }
    }
    try writer.flush()
    return Result(packets: packets, bytes: writer.bytes, ending: source.end)
  }

  /// A table block that counts only entries which are whole; `nil`: it is none.
  private static func whole(_ bytes: [UInt8]) -> [UInt8]? {
    guard let table = TableBytes(bytes) else { return nil }
    var block = bytes
    while block.count < RecordingLayout.blockSize { block.append(0) }
    for byte in 0..<4 {
      block[TableBytes.countOffset + byte] = UInt8(truncatingIfNeeded: UInt32(table.count) >> UInt32(8 * byte))
    }
    return block
  }

  /// Block 0, with the block size in its control block set to zero: packets follow one another without blocks.
  private static func head(of path: String) throws(RecordingError) -> [UInt8] {
    var head = [UInt8](repeating: 0, count: RecordingLayout.blockSize)
    do throws(SystemError) {
      let file = try Descriptor(opening: path)
      var failure: SystemError?
      var count = 0
      unsafe head.withUnsafeMutableBytes { bytes in
        do throws(SystemError) { count = try unsafe file.read(into: bytes) } catch { failure = error }
      }
      if let failure { throw failure }
      guard count == head.count else { throw RecoveryTooShort.error }
    } catch {
      throw error == RecoveryTooShort.error ? .notARecording(path: path, offset: 0) : .cannotOpen(path: path, error)
    }
    if !isWhole(head) { unsafe head.withUnsafeMutableBytes { unsafe RecordingFile.writeHead($0.baseAddress!) } }
    let blockSize = RecordingLayout.controlOffset + 12
    for index in blockSize..<blockSize + 4 { head[index] = 0 }
    return head
  }

  /// Do the fields of block 0 end where it ends?
  private static func isWhole(_ head: [UInt8]) -> Bool {
    unsafe head.withUnsafeBytes { bytes in
      var fields = unsafe FieldReader(bytes)
      var isFirst = true
      while fields.advance() {
        guard fields.wire == WireType.bytes else { return false }
        switch fields.number {
        case TraceField.packet: if unsafe !PacketCheck.isWhole(fields.bytes) { return false }
        case TraceField.padding: if isFirst { return false }
        default: return false
        }
        isFirst = false
      }
      return !fields.isDamaged
    }
  }

  private enum RecoveryTooShort {
    static let error = SystemError(code: 61, call: "pread")
  }

  /// A new file, written in large pieces.
  private struct Output: ~Copyable {
    private let path: String
    private let file: Descriptor
    private var pending: [UInt8] = []
    private(set) var bytes: UInt64 = 0

    init(_ path: String) throws(RecordingError) {
      self.path = path
      file = try Self.create(path)
      pending.reserveCapacity(1 << 20)
    }

    private static func create(_ path: String) throws(RecordingError) -> Descriptor {
      do throws(SystemError) { return try Descriptor(opening: path, as: .createNew) } catch {
        throw .cannotCreate(path: path, error)
      }
    }

    mutating func append(_ more: [UInt8]) throws(RecordingError) {
      pending += more
      if pending.count >= 1 << 20 { try flush() }
    }

    mutating func appendPacket(_ body: UnsafeRawBufferPointer) throws(RecordingError) {
      pending.append(0x0A)
      var length = body.count
      while length > 0x7F {
        pending.append(UInt8(length & 0x7F) | 0x80)
        length >>= 7
      }
      pending.append(UInt8(length))
      unsafe pending.append(contentsOf: body)
      if pending.count >= 1 << 20 { try flush() }
    }

    mutating func flush() throws(RecordingError) {
      var failure: SystemError?
      unsafe pending.withUnsafeBytes { bytes in
        do throws(SystemError) { try unsafe file.write(bytes) } catch { failure = error }
      }
      if let failure { throw .cannotCreate(path: path, failure) }
      bytes += UInt64(pending.count)
      pending.removeAll(keepingCapacity: true)
    }
  }
}
