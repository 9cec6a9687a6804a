import StripReader
import Foundation
import StripModel
import StripProbes
import StripRecording
import StripSampling
import Testing

@testable import StripPlatform

struct SamplerTests {
  private static let pid: Int32 = 4242

  // MARK: a /proc of our own

  @Test func `what the kernel's files say is recorded, tick by tick`() throws {
    let kernel = try FakeKernel()
    var program = FakeKernel.Program()
    try kernel.write(Self.pid, program)
    let run = try SampledRun(roots: kernel.roots)
    try run.sampler.add(Self.pid)
    #expect(run.sampler.records(Self.pid))
    for (ticks, pages) in [(5, 100), (7, 250), (7, 0), (9, 30)] {
      program.userTicks = ticks
      program.residentPages = pages
      program.writtenBytes = ticks * 4096
      try kernel.write(Self.pid, program)
      run.sampler.tick()
    }
    let findings = try run.finish()
    #expect(findings.end == .whole)
    #expect(findings.changes(.residentSize, of: Self.pid) == [100, 250, 0, 30].map { $0 * Machine.pageSize })
    #expect(findings.changes(.userTime, of: Self.pid) == [0, 5, 7, 9].map { $0 * Machine.nanosecondsPerTick })
    #expect(findings.changes(.writeBytes, of: Self.pid) == [0, 20480, 28672, 36864])
    #expect(findings.changes(.threads, of: Self.pid) == [1])
    #expect(findings.changes(.proportionalSize, of: Self.pid) == [4096])
    // Not offered by this kernel: missing, not zero.
    #expect(findings.values(.voluntarySwitches, of: Self.pid) == nil)
  }

  @Test func `a process is described by its name, command, parent and start`() throws {
    let kernel = try FakeKernel()
    try kernel.write(Self.pid, .init(name: "a (b) c", arguments: ["/bin/a", "", "é"], parent: 17))
    let run = try SampledRun(roots: kernel.roots)
    try run.sampler.add(Self.pid)
    let note = try #require(try run.finish().notes("process", of: Self.pid).first)
    #expect(note["name"] == .text("a (b) c"))
    #expect(note["command"] == .texts(["/bin/a", "", "é"]))
    #expect(note["parent_pid"] == .integer(17))
    #expect(note["start_ns"] == .integer(5000 * Machine.nanosecondsPerTick))
  }

