import StripAnalysis
import StripModel
import StripPlatform
import StripRecording

/// What `stripchart report` does before it prints: one pass over a recording.
enum ReadingBench {
  /// Nanoseconds a record, over seven passes.
  static func read(_ path: String) throws(RecordingError) {
    var turns: [Double] = []
    var packets: UInt64 = 0
    for _ in 0..<7 {
      let start = Clock.boottime()
      let summary = try Summarizer.summarize(path)
      packets = max(1, summary.packets)
      turns.append(Double(Clock.boottime() - start) / Double(packets))
    }
    BenchResult.show("read \(packets) records", turns)
  }

  /// A recording of `count` span events of four threads, and `samples` readings of a process evenly among them.
  static func generate(_ path: String, events count: Int, samples: Int) throws(RecordingError) {
    let file = try RecordingFile.create(at: path, maximumBytes: 8 << 30, replacing: true)
    var journal = Journal(file)
    journal.begin(title: "generated")
    journal.note("recording", at: Clock.boottime(), on: journal.runTrack, [Annotation("mode", text: "generated")])
    let process = file.control.nextTrack()
    journal.process(
      1, parent: 0, name: "generated", arguments: ["generated"], user: nil, track: process, at: Clock.boottime())
    var group = CounterGroup(
      [ProcessMetric.cpuTime, .residentSize, .minorFaults], parent: process,
      sequence: file.control.nextCounterSequence())
    let names = NameTable()
    let numbers = (0..<20).map { number in
      var text = "span \(number)"
      return text.withUTF8 { names.number(of: $0) }
    }
    let recorder = SpanRecorder(file, names: names)
    let pens = (0..<4).compactMap { _ in recorder.makePen() }
    var sample = ProcessSample()
    var due = 0
    for event in 0..<count / 2 {
      recorder.begin(numbers[event % 20], pens[event % 4])
      recorder.end(pens[event % 4])
      due += samples
      while due >= count / 2, count > 1 {
        due -= count / 2
        sample[.cpuTime] = Int64(event) * 1000
        sample[.residentSize] = Int64(event % 1000 + 1) * 4096
        sample[.minorFaults] = Int64(event) + 1
        journal.counters(&group, sample.all, at: Clock.boottime())
      }
    }
    journal.note("recording ended", at: Clock.boottime(), on: journal.runTrack, [Annotation("reason", text: "ended")])
    file.close()
  }
}
