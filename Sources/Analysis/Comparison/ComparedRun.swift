internal import StripReader
package import StripModel
internal import StripRecording

/// One of the recordings that are compared.
package struct ComparedRun: Sendable {
  package let path: String
  package let command: [String]
  package let mode: String
  package let wallSeconds: Double
  package let exit: ProgramExit?
  package let isComplete: Bool

  init(_ summary: RecordingSummary) {
    path = summary.path
    command = summary.run.command
    mode = summary.run.mode
    wallSeconds = summary.run.wallSeconds
    exit = summary.run.exit
    isComplete = summary.isTrustworthy
  }

  static func notes(_ before: [RecordingSummary], _ after: [RecordingSummary]) -> [FindingSentence] {
    var notes: [FindingSentence] = []
    for summary in before + after {
      if let reason = summary.untrustworthiness { notes.append("\(name: summary.path): \(reason)") }
    }
    func differ(_ what: FindingSentence, _ tell: (RecordingSummary) -> String?) {
      let old = Set(before.compactMap(tell))
      let new = Set(after.compactMap(tell))
      // What one side does not know is no difference.
      guard !old.isEmpty, !new.isEmpty, old != new else { return }
      notes.append(what + ": \(name: list(old)) before, \(name: list(new)) after")
    }
    differ("they are of different programs") { $0.program }
    differ("the arguments differ") { summary in
      summary.run.command.isEmpty ? nil : summary.run.command.dropFirst().joined(separator: " ")
    }
    differ("they ended differently") {
      $0.run.exit.map { exit in
        switch exit {
        case .code(let code): "exit \(code)"
        case .signal(let signal, _): "signal \(signal)"
        }
      }
    }
    differ("the processors differ") { $0.machine.cpuModel }
    differ("the numbers of CPUs differ") { $0.machine.logicalCPUs.map { "\($0)" } }
    differ("the kernels differ") { $0.machine.kernel }
    differ("the libraries differ") { summary in summary.libraries.first?.library }
    if before.contains(where: { !$0.functions.isEmpty }) != after.contains(where: { !$0.functions.isEmpty }) {
      notes.append("lines were counted on one side only: they are not compared")
    }
    if before.contains(where: { !$0.spans.isEmpty }) != after.contains(where: { !$0.spans.isEmpty }) {
      notes.append("spans were recorded on one side only")
    }
    return notes
  }

  private static func list(_ values: Set<String>) -> String { values.sorted().joined(separator: ", ") }
}

extension RecordingSummary {
  /// The program's name, without folders; of an interpreter what it runs, too.
  fileprivate var program: String? {
    guard run.mode == "run", let program = run.command.first else { return nil }
    let object = run.command.dropFirst().prefix(1).filter { !$0.hasPrefix("-") }
    return ([program] + object).map { $0.split(separator: "/").last.map(String.init) ?? $0 }.joined(separator: " ")
  }

  /// All that the program did while it was recorded is in it.
  var isTrustworthy: Bool { untrustworthiness == nil }

  /// Why figures may be too low.
  var untrustworthiness: FindingSentence? {
    switch ending {
    case .whole: break
    case .truncated(let offset):
      return "the file is cut off at byte " + FindingSentence(stringLiteral: "\(offset): what followed is lost")
    case .damaged(let offset):
      return "the file is damaged at byte " + FindingSentence(stringLiteral: "\(offset): what follows was not read")
    }
    return run.isComplete
      ? nil : "the recorder was killed \(seconds: run.wallSeconds) in: what the program used after that is missing"
  }
}