  @Test(
    arguments: [
      (3 << 8, "exit_code", 3), (0, "exit_code", 0), (9, "signal", 9), (0x80 | 11, "signal", 11),
    ] as [(Int, String, Int64)])
  func `a zombie ends its series and tells how it ended`(status: Int, key: String, value: Int64) throws {
    let kernel = try FakeKernel()
    var program = FakeKernel.Program()
    try kernel.write(Self.pid, program)
    let run = try SampledRun(roots: kernel.roots)
    try run.sampler.add(Self.pid)
    program.state = "Z"
    program.exitStatus = status
    program.userTicks = 12
    try kernel.write(Self.pid, program)
    run.sampler.tick()
    #expect(!run.sampler.records(Self.pid))
    #expect(run.sampler.livingProcesses == 0)
    program.userTicks = 99
    try kernel.write(Self.pid, program)
    run.sampler.tick()
    let findings = try run.finish()
    let notes = findings.notes("process ended", of: Self.pid)
    #expect(notes.count == 1)
    #expect(notes.first?["final"] == .text("zombie"))
    #expect(notes.first?[key] == .integer(value))
    if key == "signal" { #expect(notes.first?["core_dumped"] == .flag(status & 0x80 != 0)) }
    #expect(findings.values(.userTime, of: Self.pid)?.last == 12 * Machine.nanosecondsPerTick)
    #expect(findings.values(.residentSize, of: Self.pid)?.last == 0)
  }

  @Test func `another program under the same PID is noted when its name changes`() throws {
    let kernel = try FakeKernel()
    try kernel.write(Self.pid, .init(name: "sh", arguments: ["sh", "-c", "x"]))
    let run = try SampledRun(roots: kernel.roots)
    try run.sampler.add(Self.pid)
    run.sampler.tick()
    try kernel.write(Self.pid, .init(name: "python3", arguments: ["python3", "x.py"]))
    for _ in 0..<3 { run.sampler.tick() }
    let findings = try run.finish()
    #expect(findings.notes("process", of: Self.pid).map { $0["name"] } == [.text("sh")])
    let executed = findings.notes("exec", of: Self.pid).filter { $0["name"] == .text("python3") }
    // It may be described a second time: the command line is read again some time after a process was found.
    #expect((1...2).contains(executed.count))
    #expect(executed.first?["command"] == .texts(["python3", "x.py"]))
  }

  @Test func `a file that cannot be read is noted once, and the rest is recorded`() throws {
    let kernel = try FakeKernel()
    var program = FakeKernel.Program()
    try kernel.write(Self.pid, program)
    // The superuser may read everything, so a directory stands where the file should be: EISDIR.
    try kernel.remove("\(Self.pid)/io")
    try kernel.makeDirectory("\(Self.pid)/io")
    let run = try SampledRun(roots: kernel.roots)
    try run.sampler.add(Self.pid)
    for tick in 1...5 {
      program.residentPages = tick * 10
      try kernel.write("\(tick * 20) \(tick * 10) 0\n", to: "\(Self.pid)/statm")
      run.sampler.tick()
    }
    let findings = try run.finish()
    let missing = findings.notes("missing", of: Self.pid)
    #expect(missing.count == 1)
    #expect(missing.first?["probe"] == .text("io"))
    #expect(missing.first?["errno"] == .integer(21))
    #expect(missing.first?["pid"] == .integer(Int64(Self.pid)))
    #expect(findings.values(.writeBytes, of: Self.pid) == nil)
    #expect(findings.changes(.residentSize, of: Self.pid)?.last == 50 * Machine.pageSize)
  }

  @Test(arguments: [true, false])
  func `a run in which /proc is hidden is recorded all the same`(isThere: Bool) throws {
    let kernel = try FakeKernel()
    if !isThere { try kernel.remove("") }
    let run = try SampledRun(roots: kernel.roots, followsDescendants: true)
    #expect(throws: SystemError(code: 2, call: "openat")) { try run.sampler.add(Self.pid) }
    run.sampler.addDescendants()
    for _ in 0..<3 { run.sampler.tick() }
    #expect(run.sampler.livingProcesses == 0)
    let findings = try run.finish()
    #expect(findings.end == .whole)
    #expect(findings.notes.first?.name == "recording")
    #expect(findings.notes.last?.name == "recording ended")
    let missing = findings.notes.filter { $0.name == "missing" && $0["probe"] == .text("machine") }
    #expect(missing.count == (isThere ? 0 : 1))
  }

  @Test func `the end tells what each probe cost and how many still run`() throws {
    let kernel = try FakeKernel()
    for pid in 1...3 as ClosedRange<Int32> { try kernel.write(pid + 100_000_000, .init()) }
    let run = try SampledRun(roots: kernel.roots)
    for pid in 1...3 as ClosedRange<Int32> { try run.sampler.add(pid + 100_000_000) }
    run.sampler.tick()
    let findings = try run.finish()
    #expect(findings.notes.last?["still_running"] == .integer(3))
    #expect(findings.notes.last?["reason"] == .text("test"))
    let probes = findings.notes.filter { $0.name == "probe" }.map { $0["probe"] }
    #expect(probes.contains(.text("every tick")))
    #expect(probes.contains(.text("smaps_rollup")))
  }

  // MARK: real processes

  @Test func `a vanished process ends its series`() throws {
    let child = try WaitingChild()
    let run = try SampledRun()
    try run.sampler.add(child.pid)
    run.sampler.tick()
    child.kill()
    try child.reap()
    run.sampler.tick()
    #expect(!run.sampler.records(child.pid))
    let findings = try run.finish()
    let notes = findings.notes("process ended", of: child.pid)
    #expect(notes.map { $0["final"] } == [.text("vanished")])
    #expect(notes.first?["exit_code"] == nil)
    #expect(notes.first?["parent_pid"] == .integer(Int64(Own.pid)))
    let sizes = try #require(findings.values(.residentSize, of: child.pid))
    #expect(try #require(sizes.first) > 0)
    #expect(sizes.last == 0)
  }

  @Test func `a killed child that nobody waited for ends with its signal`() throws {
    let child = try WaitingChild()
    let run = try SampledRun()
    try run.sampler.add(child.pid)
    child.kill()
    run.sampler.tick()
    try child.reap()
    let notes = try run.finish().notes("process ended", of: child.pid)
    #expect(notes.map { $0["final"] } == [.text("zombie")])
    #expect(notes.first?["signal"] == .integer(9))
  }

  @Test func `a child of our own is waited for, with what the kernel says it used`() throws {
    let child = try WaitingChild()
    let run = try SampledRun()
    try run.sampler.add(child.pid)
    child.kill()
    let ended = ChildProcess.Ended(pid: child.pid, exit: .signal(9, coreDumped: false))
    let usage = try #require(run.sampler.childEnded(ended))
    #expect(throws: SystemError(code: 10, call: "wait4")) { try child.reap() }
    let note = try #require(try run.finish().notes("process ended", of: child.pid).first)
    #expect(note["final"] == .text("waited"))
    #expect(note["signal"] == .integer(9))
    #expect(note["peak_rss_bytes"] == .integer(usage.peakResidentBytes))
    #expect(note["user_ns"] == .integer(usage.userNanoseconds))
  }

  @Test func `a child that ended before it was seen is recorded all the same`() throws {
    let child = try WaitingChild()
    child.kill()
    let run = try SampledRun()
    #expect(run.sampler.childEnded(.init(pid: child.pid, exit: .signal(9, coreDumped: false))) != nil)
    let findings = try run.finish()
    #expect(findings.notes("process", of: child.pid).count == 1)
    #expect(findings.notes("process ended", of: child.pid).count == 1)
  }

  @Test func `a tree is found with its right parents`() throws {
    let shell = try Shell()
    defer { shell.end() }
    let sleep = try shell.start("exec sleep 1000")
    // A shell in the shell, which waits for a sleep of its own and tells both PIDs.
    let nested = try shell.ask("sh -c 'sleep 1000 >&- & echo $$ $!; exec >&-; wait' &").split(separator: " ")
    let inner = try #require(nested.first.flatMap { Int32($0) })
    let innermost = try #require(nested.last.flatMap { Int32($0) })
    defer { for pid in [innermost, inner, sleep] { Signal.send(9, to: pid) } }

    let run = try SampledRun(followsDescendants: true)
    try run.sampler.add(shell.pid)
    run.sampler.addDescendants()
    for pid in [sleep, inner, innermost] { #expect(run.sampler.records(pid)) }
    #expect(run.sampler.livingProcesses == 4)
    #expect(!run.sampler.records(Own.pid))
    run.sampler.tick()
    let findings = try run.finish()
    func parent(_ pid: Int32) -> Annotation.Value? { findings.notes("process", of: pid).first?["parent_pid"] }
    #expect(parent(sleep) == .integer(Int64(shell.pid)))
    #expect(parent(inner) == .integer(Int64(shell.pid)))
    #expect(parent(innermost) == .integer(Int64(inner)))
    #expect(parent(shell.pid) == .integer(Int64(Own.pid)))
  }

  @Test func `a process that is started during the recording is found by a later tick`() throws {
    let shell = try Shell()
    defer { shell.end() }
    let run = try SampledRun(followsDescendants: true)
    try run.sampler.add(shell.pid)
    run.sampler.tick()
    #expect(run.sampler.livingProcesses == 1)
    let sleep = try shell.start("exec sleep 1000")
    // At the next tick, or up to 100 ms later when another thread of the machine has ended in between.
    let start = Clock.boottime()
    while !run.sampler.records(sleep), Clock.boottime() - start < 10_000_000_000 { run.sampler.tick() }
    #expect(run.sampler.records(sleep))
    Signal.send(9, to: sleep)
    while run.sampler.records(sleep), Clock.boottime() - start < 20_000_000_000 { run.sampler.tick() }
    #expect(!run.sampler.records(sleep))
    #expect(run.sampler.records(shell.pid))
    let findings = try run.finish()
    // Whether a zombie or nothing was left depends on when the shell waited for it.
    #expect(findings.notes("process ended", of: sleep).count == 1)
    #expect(findings.notes("process ended", of: shell.pid).isEmpty)
  }

  @Test func `without descendants only what was asked for is recorded`() throws {
    let shell = try Shell()
    defer { shell.end() }
    let run = try SampledRun(followsDescendants: false)
    try run.sampler.add(shell.pid)
    let sleep = try shell.start("exec sleep 1000")
    defer { Signal.send(9, to: sleep) }
    run.sampler.tick()
    #expect(!run.sampler.records(sleep))
    #expect(run.sampler.livingProcesses == 1)
  }

  @Test func `a process that is added twice is recorded once`() throws {
    let child = try WaitingChild()
    let run = try SampledRun()
    try run.sampler.add(child.pid)
    try run.sampler.add(child.pid)
    #expect(run.sampler.livingProcesses == 1)
    child.kill()
    try child.reap()
    #expect(throws: SystemError(code: 2, call: "openat")) { try run.sampler.add(child.pid + 1_000_000_000) }
    #expect(try run.finish().notes("process", of: child.pid).count == 1)
  }
}
