import Foundation
import StripAnalysis
import Testing

@testable import StripReports

@Suite struct JSONReportTests {
  @Test(arguments: SummaryFixture.allCases)
  func `the report is as in the golden file`(_ fixture: SummaryFixture) throws {
    try Golden.expect(JSONReport(fixture.summary).text, is: "\(fixture.rawValue).json")
  }

  @Test(arguments: SummaryFixture.allCases)
  func `another parser reads every key of the contract`(_ fixture: SummaryFixture) throws {
    let report = try parsed(fixture)
    #expect(report["schema"] as? Int == 1)
    for key in ["program", "total", "machine", "recorder", "file"] { #expect(report[key] is [String: Any], "\(key)") }
    for key in [
      "processes", "spans", "lines", "counters", "marks", "libraries", "misuses", "unmatched_patterns", "findings",
      "missing",
    ] { #expect(report[key] is [Any], "\(key)") }
    let processes = try #require(report["processes"] as? [[String: Any]])
    #expect(processes.count == fixture.summary.processes.count)
    for process in processes {
      for key in [
        "pid", "parent_pid", "command", "start_seconds", "end_seconds", "cpu_seconds", "peak_rss_bytes", "read_bytes",
        "write_bytes", "read_calls", "write_calls", "exit",
      ] {
        #expect(process.keys.contains(key), "\(key)")
      }
    }
  }

  @Test func `strings come back as they were`() throws {
    let summary = SummaryFixture.nasty.summary
    let report = try parsed(.nasty)
    #expect((report["program"] as? [String: Any])?["arguments"] as? [String] == summary.run.command)
    #expect((report["file"] as? [String: Any])?["path"] as? String == summary.path)
    #expect((report["spans"] as? [[String: Any]])?.compactMap { $0["name"] as? String } == summary.spans.map(\.name))
  }

  @Test func `lines, arguments and resources come back as they were`() throws {
    let report = try parsed(.python)
    let function = try #require((report["lines"] as? [[String: Any]])?.first)
    #expect(function["source"] as? [String] == SummaryFixture.python.summary.functions[0].source.compactMap { $0 })
    let lines = try #require(function["lines"] as? [[String: Any]])
    #expect(lines.compactMap { $0["hits"] as? Int } == [300, 300_000, 299_700, 300, 299])
    let load = try #require((report["spans"] as? [[String: Any]])?.first { $0["name"] as? String == "load" })
    let arguments = try #require(load["slowest_arguments"] as? [String: Any])
    #expect(arguments["path"] as? String == "a.csv" && arguments["row"] as? Int == -7)
    #expect(load["rss_growth_bytes"] as? Int == -3 << 20)
    #expect(load["exact_share"] as? Double == 1)
  }

  @Test func `what the kernel did not offer is null`() throws {
    let process = try #require((try parsed(.nasty)["processes"] as? [[String: Any]])?.first)
    for key in ["cpu_seconds", "peak_rss_bytes", "read_bytes", "write_calls", "exit", "end_seconds"] {
      #expect(process[key] is NSNull, "\(key)")
    }
  }

  @Test func `doubles come back bit by bit and what is not finite is null`() throws {
    let values = [
      0.1, 1e-300, Double.leastNonzeroMagnitude, Double.greatestFiniteMagnitude, -0.0, 12.4, 1e16,
      123_456_789.123_456_78,
    ]
    var json = JSONWriter()
    json.array { json in
      for value in values + [.nan, .infinity, -.infinity] { json.value(value) }
    }
    let read = try JSONDecoder().decode([Double?].self, from: Data(json.text.utf8))
    #expect(read == values + [nil, nil, nil])
  }

  @Test func `every character makes a valid string`() throws {
    var text = ""
    for value in UInt32(0)..<0x3000 { if let scalar = Unicode.Scalar(value) { text.unicodeScalars.append(scalar) } }
    text += "\u{10ffff}\u{1f600}\u{fffd}"
    var json = JSONWriter()
    json.array { $0.value(text) }
    let read = try JSONSerialization.jsonObject(with: Data(json.text.utf8)) as? [String]
    #expect(read?.first?.unicodeScalars.elementsEqual(text.unicodeScalars) == true)
  }

  private func parsed(_ fixture: SummaryFixture) throws -> [String: Any] {
    let data = Data(JSONReport(fixture.summary).text.utf8)
    return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
  }
}
