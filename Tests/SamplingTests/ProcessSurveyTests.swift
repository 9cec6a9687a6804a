import Foundation
import StripModel
import StripProbes
import StripReader
import StripRecording
import StripSampling
import Testing

@testable import StripPlatform

/// All processes of a /proc of our own, looked at when the recording begins and when it ends.
@Suite struct ProcessSurveyTests {
  /// What was recorded of them, by PID, where the first look sees `before` and the last one `after`.
  private func survey(
    before: [Int32: FakeKernel.Program], after: [Int32: FakeKernel.Program], hiding: Set<Int32> = []
  ) throws -> (notes: [Findings.Note], findings: Findings) {
    let kernel = try FakeKernel()
    func write(_ programs: [Int32: FakeKernel.Program]) throws {
      for (pid, program) in programs {
        try kernel.write(pid, program)
        if hiding.contains(pid) { try kernel.remove("\(pid)/io") }
      }
    }
    try write(before)
    let path = FileManager.default.temporaryDirectory.appending(path: "survey-\(UUID().uuidString).pftrace").path()
    defer { FileSystem.remove(path) }
    var options = Sampler.Options()
    options.roots = kernel.roots
    options.followsDescendants = false
    let file = try RecordingFile.create(at: path, maximumBytes: 64 << 20, replacing: false)
    let sampler = Sampler(
      file, options: options, facts: [Annotation("mode", text: "system")], title: "test",
      parts: [ProcessSurvey(budget: 1).part])
    sampler.tick()
    for pid in before.keys where after[pid] == nil { try kernel.remove("\(pid)") }
    try write(after)
    sampler.finish(reason: "test", exit: nil)
    var reader = try RecordingReader(path)
    var findings = Findings()
    #expect(try reader.read(&findings) == .whole)
    return (findings.notes.filter { $0.name == "surveyed process" }, findings)
  }

  private func program(_ name: String, userTicks: Int = 0, written: Int = 0) -> FakeKernel.Program {
    var program = FakeKernel.Program()
    program.name = name
    program.userTicks = userTicks
    program.writtenBytes = written
    return program
  }

  @Test func `who used more than a trace is named, the others are only counted`() throws {
    let (notes, findings) = try survey(
      before: [40: program("idle"), 41: program("busy", userTicks: 500)],
      after: [40: program("idle"), 41: program("busy", userTicks: 530)])
    #expect(notes.map { $0["name"] } == [.text("busy")])
    #expect(findings.values(named: "processes_seen")?.last == 2)
    #expect(findings.values(named: "processes_alive")?.last == 2)
    #expect(findings.values(named: "survey_readings")?.last == 2)
    // Its first reading stands in the recording too: what it used before does not count.
    let cpu = findings.values(named: "cpu")
    #expect(cpu?.first == 500 * Machine.nanosecondsPerTick)
    #expect(cpu?.last == 530 * Machine.nanosecondsPerTick)
  }

  @Test func `who came and went is counted as long as it was met`() throws {
    let (_, findings) = try survey(
      before: [40: program("idle"), 41: program("gone")], after: [40: program("idle"), 42: program("new")])
    #expect(findings.values(named: "processes_seen")?.last == 3)
    #expect(findings.values(named: "processes_alive")?.last == 2)
  }

  @Test func `what may not be read is missing and counted`() throws {
    let (notes, findings) = try survey(
      before: [41: program("other")], after: [41: program("other", userTicks: 30)], hiding: [41])
    #expect(notes.first?["io_hidden"] == .flag(true))
    #expect(findings.values(named: "write_bytes") == nil)
    #expect(findings.values(named: "processes_io_hidden")?.last == 1)
  }

  @Test func `who did not run is not asked again what it wrote`() throws {
    // The fake kernel says otherwise, to show that it was not asked.
    let (notes, _) = try survey(before: [41: program("idle")], after: [41: program("idle", written: 1 << 20)])
    #expect(notes.isEmpty)
    let (asked, _) = try survey(
      before: [41: program("idle")], after: [41: program("idle", userTicks: 1, written: 1 << 20)])
    #expect(asked.count == 1)
  }
}
