import Foundation
import Testing

@testable import StripReports

@Suite struct FigureTests {
  @Test(
    arguments: [
      (0, "0 B"), (1023, "1023 B"), (1024, "1.00 KiB"), (10_239, "10.0 KiB"), (1_047_000, "0.998 MiB"),
      (1_048_300, "1.00 MiB"),
      (812 << 20, "812 MiB"), (Int64.max, "8.00 EiB"),
    ] as [(Int64, String)])
  func `bytes have three digits and a binary unit`(_ bytes: Int64, _ text: String) {
    #expect(Figure.bytes(bytes) == text)
  }

  @Test(
    arguments: [
      (0, "0 s"), (1e-9, "1.00 ns"), (999.4e-9, "999 ns"), (999.6e-9, "1.00 µs"), (0.0123, "12.3 ms"), (12.4, "12.4 s"),
      (999.4, "999 s"), (1000, "16m 40s"), (7384, "2h 03m"), (90_000, "1d 01h"), (-259_200, "-3d 00h"),
      (-0.5, "-500 ms"),
    ] as [(Double, String)])
  func `durations have three digits and a unit that fits`(_ seconds: Double, _ text: String) {
    #expect(Figure.duration(seconds) == text)
  }

  @Test func `what is missing is a dash`() {
    #expect(Figure.bytes(nil as Int64?) == "—")
    #expect(Figure.duration(nil) == "—")
    #expect(Figure.percent(.nan) == "—")
  }

  @Test(
    arguments: [
      (0, "1970-01-01T00:00:00.000000Z"), (951_868_799_999_999_999, "2000-02-29T23:59:59.999999Z"),
      (951_868_800_000_000_000, "2000-03-01T00:00:00.000000Z"), (-1, "1969-12-31T23:59:59.999999Z"),
      (.max, "2262-04-11T23:47:16.854775Z"), (.min, "1677-09-21T00:12:43.145224Z"),
    ] as [(Int64, String)])
  func `the wall clock is in the form of RFC 3339`(_ nanoseconds: Int64, _ text: String) {
    #expect(WallTime.text(nanoseconds: nanoseconds) == text)
  }

  @Test func `days are those of another calendar`() {
    let formatter = ISO8601DateFormatter()
    for day in stride(from: -40_000 as Int64, to: 100_000, by: 97) {
      let expected = formatter.string(from: Date(timeIntervalSince1970: Double(day * 86_400)))
      #expect(WallTime.text(nanoseconds: day * 86_400_000_000_000).prefix(10) == expected.prefix(10))
    }
  }

  @Test func `a shell takes the quoted command as the same words`() throws {
    let words = ["plain", "two words", "it's", "", "$HOME", "new\nline", "*", "ünïcödé-日本", "--a=b", "\\", "~"]
    let shell = Process()
    shell.executableURL = URL(fileURLWithPath: "/bin/sh")
    shell.arguments = ["-c", "printf '%s\\0' " + ShellCommand.quoted(words)]
    let output = Pipe()
    shell.standardOutput = output
    try shell.run()
    let read = output.fileHandleForReading.readDataToEndOfFile()
    shell.waitUntilExit()
    #expect(String(decoding: read, as: UTF8.self) == words.map { $0 + "\0" }.joined())
  }

  @Test(arguments: [
    (0, "0"), (-0.0, "0"), (0.31, "0.31"), (1, "1"), (-1.5, "-1.5"), (3e-5, "3e-5"), (0.0001, "0.0001"),
    (0.00012346, "0.000123"), (1234.56, "1235"), (99999, "99999"), (123_456.7, "123457"), (1_234_567, "1.23e+6"),
    (0.6774, "0.677"),
    (0.99996, "1"), (9.9996, "10"), (999_999.9, "1e+6"), (1e300, "1e+300"), (-2.5e-300, "-2.5e-300"),
    (.infinity, "—"),
    (.nan, "—"),
  ])
  func `a value in no known unit has three digits`(_ value: Double, _ shown: String) {
    #expect(Figure.value(value) == shown)
  }

  @Test(arguments: [
    (0.677, "0.677"), (0.0677, "0.0677"), (0.00677, "0.00677"), (0.0009, "<0.001"), (0.001, "0.00100"),
    (0.99951, "1.00"), (0.9994, "0.999"), (9.994, "9.99"), (9.996, "10.0"), (99.96, "100"), (-0.25, "-0.250"), (0, "0"),
  ])
  func `every figure has three significant digits`(_ value: Double, _ shown: String) {
    #expect(Figure.threeDigits(value) == shown)
  }

  @Test func `a time below a second is the same text as a duration and as a share`() {
    #expect(Figure.duration(0.677) == "677 ms")
    #expect(Figure.percent(0.00677) == "0.677 %")
    #expect(Figure.bytes(0.677 * 1024 * 1024) == "693 KiB")
  }

  @Test func `growth has a sign`() {
    #expect(Figure.growth(1536) == "+1.50 KiB")
    #expect(Figure.growth(-1536) == "-1.50 KiB")
    #expect(Figure.growth(0) == "0 B")
    #expect(Figure.growth(nil) == "—")
  }
}
