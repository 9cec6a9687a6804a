internal import StripPlatform
internal import StripRecording

/// Source lines that stacks went through, with what stands around them.
struct SourceLines {
  private var lines: [String: Set<UInt32>] = [:]
  /// When the oldest program that has code of the file was built.
  private var built: [String: Int64] = [:]
  private static let context: UInt32 = 2
  private static let most = 20_000
  /// As much as one note holds.
  private static let largestPiece = 2900

  mutating func add(_ symbols: ImageSymbols) {
    let modified = (try? FileStatus.of(symbols.image.path))?.modifiedNanoseconds ?? .max
    for line in symbols.addresses.flatMap(\.lines) where line.line > 0 {
      guard let file = line.file else { continue }
      built[file] = min(built[file] ?? .max, modified)
      let first = line.line > Self.context ? line.line - Self.context : 1
      lines[file, default: []].formUnion(first...(line.line &+ Self.context))
    }
  }

  /// Whole lines of the files that are there, as notes that each hold neighbouring ones.
  func pieces() -> [[Annotation]] {
    var pieces: [[Annotation]] = []
    var count = 0
    for (file, wanted) in lines.sorted(by: { $0.key < $1.key }) {
      guard count < Self.most, let status = try? FileStatus.of(file), status.isRegular, status.size < 16 << 20,
        let bytes = try? FileSystem.contents(of: file)
      else { continue }
      let text = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      var piece = ""
      var first: UInt32 = 0
      var next: UInt32 = 0
      func close() {
        let isNewer = status.modifiedNanoseconds > built[file] ?? .max
        if !piece.isEmpty { pieces.append(Self.piece(file, first, piece, isNewer: isNewer)) }
        piece = ""
      }
      for line in wanted.sorted() where line <= text.count {
        let words = String(decoding: text[Int(line) - 1].prefix(500), as: UTF8.self)
        if line != next || piece.utf8.count + words.utf8.count > Self.largestPiece { close() }
        if piece.isEmpty { first = line }
        piece += words + "\n"
        next = line + 1
        count += 1
      }
      close()
    }
    return pieces
  }

  private static func piece(_ file: String, _ first: UInt32, _ text: String, isNewer: Bool) -> [Annotation] {
    [Annotation("file", text: file), Annotation("first_line", Int64(first)), Annotation("text", text: text)]
      + (isNewer ? [Annotation("newer", flag: true)] : [])
  }
}
