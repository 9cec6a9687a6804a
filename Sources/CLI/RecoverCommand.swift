internal import ArgumentParser
internal import StripAnalysis
internal import StripReader
internal import StripRecording

struct RecoverCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "recover",
    abstract: "Make a strict Perfetto trace of a recording whose writer was killed.",
    discussion: """
      Example:
        stripchart recover train-4711.pftrace -o train.pftrace

      Every reader here and the Perfetto UI also open the recording as it is; other protobuf tools may want a strict one.
      """)

  @Option(
    name: [.short, .long], help: ArgumentHelp("Where to write it (default: NAME.recovered.pftrace).", valueName: "file")
  )
  var output: String?

  @Flag(name: .long, help: "Replace the output file if it exists.")
  var force = false

  @Argument(help: "The recording.")
  var file: String

  func run() throws {
    let stem = file.hasSuffix(".pftrace") ? String(file.dropLast(8)) : file
    let target = output ?? stem + ".recovered.pftrace"
    let result = try explaining { () throws(RecordingError) in
      // Refuses what holds nothing of a run, before anything is written.
      _ = try Summarizer.summarize(file)
      return try Recovery.recover(file, to: target, replacing: force)
    }
    var message = "stripchart: \(result.packets) packets, \(result.bytes) bytes to \(Console.quoted(target))"
    switch result.ending {
    case .whole: break
    case .truncated(let offset): message += "; the last packet, at byte \(offset), was cut off"
    case .damaged(let offset): message += "; what follows byte \(offset) is damaged and was left out"
    }
    Console.error(message)
  }
}
