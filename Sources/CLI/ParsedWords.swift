internal import ArgumentParser
internal import StripPlatform

/// The words of our command line that the parser is shown. Its time grows with the square of their number, and a command may
/// have a hundred thousand arguments: it sees our options and the begin of the command, which is all that it decides about.
struct ParsedWords {
  let texts: [String]
  /// How many words after them belong to the command that is run.
  let left: Int
  /// The command begins among them, whatever options take.
  private let isCertain: Bool

  /// More words than anybody's options have.
  private static let longest = 256

  private init(_ texts: [String], isCertain: Bool) {
    self.texts = texts
    self.left = ChildProcess.argumentCount - texts.count
    self.isCertain = isCertain
  }

  /// Parses what is needed of our command line, and runs it.
  static func run<Root: ParsableCommand>(_: Root.Type) throws {
    let words = first()
    // Among so many words each may be an option's value: then the parser tells.
    if !words.isCertain, (try? Root.parseAsRoot(words.texts) as? RunCommand)?.command.isEmpty ?? true {
      var command = try Root.parseAsRoot(ChildProcess.arguments())
      return try command.run()
    }
    var command = try Root.parseAsRoot(words.texts)
    if let run = command as? RunCommand { return try run.run(wordsLeft: words.left) }
    try command.run()
  }

  private static func first() -> ParsedWords {
    let all = ChildProcess.argumentCount
    guard all > longest, ChildProcess.arguments(count: 1) == ["run"] else {
      return ParsedWords(ChildProcess.arguments(), isCertain: true)
    }
    let texts = ChildProcess.arguments(count: longest)
    // No option takes more than one word after it. So what stands after `--`, or is the second in a row without a dash, is the command's.
    let end = texts.indices.dropFirst().first { index in
      texts[index - 1] == "--" || (!texts[index].hasPrefix("-") && !texts[index - 1].hasPrefix("-"))
    }
    return ParsedWords(Array(texts.prefix(end.map { $0 + 1 } ?? longest)), isCertain: end != nil)
  }
}
