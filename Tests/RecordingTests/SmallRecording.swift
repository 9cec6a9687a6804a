import StripModel
import StripPlatform
@testable import StripRecording

/// A recording of three blocks with a bit of everything: notes, counters, spans in both forms.
enum SmallRecording {
  static func make(_ file: RecordingFile) throws {
    var journal = Journal(file)
    journal.begin(title: "small")
    let process = file.control.nextTrack()
    journal.process(42, parent: 1, name: "program", arguments: ["program", "é"], user: 7, track: process, at: 1000)
    journal.note("recording", at: 1000, on: journal.runTrack, [Annotation("version", text: "1"), Annotation("n", 7)])
    var group = CounterGroup(
      [ProcessMetric.cpuTime, .residentSize, .threads], parent: process, sequence: file.control.nextCounterSequence())
    for tick in 1...12 as ClosedRange<Int64> {
      var sample = ProcessSample()
      sample[.cpuTime] = tick * 1_000_000
      sample[.residentSize] = tick % 4 * 1_048_576
      if tick > 3 { sample[.threads] = tick / 3 }
      journal.counters(&group, sample.all, at: UInt64(tick) * 10_000_000)
    }
    journal.note("process ended", at: 130_000_000, on: process, [Annotation("final", text: "waited")])
    try writeSpans(file)
  }

  private static func writeSpans(_ file: RecordingFile) throws {
    let recorder = SpanRecorder(file, names: NameTable())
    guard let pen = recorder.makePen() else { throw WireError("no pen") }
    let outer = recorder.names.number("outer")
    let inner = recorder.names.number("inner")
    for round in 0..<10 {
      recorder.begin(outer, pen)
      recorder.begin(inner, pen)
      if round == 5 { pen.pointee.last -= 1 << 30 }
      recorder.end(pen)
      recorder.end(pen)
    }
  }
}

extension NameTable {
  func number(_ name: String) -> UInt32 { number(Array(name.utf8)) }
  func number(_ name: [UInt8]) -> UInt32 { name.withUnsafeBufferPointer { number(of: $0) } }
}
