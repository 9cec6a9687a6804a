import Stripchart

#if canImport(Glibc)
  import Glibc
#else
  import Musl
#endif

/// Counts the words of files, and says which are the most frequent.
///
///     stripchart run -- WordCount *.txt
///     WordCount *.txt         writes wordcount.pftrace itself
@main
struct WordCount {
  static func main() async throws {
    let paths = CommandLine.arguments.dropFirst()
    guard !paths.isEmpty else {
      print("usage: WordCount FILE…")
      exit(2)
    }
    // Under `stripchart run` there is a recording already.
    let isOwn = !Recording.isOn
    if isOwn { try Recording.start(path: "wordcount.pftrace", replacing: true) }
    defer { if isOwn { Recording.stop() } }

    var total: [String: Int] = [:]
    for path in paths {
      guard let text = span("read", { read(path) }) else {
        mark("cannot read \(path)")
        continue
      }
      let counts = await span("count") { await count(text) }
      span("merge") { total.merge(counts, uniquingKeysWith: +) }
      counter("different words", total.count)
    }
    for (word, number) in span("sort", { total.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(10) }) {
      print("\(number)\t\(word)")
    }
  }

  static func read(_ path: String) -> String? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = fread(&part, 1, part.count, file)
      if count == 0 { return String(decoding: bytes, as: UTF8.self) }
      bytes += part[..<count]
    }
  }

  /// In four tasks at once, each a part of the lines.
  static func count(_ text: String) async -> [String: Int] {
    let lines = text.split(separator: "\n")
    let size = max(1, (lines.count + 3) / 4)
    return await withTaskGroup(of: [String: Int].self) { group in
      for start in stride(from: 0, to: lines.count, by: size) {
        let part = lines[start..<min(start + size, lines.count)]
        group.addTask { span("count part") { words(part) } }
      }
      return await group.reduce(into: [:]) { $0.merge($1, uniquingKeysWith: +) }
    }
  }

  static func words(_ lines: ArraySlice<Substring>) -> [String: Int] {
    var counts: [String: Int] = [:]
    for line in lines {
      for word in line.split(whereSeparator: { !$0.isLetter }) { counts[word.lowercased(), default: 0] += 1 }
    }
    return counts
  }
}
