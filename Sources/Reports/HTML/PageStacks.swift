internal import StripAnalysis

/// The functions that samples of call stacks met, for the page.
struct PageStacks {
  private static let limit = 50
  private let stacks: StackUsage
  /// Where their source stands in the page's list.
  private let sources: [String: Int]

  /// `sources`: what the page shows of `stacks.sources`, from place `first` on in its list.
  init(_ stacks: StackUsage, sources: ArraySlice<FunctionUsage>, first: Int) {
    self.stacks = stacks
    let places = sources.enumerated().map { (Self.key($0.element.name, $0.element.file), first + $0.offset) }
    self.sources = Dictionary(places) { one, _ in one }
  }

  private static func key(_ name: String?, _ file: String?) -> String { "\(file ?? "")\u{0}\(name ?? "")" }

  func write(_ json: inout JSONWriter) {
    let ran = stacks.functions.filter { $0.ownSamples > 0 }
    let others = ran.dropFirst(Self.limit)
    json.member("legend", "\(StackSection.legend(stacks)); \(StackSection.margin)")
    json.key("functions")
    json.array { json in for function in ran.prefix(Self.limit) { json.object { write(function, &$0) } } }
    json.member("hidden", others.count)
    json.member("hiddenSelf", stacks.seconds(others.reduce(0) { $0 &+ $1.ownSamples }))
  }

  private func write(_ function: SampledFunction, _ json: inout JSONWriter) {
    json.member("name", ShownText.escaped(function.name))
    json.member("image", ShownText.escaped(function.image))
    json.member("file", function.file.map(ShownText.escaped))
    json.member("self", stacks.seconds(function.ownSamples))
    json.member("share", Double(function.ownSamples) / Double(stacks.samples))
    json.member("uncertainty", stacks.uncertainty(function.ownSamples))
    json.member("total", stacks.seconds(function.totalSamples))
    json.member("source", function.file.flatMap { sources[Self.key(function.name, $0)] })
  }
}
