import StripReader
import Foundation
import StripModel
import StripProbes
import StripRecording
import StripSampling
import Testing

@Suite struct CgroupSamplerTests {
  private static let pid: Int32 = 4242

  /// Process 4242 in `group` of a tree of version 2, where `/limited` may hold 1 MiB.
  private func kernel(in group: String) throws -> FakeKernel {
    let kernel = try FakeKernel()
    try kernel.write(Self.pid, FakeKernel.Program())
    try kernel.write("0::\(group)\n", to: "\(Self.pid)/cgroup")
    try kernel.write("31 23 0:28 / /groups rw - cgroup2 cgroup2 rw\n", to: "self/mountinfo")
    try kernel.write("Max open files            20000         20000         files\n", to: "\(Self.pid)/limits")
    for name in ["free", "limited"] {
      try kernel.write("4096\n", to: "../groups/\(name)/memory.current")
      try kernel.write(name == "free" ? "max\n" : "1048576\n", to: "../groups/\(name)/memory.max")
      try kernel.write("low 0\nhigh 0\nmax 0\noom 0\noom_kill 0\n", to: "../groups/\(name)/memory.events")
      try kernel.write("domain\n", to: "../groups/\(name)/cgroup.type")
    }
    return kernel
  }

  @Test func `use and limit are recorded beside each other, and what set the limit`() throws {
    let kernel = try kernel(in: "/limited")
    let run = try SampledRun(roots: kernel.roots)
    try run.sampler.add(Self.pid)
    for use in [8192, 16384, 40960] {
      try kernel.write("\(use)\n", to: "../groups/limited/memory.current")
      run.sampler.tick()
    }
    let findings = try run.finish()
    #expect(findings.changes(.memoryUse) == [8192, 16384, 40960])
    #expect(findings.changes(.memoryLimit) == [1_048_576])
    let note = try #require(findings.notes.first { $0.name == "cgroup" })
    #expect(note["group"] == .text("/limited"))
    #expect(note["version"] == .text("v2"))
    #expect(note["memory_limit_bytes"] == .integer(1_048_576))
    #expect(note["memory_limit_group"] == .text("/limited"))
    #expect(note["memory_limit_file"] == .text("memory.max"))
    #expect(findings.notes.contains { $0.name == "limits" && $0["descriptors"] == .integer(20000) })
  }

  @Test func `with nothing limited no file of the group is read`() throws {
    let kernel = try kernel(in: "/free")
    let run = try SampledRun(roots: kernel.roots)
    try run.sampler.add(Self.pid)
    for _ in 0..<3 { run.sampler.tick() }
    let findings = try run.finish()
    #expect(findings.changes(.memoryUse) == nil)
    #expect(findings.notes.filter { $0.name == "cgroup" }.count == 1)
    #expect(!findings.notes.contains { $0.name == "probe" && $0["probe"] == .text("cgroup") })
  }

  @Test func `a program that moves into a limited group is followed`() throws {
    let kernel = try kernel(in: "/free")
    let run = try SampledRun(roots: kernel.roots)
    try run.sampler.add(Self.pid)
    run.sampler.tick()
    try kernel.write("0::/limited\n", to: "\(Self.pid)/cgroup")
    // Another program is in its place: that is when groups are looked at again.
    var program = FakeKernel.Program()
    program.name = "train"
    try kernel.write(Self.pid, program)
    run.sampler.tick()
    let findings = try run.finish()
    #expect(findings.changes(.memoryLimit) == [1_048_576])
    #expect(findings.notes.filter { $0.name == "cgroup" }.count == 2)
  }

  @Test func `a program that ends is still in its group, although version 1 shows the root then`() throws {
    let kernel = try kernel(in: "/limited")
    let run = try SampledRun(roots: kernel.roots)
    try run.sampler.add(Self.pid)
    run.sampler.tick()
    try kernel.write("0::/\n", to: "\(Self.pid)/cgroup")
    var program = FakeKernel.Program()
    program.flags = 4
    // So that groups are looked at again.
    program.name = "train"
    try kernel.write(Self.pid, program)
    try kernel.write("12288\n", to: "../groups/limited/memory.current")
    run.sampler.tick()
    let findings = try run.finish()
    #expect(findings.changes(.memoryUse) == [4096, 12288])
    #expect(findings.notes.filter { $0.name == "cgroup" }.count == 1)
  }

  @Test func `a group that is gone ends nothing else`() throws {
    let kernel = try kernel(in: "/limited")
    let run = try SampledRun(roots: kernel.roots)
    try run.sampler.add(Self.pid)
    run.sampler.tick()
    try FileManager.default.removeItem(atPath: kernel.roots.files + "/groups/limited")
    for _ in 0..<3 { run.sampler.tick() }
    let findings = try run.finish()
    #expect(findings.end == .whole)
    #expect(findings.values(.threads, of: Self.pid) != nil)
  }
}

extension Findings {
  /// The values of a control group's metric without repetition.
  fileprivate func changes(_ metric: CgroupMetric) -> [Int64]? {
    values(named: "\(metric.metric.name)")?.reduce(into: []) { changes, value in
      if changes.last != value { changes.append(value) }
    }
  }
}
