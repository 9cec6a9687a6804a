import Foundation
import StripModel
import StripPlatform
import StripProbes
import Testing

struct ProcessReaderTests {
  private func read(
    _ reader: inout ProcessReader, _ probes: ProbeSet = ProcessProbe.through(.seldom)
  ) -> (sample: ProcessSample, outcome: ProcessReader.Outcome) {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: ProcessReader.bufferSize, alignment: 16)
    defer { buffer.deallocate() }
    var sample = ProcessSample()
    let outcome = reader.read(probes, into: &sample, buffer: buffer)
    return (sample, outcome)
  }

  @Test func `all metrics of this process can be read`() throws {
    var reader = try ProcessReader(pid: Own.pid)
    let (sample, _) = read(&reader)
    for metric in ProcessMetric.allCases { #expect(sample.has(metric), "\(metric)") }
    #expect(reader.state.pid == Own.pid)
  }

  @Test func `CPU times are those of getrusage`() throws {
    var reader = try ProcessReader(pid: Own.pid)
    let before = WaitedUsage.own()
    let (sample, _) = read(&reader)
    let after = WaitedUsage.own()
    let user = try #require(sample[.userTime])
    #expect(user + Machine.nanosecondsPerTick >= before.userNanoseconds)
    #expect(user <= after.userNanoseconds + Machine.nanosecondsPerTick)
    let cpu = try #require(sample[.cpuTime])
    #expect(cpu >= before.userNanoseconds + before.systemNanoseconds - 1_000_000)
    #expect(cpu <= after.userNanoseconds + after.systemNanoseconds + 1_000_000)
    #expect(try #require(sample[.minorFaults]) >= before.minorFaults)
    #expect(try #require(sample[.minorFaults]) <= after.minorFaults)
  }

  @Test func `the number of descriptors is what the directory lists`() throws {
    let child = try WaitingChild()
    defer {
      child.kill()
      try? child.reap()
    }
    var reader = try ProcessReader(pid: child.pid)
    let (sample, _) = read(&reader)
    #expect(sample[.descriptors] == Int64(try FileSystem.entries(of: "/proc/\(child.pid)/fd").count))
  }

  @Test func `a child lives, is a zombie with no memory, and vanishes`() throws {
    let child = try WaitingChild()
    var reader = try ProcessReader(pid: child.pid)
    let (alive, _) = read(&reader)
    #expect(try #require(alive[.residentSize]) > 0)
    #expect(reader.state.parent == Own.pid)
    #expect(reader.state.exitStatus == nil)

    child.kill()
    let (zombie, outcome) = read(&reader)
    guard case .read = outcome else {
      Issue.record("\(outcome)")
      return
    }
    #expect(reader.state.isZombie)
    #expect(ProgramExit(waitStatus: try #require(reader.state.exitStatus)) == .signal(9, coreDumped: false))
    #expect(zombie[.residentSize] == 0)
    #expect(zombie[.readCalls] != nil)
    #expect(zombie[.cpuTime] != nil)
    #expect(zombie[.proportionalSize] == nil)
    #expect(reader.refusals.isEmpty)

    try child.reap()
    guard case .vanished = read(&reader).outcome else {
      Issue.record("still there")
      return
    }
    for index in ProcessProbe.all.indices {
      var sample = ProcessSample()
      let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: ProcessReader.bufferSize, alignment: 16)
      defer { buffer.deallocate() }
      guard case .vanished = reader.read(index, into: &sample, buffer: buffer) else {
        Issue.record("\(ProcessProbe.all[index].name) still there")
        continue
      }
    }
    #expect(throws: SystemError(code: 2, call: "openat")) { _ = try ProcessReader(pid: child.pid) }
  }

  @Test func `without kept descriptors the values are the same`() throws {
    var kept = try ProcessReader(pid: 4242, root: Fixture.root + "/proc")
    var sparing = try ProcessReader(pid: 4242, root: Fixture.root + "/proc", keepsOpen: false)
    let (left, _) = read(&kept)
    let (right, _) = read(&sparing)
    for metric in ProcessMetric.allCases where metric != .descriptors {
      #expect(left[metric] != nil)
      #expect(left[metric] == right[metric], "\(metric)")
    }
  }

  @Test func `switches and run-queue delay are those of all threads, also of those that have ended`() throws {
    func status(_ voluntary: Int, _ involuntary: Int) -> String {
      "Name:\tx\nvoluntary_ctxt_switches:\t\(voluntary)\nnonvoluntary_ctxt_switches:\t\(involuntary)\n"
    }
    let stat = "70 (x) S " + (4...52).map { $0 == 20 ? "3" : "0" }.joined(separator: " ")
    let tree = [
      "70/stat": stat, "70/statm": "1 2 3", "70/fd/0": "", "70/io": "", "70/smaps_rollup": "", "70/status": "",
      "70/task/70/status": status(5, 1), "70/task/70/schedstat": "100 7 6",
      "70/task/71/status": status(40, 2), "70/task/71/schedstat": "100 30 42",
      "70/task/72/status": status(300, 3), "70/task/72/schedstat": "100 500 303",
    ]
    try Fixture.withTree(tree) { root in
      var reader = try ProcessReader(pid: 70, root: root)
      let (sample, _) = read(&reader)
      #expect(sample[.voluntarySwitches] == 345)
      #expect(sample[.involuntarySwitches] == 6)
      #expect(sample[.runDelay] == 537)
      try FileManager.default.removeItem(atPath: root + "/70/task/72")
      try "100 31 43".write(toFile: root + "/70/task/71/schedstat", atomically: false, encoding: .utf8)
      try status(41, 2).write(toFile: root + "/70/task/71/status", atomically: false, encoding: .utf8)
      let (later, _) = read(&reader)
      #expect(later[.voluntarySwitches] == 346)
      #expect(later[.runDelay] == 538)
    }
  }

  @Test
  func
    `threads that are blocked at two readings in turn count with the one that leads, and a thread that only ran on counts`()
    throws
  {
    func status(_ state: Character, _ voluntary: Int) -> String {
      "Name:\tx\nState:\t\(state) (x)\nvoluntary_ctxt_switches:\t\(voluntary)\nnonvoluntary_ctxt_switches:\t0\n"
    }
    func stat(_ state: Character) -> String {
      "70 (x) \(state) " + (4...52).map { $0 == 20 ? "3" : "0" }.joined(separator: " ")
    }
    let tree = [
      "70/stat": stat("S"), "70/task/70/status": status("S", 1), "70/task/70/schedstat": "1 0 1",
      "70/task/71/status": status("D", 4), "70/task/71/schedstat": "100 0 4", "70/task/72/status": status("R", 9),
      "70/task/72/schedstat": "100 0 9",
    ]
    let probes = ProcessProbe.giving([.userTime, .runDelay])
    try Fixture.withTree(tree) { root in
      var reader = try ProcessReader(pid: 70, root: root)
      _ = read(&reader, probes)
      usleep(30_000)
      // It left the CPU without having been put on it again.
      try "150 0 9".write(toFile: root + "/70/task/72/schedstat", atomically: false, encoding: .utf8)
      try status("S", 10).write(toFile: root + "/70/task/72/status", atomically: false, encoding: .utf8)
      let (second, _) = read(&reader, probes)
      #expect(second[.voluntarySwitches] == 15)
      #expect(second[.stoppedTime] == 0)
      try stat("Z").write(toFile: root + "/70/stat", atomically: false, encoding: .utf8)
      for thread in [71, 72] {
        try status("T", 11).write(toFile: root + "/70/task/\(thread)/status", atomically: false, encoding: .utf8)
        try "200 0 11".write(toFile: root + "/70/task/\(thread)/schedstat", atomically: false, encoding: .utf8)
      }
      _ = read(&reader, probes)
      usleep(30_000)
      _ = read(&reader, probes)
      let (last, _) = read(&reader, probes)
      #expect(try #require(last[.blockedTime]) >= 30_000_000)
      #expect(try #require(last[.blockedTime]) < 60_000_000)
      // The one that leads has ended: the others tell.
      #expect(try #require(last[.stoppedTime]) >= 30_000_000)
      #expect(try #require(last[.stoppedTime]) < 60_000_000)
    }
  }

  @Test func `a parked reader describes its own process only`() throws {
    func stat(_ start: Int) -> String {
      "70 (x) S " + (4...52).map { $0 == 20 ? "1" : $0 == 22 ? "\(start)" : "0" }.joined(separator: " ")
    }
    try Fixture.withTree(["70/stat": stat(500), "70/comm": "mine\n"]) { root in
      var reader = try ProcessReader(pid: 70, root: root)
      _ = read(&reader, ProcessProbe.giving([.userTime]))
      reader.park()
      #expect(reader.description().command == "mine")
      try stat(900).write(toFile: root + "/70/stat", atomically: false, encoding: .utf8)
      #expect(reader.description().command == nil)
    }
  }

  @Test func `a parked reader keeps no descriptor and knows its process by the start`() throws {
    func stat(_ start: Int) -> String {
      "70 (x) S " + (4...52).map { $0 == 20 ? "1" : $0 == 22 ? "\(start)" : "0" }.joined(separator: " ")
    }
    try Fixture.withTree(["70/stat": stat(500), "70/statm": "1 2 3", "70/status": ""]) { root in
      var reader = try ProcessReader(pid: 70, root: root)
      _ = read(&reader)
      reader.park()
      var (sample, _) = read(&reader)
      #expect(sample[.residentSize] == 2 * Machine.pageSize)
      try stat(900).write(toFile: root + "/70/stat", atomically: false, encoding: .utf8)
      let outcome: ProcessReader.Outcome
      (sample, outcome) = read(&reader)
      guard case .vanished = outcome else {
        Issue.record("taken for the same process")
        return
      }
    }
  }

  @Test func `a copied tree is read, and its CPU time is the sum of stat's`() throws {
    var reader = try ProcessReader(pid: 4242, root: Fixture.root + "/proc")
    let (sample, _) = read(&reader)
    #expect(sample[.cpuTime] == (125 + 7) * Machine.nanosecondsPerTick)
    #expect(sample[.residentSize] == 16968 * Machine.pageSize)
    #expect(reader.state.startTicks == 339532)
  }

  @Test func `what this kernel does not offer is said once and left out`() throws {
    let stat = String(decoding: Fixture.bytes("proc/4242/stat"), as: UTF8.self)
    try Fixture.withTree(["4242/stat": stat, "4242/statm": "1 2 3", "4242/fd/0": "", "4242/status": ""]) { root in
      var reader = try ProcessReader(pid: 4242, root: root)
      guard case .denied(let error) = read(&reader).outcome else {
        Issue.record("not denied")
        return
      }
      #expect(error.code == 2)
      #expect(reader.refusals.map(\.probe) == [ProcessProbe.index("io"), ProcessProbe.index("smaps_rollup")])
      guard case .read = read(&reader).outcome else {
        Issue.record("said twice")
        return
      }
      reader.retryDenied()
      guard case .denied = read(&reader).outcome else {
        Issue.record("not tried again")
        return
      }
    }
  }

  @Test func `another program's name makes the denied ones worth a try`() throws {
    let stat = String(decoding: Fixture.bytes("proc/4242/stat"), as: UTF8.self)
    try Fixture.withTree(["4242/stat": stat, "4242/statm": "1 2 3"]) { root in
      var reader = try ProcessReader(pid: 4242, root: root)
      let probes = ProcessProbe.giving([.userTime, .readCalls])
      #expect(read(&reader, probes).sample[.readCalls] == nil)
      try Data("syscr: 9\n".utf8).write(to: URL(filePath: root + "/4242/io"))
      #expect(read(&reader, probes).sample[.readCalls] == nil)
      let renamed = stat.replacing("(python3)", with: "(sort)")
      try Data(renamed.utf8).write(to: URL(filePath: root + "/4242/stat"))
      _ = read(&reader, probes)
      #expect(read(&reader, probes).sample[.readCalls] == 9)
    }
  }

  @Test func `a reader closes what it opened`() throws {
    func open() throws -> Int { try FileSystem.entries(of: "/proc/self/fd").count }
    // Other tests open files at the same time, so a leak of one descriptor a round must stand out.
    let before = try open()
    for _ in 0..<200 {
      var reader = try ProcessReader(pid: Own.pid)
      _ = read(&reader)
    }
    #expect(try open() - before < 200)
  }

  @Test func `when descriptors run out the reader gives its own back and goes on`() async {
    await #expect(processExitsWith: .success) {
      var reader = try ProcessReader(pid: Own.pid)
      let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: ProcessReader.bufferSize, alignment: 16)
      var sample = ProcessSample()
      _ = reader.read(ProcessProbe.giving([.userTime]), into: &sample, buffer: buffer)
      var limit = rlimit()
      getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
      while Glibc.open("/dev/null", O_RDONLY) >= 0 {}
      let outcome = reader.read(ProcessProbe.through(.every), into: &sample, buffer: buffer)
      guard case .read = outcome, sample[.residentSize] != nil, sample[.readCalls] != nil else { exit(1) }
      exit(0)
    }
  }

  @Test(.enabled(if: Own.user == 0)) func `another user's io is denied and the rest is read`() async {
    await #expect(processExitsWith: .success) {
      guard setgid(65534) == 0, setuid(65534) == 0 else { exit(2) }
      var reader = try ProcessReader(pid: 1)
      let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: ProcessReader.bufferSize, alignment: 16)
      var sample = ProcessSample()
      guard case .denied(let error) = reader.read(ProcessProbe.through(.every), into: &sample, buffer: buffer),
        error.isDenied, sample[.readCalls] == nil, sample[.cpuTime] != nil, sample[.residentSize] != nil
      else { exit(1) }
      exit(0)
    }
  }
}
