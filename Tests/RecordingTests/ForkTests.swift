import Foundation
import StripReader
import StripRecording
import Testing

/// Spans of forked children, written by the program in Sources/SpanFixture: a fork of the test's own process would take the
/// test runner's threads with it.
struct ForkTests {
  private static let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
    .appending(path: "strip-span-fixture").path()

  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: program), "strip-span-fixture is not built"))
  func `threads of a process and of its forked children share one recording`() throws {
    let scratch = try Scratch()
    let process = Process()
    process.executableURL = URL(filePath: Self.program)
    process.arguments = ["--create", scratch.path(), "3", "500", "4"]
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)

    _ = try wholePackets(contents(scratch.path())[...])
    let heard = try hearWhole(scratch.path())
    let spans = try #require(heard.spans)
    let tracks = heard.tracks
    var threads: [Int32: Set<Int32>] = [:]
    for (track, spans) in Dictionary(grouping: spans, by: \.track) {
      #expect(spans.count == 1000)
      #expect(spans.allSatisfy { $0.depth == ($0.name == "inner" ? 1 : 0) })
      guard case .thread(let pid, let tid)? = tracks[track]?.kind else {
        Issue.record("track \(track) is \(String(describing: tracks[track]))")
        continue
      }
      threads[pid, default: []].insert(tid)
      #expect(tracks[track]?.parent.flatMap { tracks[$0]?.kind } == .process(pid: pid))
    }
    #expect(threads.count == 5)
    #expect(threads.values.allSatisfy { $0.count == 3 })
    #expect(threads[process.processIdentifier] != nil)
  }
}
