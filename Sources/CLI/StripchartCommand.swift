internal import ArgumentParser
internal import StripModel
internal import StripPlatform

@main
struct StripchartCommand: ParsableCommand {
  static let version = "\(Release.version)"

  static let configuration = CommandConfiguration(
    commandName: "stripchart",
    abstract: "Records what a program uses and tells which code is responsible.",
    discussion: """
      Example:
        stripchart run -- python3 train.py
        stripchart report python3-4711.pftrace

      A recording is a Perfetto trace: open it in ui.perfetto.dev as it is.
      """,
    version: version,
    subcommands: [
      RunCommand.self, AttachCommand.self, SystemCommand.self, ReportCommand.self, ExportCommand.self,
      DiffCommand.self, CheckCommand.self, RecoverCommand.self,
      DoctorCommand.self,
    ])

  static func main() {
    do {
      try ParsedWords.run(Self.self)
    } catch let failure as Failure {
      failure.say()
      Own.exit(failure.code)
    } catch {
      let code = exitCode(for: error)
      // Help and the version are no errors.
      if code.isSuccess { exit(withError: error) }
      Failure(.usage, message(for: error), hint: "stripchart --help, stripchart VERB --help").say()
      Own.exit(code.rawValue)
    }
  }
}
