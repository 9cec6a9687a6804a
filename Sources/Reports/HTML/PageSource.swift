internal import StripAnalysis

/// A function with its text and what each line used.
struct PageSource {
  private let function: FunctionUsage
  private static let lineLimit = 2000

  init(_ function: FunctionUsage) { self.function = function }

  func write(_ json: inout JSONWriter) {
    json.member("name", function.name.map(ShownText.escaped))
    json.member("file", function.file.map(ShownText.escaped))
    json.member("self", Double(function.selfNanoseconds) / 1e9)
    json.member("ambiguous", function.isSourceAmbiguous)
    json.member("sampled", function.isSampled)
    json.key("lines")
    json.array { json in
      for line in lines.prefix(Self.lineLimit) { json.object { write(line, &$0) } }
    }
  }

  /// Those that ran, and those of the text between them; of a sampled function only what stands around those that ran.
  private var lines: [UInt32] {
    let ran = function.lines.map(\.line)
    if function.isSampled {
      let known = function.source.indices.filter { function.source[$0] != nil }
      return Set(known.map { function.firstLine &+ UInt32(truncatingIfNeeded: $0) }).union(ran).sorted()
    }
    let end = function.firstLine &+ UInt32(truncatingIfNeeded: min(function.source.count, Self.lineLimit))
    let text = function.source.isEmpty ? Set<UInt32>() : Set(function.firstLine..<max(end, function.firstLine))
    return text.union(ran).sorted()
  }

  private func write(_ number: UInt32, _ json: inout JSONWriter) {
    json.member("line", number)
    json.member("text", function.text(of: number).map { ShownText.escaped(Self.withoutTabs($0)) })
    guard let usage = function.lines.first(where: { $0.line == number }) else { return }
    json.member("hits", usage.hits)
    json.member("self", Double(usage.selfNanoseconds) / 1e9)
    json.member("total", Double(usage.totalNanoseconds) / 1e9)
    // Samples know nothing else of a line.
    if function.isSampled { return }
    json.member("cpu", Double(usage.cpuNanoseconds) / 1e9)
    json.member("growth", usage.residentGrowthBytes)
    json.member("io", usage.storageBytes)
  }

  private static func withoutTabs(_ text: String) -> String {
    text.split(separator: "\t", omittingEmptySubsequences: false).joined(separator: "    ")
  }
}
