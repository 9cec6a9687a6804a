import StripModel
import Testing

@testable import StripAnalysis

@Suite struct ResourceRowsTests {
  /// What a sink got.
  private final class Written {
    var text = ""
    var blocks = 0

    var sink: RowSink {
      { bytes in
        self.text += String(decoding: bytes, as: UTF8.self)
        self.blocks += 1
      }
    }

    var rows: [[Substring]] {
      text.split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false) }
    }
  }

  private let resources = Written()
  private let processes = Written()

  private func cells(_ column: String) throws -> [String] {
    let at = try #require(resources.rows[0].firstIndex { $0 == column })
    return resources.rows.dropFirst().map { String($0[at]) }
  }

  /// Two processes for three ticks, the machine at the first and the last.
  private func record() {
    var rows = ResourceRows(resources: resources.sink, processes: processes.sink)
    var recording = BookRecording(start: 50_000_000_000)
    recording.begin(&rows, monotonicOffset: -2_000_000_000)
    recording.process(1, parent: 0, &rows)
    recording.read(
      1, [.cpuTime: 0, .residentSize: 10 << 20, .virtualSize: 20 << 20, .readCalls: 5, .writeBytes: 0], &rows)
    recording.read(
      "machine", [MachineMetric.userTime: 1000, .idleTime: 9000, .availableSize: 600 << 20, .swapFreeSize: 90 << 20],
      &rows)
    recording.read("disk sda", [DiskMetric.reads: 77, .readBytes: 1 << 30], &rows)
    recording.advance(10_000_000)
    recording.process(2, parent: 1, &rows)
    recording.read(1, [.cpuTime: 10_000_000, .readCalls: 9, .writeBytes: 3 << 19], &rows)
    recording.read(2, [.cpuTime: 5_000_000, .residentSize: 1 << 19], &rows)
    recording.advance(10_000_500)
    recording.end(2, parent: 1, &rows)
    recording.read(1, [.cpuTime: 12_500_000], &rows)
    recording.read("machine", [MachineMetric.userTime: 4000, .idleTime: 10_000], &rows)
    recording.read("disk sda", [DiskMetric.reads: 80], &rows)
    rows.finish()
  }

  @Test func `the first columns are those of the predecessor in their order`() {
    record()
    #expect(
      resources.text.hasPrefix(
        "time,cpu_percent,cpu_percent_global,rss_mb,vms_mb,vms_global_mb,swap_used_mb,read_count,read_count_global,read_mb,"
          + "read_mb_global,write_count,write_count_global,write_mb,write_mb_global,"))
    #expect(Set(resources.rows.map(\.count)) == [ResourceRows.resourceColumns.count])
    #expect(Set(processes.rows.map(\.count)) == [ResourceRows.processColumns.count])
  }

  @Test func `time is that of the monotonic clock in microseconds`() throws {
    record()
    #expect(try cells("time") == ["48.000000", "48.010000", "48.020000"])
  }

  @Test func `shares are of the time since the row before`() throws {
    record()
    #expect(try cells("cpu_percent") == ["", "150.000", "24.999"])
    #expect(try cells("cpu_percent_global") == ["", "", "75.000"])
    #expect(try cells("cpu_seconds") == ["0.000000000", "0.015000000", "0.017500000"])
  }

  @Test func `memory is of living processes and the machine's used part`() throws {
    record()
    #expect(try cells("rss_mb") == ["10.000000", "10.500000", "10.000000"])
    #expect(try cells("vms_global_mb") == ["400.000000", "400.000000", "400.000000"])
    #expect(try cells("swap_used_mb") == ["10.000000", "10.000000", "10.000000"])
    #expect(try cells("processes") == ["1", "2", "1"])
  }

  @Test func `counts grow from the recording's beginning and a missing one is an empty cell`() throws {
    record()
    #expect(try cells("read_count") == ["5", "9", "9"])
    #expect(try cells("write_mb") == ["0.000000", "1.500000", "1.500000"])
    #expect(try cells("read_count_global") == ["0", "0", "3"])
    #expect(try cells("write_count") == ["", "", ""])
    #expect(try cells("minor_faults") == ["", "", ""])
  }

  @Test func `a process has a row for each tick that told something of it`() {
    record()
    #expect(
      processes.rows.dropFirst().map { "\($0[0]) \($0[1]) \($0[2])" } == [
        "48.000000 1 0.000000000", "48.010000 1 0.010000000", "48.010000 2 0.005000000", "48.020000 1 0.012500000",
      ])
  }

  @Test func `a recording without ticks has a header`() {
    var rows = ResourceRows(resources: resources.sink)
    rows.finish()
    #expect(resources.text == ResourceRows.resourceColumns.joined(separator: ",") + "\n")
  }

  @Test func `a child that is in its parent's account before its end is noticed is counted once`() throws {
    var rows = ResourceRows(resources: resources.sink)
    var recording = BookRecording()
    recording.begin(&rows)
    recording.process(1, parent: 0, &rows)
    recording.process(2, parent: 1, &rows)
    recording.read(
      1, [.cpuTime: 0, .minorFaults: 9, .childMinorFaults: 0, .childUserTime: 0, .childSystemTime: 0], &rows)
    recording.read(2, [.cpuTime: 0, .minorFaults: 5, .childMinorFaults: 0], &rows)
    recording.advance()
    recording.read(2, [.cpuTime: 8_000_000], &rows)
    recording.advance()
    // Waited for before its end was noticed: for one tick the time stands in both accounts.
    recording.read(1, [.childMinorFaults: 5, .childUserTime: 8_000_000], &rows)
    recording.advance()
    recording.end(2, parent: 1, &rows)
    recording.read(1, [.cpuTime: 1_000_000], &rows)
    recording.advance()
    recording.read(1, [.cpuTime: 10_000_000], &rows)
    rows.finish()
    let seconds = try cells("cpu_percent").compactMap(Double.init).reduce(0) { $0 + $1 / 100 * 0.01 }
    #expect(abs(seconds - 0.018) < 1e-9)
    #expect(
      try cells("cpu_seconds") == ["0.000000000", "0.008000000", "0.009000000", "0.009000000", "0.018000000"])
  }

  @Test func `lines are handed on in large blocks`() {
    var rows = ResourceRows(resources: resources.sink)
    var recording = BookRecording()
    recording.begin(&rows)
    recording.process(1, parent: 0, &rows)
    for tick in 0..<5000 as Range<Int64> {
      recording.read(1, [.cpuTime: tick], &rows)
      recording.advance()
    }
    rows.finish()
    #expect(resources.rows.count == 5001)
    #expect(resources.blocks <= 1 + resources.text.utf8.count / 65_536)
  }

  @Test func `the monotonic clock stands still while the machine sleeps`() {
    var clock = MonotonicClock()
    clock.anchor(boottime: 1_000_000_000, monotonic: 1_000_000_000)
    clock.anchor(boottime: 2_000_000_000, monotonic: 2_000_000_900)
    clock.anchor(boottime: 9_000_000_000, monotonic: 4_000_000_000)
    #expect(clock.nanoseconds(at: 3_000_000_000) == 3_000_000_000)
    #expect(clock.nanoseconds(at: 9_500_000_000) == 4_500_000_000)
    #expect(clock.nanoseconds(at: 1) == 1)
  }
}
