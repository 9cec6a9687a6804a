internal import StripPlatform
internal import StripRecording
internal import StripSampling

/// What `--functions` and `--lines` ask of the Python processes of a run, and what these answer.
///
/// The patterns are in the environment. A private folder stands first in PYTHONPATH: its ``SiteCustomize`` starts the
/// instrumentation, and there the processes leave their answers (Python/stripchart/_answers.py says which).
struct Instrumentation {
  private struct Pattern {
    /// Its name in the answers: `f` or `l`, and its place among the option's patterns.
    let key: String
    let option: String
    let text: String
  }

  private let patterns: [Pattern]
  private let folder: PrivateFolder

  /// `nil`: nothing is asked for, neither by options nor by the environment. Errors: a pattern that cannot be one; no temporary
  /// folder.
  init?(functions: [String], lines: [String]) throws(Failure) {
    let functions = Self.asked(functions, "STRIPCHART_FUNCTIONS")
    let lines = Self.asked(lines, "STRIPCHART_LINES")
    if functions.isEmpty && lines.isEmpty { return nil }
    try Self.check(functions, option: "--functions")
    try Self.check(lines, option: "--lines")
    patterns =
      functions.enumerated().map { Pattern(key: "f\($0.offset)", option: "functions", text: $0.element) }
      + lines.enumerated().map { Pattern(key: "l\($0.offset)", option: "lines", text: $0.element) }
    do throws(SystemError) {
      folder = try PrivateFolder(prefix: "stripchart-")
    } catch {
      throw Failure(
        .cannotCreate, "cannot make a temporary folder: \(error.text)", hint: "set TMPDIR to a folder you may write to")
    }
    do throws(SystemError) {
      try folder.write(SiteCustomize.text, as: SiteCustomize.fileName)
    } catch {
      folder.remove()
      throw Failure(.cannotCreate, "cannot write to \(Console.quoted(folder.path)): \(error.text)")
    }
    Own.setEnvironment("STRIPCHART_FUNCTIONS", functions.joined(separator: "\n"))
    Own.setEnvironment("STRIPCHART_LINES", lines.joined(separator: "\n"))
    let others = Own.environment("PYTHONPATH").map { $0.isEmpty ? "" : ":\($0)" } ?? ""
    Own.setEnvironment("PYTHONPATH", folder.path + others)
  }

  /// The option's patterns, or those of its environment variable, one a line.
  private static func asked(_ option: [String], _ variable: StaticString) -> [String] {
    if !option.isEmpty { return option }
    return (Own.environment(variable) ?? "").split(separator: "\n").map(String.init)
  }

  private static func check(_ patterns: [String], option: String) throws(Failure) {
    for pattern in patterns {
      if pattern.allSatisfy({ $0 == " " }) {
        throw Failure(.usage, "\(option) needs a pattern, not an empty one", hint: "\(option) 'package.*'")
      }
      if pattern.unicodeScalars.contains(where: { $0.value < 0x20 }) || pattern.utf8.count > 1000 {
        throw Failure(
          .usage, "\(option) \(Console.quoted(String(pattern.prefix(60)))) is no pattern",
          hint: "\(option) 'package.*', 'package.module:function' or 'file.py'")
      }
    }
  }

  /// The end of the run: what was not instrumented goes into the recording. The folder is gone afterwards.
  func finish(_ sampler: Sampler) {
    let answers = Set(folder.names)
    if answers.contains("found") {
      let near = nearMisses(in: answers)
      for pattern in patterns where !answers.contains("matched-\(pattern.key)") {
        let misses = near[pattern.key] ?? NearMisses()
        sampler.note(
          "pattern",
          [
            Annotation("option", text: pattern.option), Annotation("pattern", text: pattern.text),
            Annotation("near", texts: misses.best), Annotation("uncalled", texts: misses.uncalled),
          ])
      }
    } else {
      sampler.note("missing", missing())
    }
    remove()
  }

  func remove() { folder.remove() }

  /// Why no process was instrumented, as the processes tell it.
  private func missing() -> [Annotation] {
    let refusals = (folder.text(of: "refused") ?? "").split(separator: "\n")
    var reason = "no Python started, or it was told to ignore its environment"
    if let words = refusals.first?.split(separator: "\t", maxSplits: 1), words.count == 2 {
      reason = "\(words[0]): \(words[1])"
    }
    return [
      Annotation("probe", text: "functions and lines"), Annotation("reason", text: reason),
      Annotation(
        "needs",
        text: refusals.isEmpty
          ? "a Python without -I, -E or -S" : "the stripchart package in that Python (pip install stripchart)"),
    ]
  }

  /// What resembles a pattern that nothing matched.
  private struct NearMisses {
    private(set) var uncalled: [String] = []
    private var scored: [(score: Double, name: String)] = []

    var best: [String] {
      var names: [String] = []
      for each in scored.sorted(by: { $0.score > $1.score }) where !names.contains(each.name) {
        names.append(each.name)
      }
      return Array(names.prefix(3))
    }

    /// `score` is a number from 0 to 1, or `uncalled`: the pattern does match this, but nobody called it.
    mutating func add(_ name: String, score: Substring) {
      if score == "uncalled" {
        if uncalled.count < 3 && !uncalled.contains(name) { uncalled.append(name) }
      } else if let score = Double(score) {
        scored.append((score, name))
      }
    }
  }

  private func nearMisses(in answers: Set<String>) -> [String: NearMisses] {
    var near: [String: NearMisses] = [:]
    for name in answers.sorted() where name.hasPrefix("near-") {
      for line in (folder.text(of: name) ?? "").split(separator: "\n") {
        let fields = line.split(separator: "\t", maxSplits: 2)
        if fields.count == 3 { near[String(fields[0]), default: NearMisses()].add(String(fields[2]), score: fields[1]) }
      }
    }
    return near
  }
}
