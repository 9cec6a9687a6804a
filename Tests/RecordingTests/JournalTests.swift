import StripReader
import StripModel
import StripPlatform
@testable import StripRecording
import Testing

struct JournalTests {
  private static let nasty: [String] = [
    "", "plain", "with \0 NUL", "two\nlines\t\u{1B}[31m", "\u{FFFD} repaired",
    String(decoding: [0x66, 0xFF, 0x6F, 0xC3], as: UTF8.self),
    "😀👩‍👩‍👧‍👦 e\u{301}", "\u{202E}backwards", "\"quoted\\\"", "日本語", "\u{10FFFF}\u{0}\u{7F}",
  ]

  private func value(_ random: inout SeededGenerator) -> Annotation.Value {
    func text() -> String { Self.nasty.randomElement(using: &random) ?? "" }
    return switch Int.random(in: 0..<5, using: &random) {
    case 0: .integer(Int64(bitPattern: random.next()) >> Int64.random(in: 0...63, using: &random))
    case 1: .text(text())
    case 2: .texts((0..<Int.random(in: 1...5, using: &random)).map { _ in text() })
    case 3: .flag(random.chance(50))
    default: .real(Double.random(in: -1e300...1e300, using: &random))
    }
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func `every note is heard as it was written`(seed: UInt64) throws {
    let scratch = try Scratch()
    let file = try scratch.recording()
    var random = SeededGenerator(seed)
    var journal = Journal(file)
    journal.begin(title: "the run")
    var written: [Heard.Note] = []
    for _ in 0..<100 {
      let values = (0..<Int.random(in: 0...8, using: &random)).map { index in
        Annotation(name: "\(Self.nasty[index]) \(index)", value: value(&random))
      }
      let time = random.next() >> 2
      journal.note("something", at: time, on: journal.runTrack, values)
      written.append(Heard.Note(name: "something", track: 0, time: time, values: values))
    }
    file.close()
    let heard = try hearWhole(file.path)
    #expect(heard.notes == written)
    #expect(heard.tracks[0]?.name == "the run")
    #expect(heard.tracks[0]?.kind == .run)
  }

  @Test func `the clocks of the beginning are those of the kernel at that moment`() throws {
    let scratch = try Scratch()
    let file = try scratch.recording()
    let before = (Clock.boottime(), Clock.monotonic(), Clock.realtime())
    var journal = Journal(file)
    journal.begin(title: "run")
    let after = (Clock.boottime(), Clock.monotonic(), Clock.realtime())
    file.close()
    guard case .clocks(let boottime, let monotonic?, let realtime?) = try hearWhole(file.path).events.first else {
      Issue.record("no clocks first")
      return
    }
    #expect((before.0...after.0).contains(boottime))
    #expect((before.1...after.1).contains(monotonic))
    #expect((before.2...after.2).contains(realtime))
  }

  @Test func `what is missing is left out`() throws {
    let scratch = try Scratch()
    let file = try scratch.recording()
    var journal = Journal(file)
    journal.track(journal.runTrack, name: "run")
    journal.note(
      "facts", at: 7, on: journal.runTrack, [Annotation("a", nil), Annotation("b", text: nil), Annotation("c", 0)])
    file.close()
    #expect(try hearWhole(file.path).notes.map(\.values) == [[Annotation("c", 0)]])
  }

  @Test func `a text of 10 kB is cut at a character and its note kept`() throws {
    let scratch = try Scratch()
    let file = try scratch.recording()
    var journal = Journal(file)
    journal.track(journal.runTrack, name: "run")
    let long = "x" + String(repeating: "€", count: 3333)
    journal.note("facts", at: 7, on: journal.runTrack, [Annotation("text", text: long), Annotation("after", 1)])
    file.close()
    let note = try #require(try hearWhole(file.path).notes.first)
    guard case .text(let kept) = note["text"] else {
      Issue.record("\(note)")
      return
    }
    #expect(kept.utf8.count > 2900)
    #expect(long.hasPrefix(kept))
    #expect(note["after"] == .integer(1))
  }

  @Test func `a long command line keeps its first arguments`() throws {
    let scratch = try Scratch()
    let file = try scratch.recording()
    var journal = Journal(file)
    journal.track(journal.runTrack, name: "run")
    let arguments = (0..<4000).map { "argument-\($0)" }
    journal.note("process", at: 7, on: journal.runTrack, [Annotation("command", texts: arguments)])
    file.close()
    guard case .texts(let kept) = try #require(try hearWhole(file.path).notes.first)["command"] else {
      Issue.record("no command")
      return
    }
    #expect(kept.count > 100)
    #expect(Array(arguments.prefix(kept.count - 1)) == kept.dropLast())
  }

  @Test func `a note with more than a packet holds keeps what fits`() throws {
    let scratch = try Scratch()
    let file = try scratch.recording()
    var journal = Journal(file)
    journal.track(journal.runTrack, name: "run")
    let long = String(repeating: "x", count: 5000)
    journal.note(
      "process", at: 7, on: journal.runTrack,
      [
        Annotation("pid", 42), Annotation("command", texts: [long]), Annotation("executable", text: long),
        Annotation("working_directory", text: long), Annotation("user_id", 1000), Annotation("user", text: "somebody"),
      ])
    let lost = journal.writer.lostPackets
    #expect(lost == 0)
    file.close()
    let note = try #require(try hearWhole(file.path).notes.first)
    #expect(note["pid"] == .integer(42))
    #expect(note["executable"] == .text(String(long.prefix(3000))))
  }

  @Test func `a process is described with its PID and name, again when it is another program`() throws {
    let scratch = try Scratch()
    let file = try scratch.recording()
    var journal = Journal(file)
    let track = file.control.nextTrack()
    for name in ["sh", "python3"] {
      journal.process(4242, parent: 1, name: name, arguments: [name, "-c", "\0"], user: 0, track: track, at: 9)
    }
    file.close()
    let described = try hearWhole(file.path).events.compactMap { event in
      if case .track(let track) = event { track } else { nil }
    }
    #expect(described.map(\.name) == ["sh", "python3"])
    #expect(described.map(\.index) == [0, 0])
    #expect(described.allSatisfy { $0.kind == .process(pid: 4242) })

    let rows = try wholePackets(contents(file.path)[...]).compactMap {
      try wireFields($0).first(2)?.message.first(1)?.message
    }
    #expect(rows.count == 2)
    #expect(rows.last?.first(1)?.value == 4242)
    #expect(rows.last?.first(2)?.value == 1)
    #expect(rows.last?.all(3).map(\.text) == ["python3", "-c", "\0"])
  }
}
