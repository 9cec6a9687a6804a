internal import StripPlatform

/// What is needed of an ELF file to name places in it: where its symbols think that it lies, and which build it is. elf(5), 64 bits, little-endian.
struct ExecutableImage {
  private struct Segment {
    let offset: UInt64
    let address: UInt64
    let size: UInt64
  }

  private var loaded: [Segment] = []
  private(set) var buildID: [UInt8] = []

  /// `nil`: it cannot be read, or is no such file. Two to three reads.
  init?(_ path: String) {
    guard let file = try? Descriptor(opening: path), let header = Self.read(file, at: 0, count: 64),
      header[0...3] == [0x7F, 0x45, 0x4C, 0x46], header[4] == 2, header[5] == 1
    else { return nil }
    let count = Int(Self.number(header, at: 56, bytes: 2))
    let size = Int(Self.number(header, at: 54, bytes: 2))
    guard size >= 56, count > 0, count <= 256,
      let table = Self.read(file, at: Self.number(header, at: 32, bytes: 8), count: count * size)
    else { return nil }
    for index in 0..<count {
      let entry = Array(table[index * size..<index * size + 56])
      let segment = Segment(
        offset: Self.number(entry, at: 8, bytes: 8), address: Self.number(entry, at: 16, bytes: 8),
        size: Self.number(entry, at: 32, bytes: 8))
      switch Self.number(entry, at: 0, bytes: 4) {
      case 1: loaded.append(segment)
      case 4 where buildID.isEmpty && segment.size < 4096:
        if let notes = Self.read(file, at: segment.offset, count: Int(segment.size)) {
          buildID = Self.buildID(in: notes)
        }
      default: break
      }
    }
  }

  /// To be added to a place in the file for the address that the symbols know.
  func bias(at offset: UInt64) -> UInt64 {
    for segment in loaded where offset >= segment.offset && offset - segment.offset < segment.size {
      return segment.address &- segment.offset
    }
    return 0
  }

  /// The note "GNU", type 3.
  private static func buildID(in notes: [UInt8]) -> [UInt8] {
    var at = 0
    while at + 12 <= notes.count {
      let name = Int(number(notes, at: at, bytes: 4))
      let size = Int(number(notes, at: at + 4, bytes: 4))
      let text = at + 12
      let content = text + (name + 3) & ~3
      guard content + size <= notes.count else { return [] }
      if number(notes, at: at + 8, bytes: 4) == 3, notes[text..<text + name] == [0x47, 0x4E, 0x55, 0] {
        return Array(notes[content..<content + size])
      }
      at = content + (size + 3) & ~3
    }
    return []
  }

  private static func read(_ file: borrowing Descriptor, at offset: UInt64, count: Int) -> [UInt8]? {
    guard count > 0, count < 1 << 20 else { return nil }
    var bytes = [UInt8](repeating: 0, count: count)
    let got = unsafe bytes.withUnsafeMutableBytes { buffer in (try? unsafe file.read(into: buffer, at: offset)) ?? 0 }
    return got == count ? bytes : nil
  }

  private static func number(_ bytes: [UInt8], at offset: Int, bytes count: Int) -> UInt64 {
    (0..<count).reduce(0) { $0 | UInt64(bytes[offset + $1]) << UInt64(8 * $1) }
  }
}
