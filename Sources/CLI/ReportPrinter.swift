internal import StripAnalysis
internal import StripPlatform
internal import StripRecording
internal import StripReports

/// The report after a recording: on standard error, never a reason to fail.
enum ReportPrinter {
  static func printReport(of file: RecordingFile, options: RecordingOptions) {
    if options.quiet { return }
    do throws(RecordingError) {
      let summary = try Summarizer.summarize(file.path)
      let report = TerminalReport(
        summary, width: Console.width(of: 2), color: Console.wantsColor(on: 2, refused: options.noColor),
        selection: options.order.selection)
      Console.write(report.text, to: 2)
    } catch {
      Failure(error).say()
    }
    Console.error("stripchart: recorded to \(Console.quoted(file.path))")
  }
}
