import Foundation
import StripModel
import StripPlatform
import Testing

@testable import StripProbes

@Suite struct CgroupPlaceTests {
  @Test func `version 2 has one path, and groups without a controller are left out`() throws {
    var tree = CgroupTree.second(group: "/user.slice/job/worker")
    tree.write("/user.slice", ["memory.current": "5\n", "cgroup.type": "domain\n"])
    tree.write("/user.slice/job", ["memory.current": "4\n", "cgroup.type": "domain\n"])
    tree.write("/user.slice/job/worker", ["cgroup.type": "domain\n"])
    try tree.place { place, _ in
      #expect(place.memory?.levels.map(\.name) == ["/user.slice/job", "/user.slice"])
      #expect(place.unified?.levels.first?.name == "/user.slice/job/worker")
      #expect(place.processor == nil)
      #expect(place.versions == "v2")
    }
  }

  @Test func `version 1 has a path for each controller, and its root is no group`() throws {
    var tree = CgroupTree(
      groups: "3:pids:/\n2:memory:/a/b\n1:cpu,cpuacct:/c\n0::/\n", mounts: CgroupTree.firstMounts)
    tree.write("/memory/a/b", ["memory.usage_in_bytes": "1\n"])
    tree.write("/memory/a", ["memory.usage_in_bytes": "1\n"])
    tree.write("/memory", ["memory.usage_in_bytes": "1\n", "release_agent": "\n"])
    tree.write("/cpu,cpuacct/c", ["cpu.cfs_quota_us": "-1\n"])
    tree.write("/pids", ["release_agent": "\n"])
    try tree.place { place, _ in
      #expect(place.memory?.levels.map(\.name) == ["/a/b", "/a"])
      #expect(place.processor?.levels.map(\.name) == ["/c"])
      #expect(place.tasks == nil)
      #expect(place.versions == "v1")
    }
  }

  @Test func `in a hybrid tree each controller is looked for where it is mounted`() throws {
    var tree = CgroupTree(
      groups: "2:memory:/a\n0::/user\n",
      mounts: CgroupTree.firstMounts + ["41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw"])
    tree.write("/memory/a", ["memory.usage_in_bytes": "1\n"])
    tree.write("/unified/user", ["cgroup.type": "domain\n", "memory.pressure": ""])
    try tree.place { place, _ in
      #expect(place.memory?.version == .first)
      #expect(place.unified?.version == .second)
      #expect(place.versions == "v1 and v2")
    }
  }

  @Test func `in a container the mount's root is taken off the path`() throws {
    var tree = CgroupTree(
      groups: "4:memory:/docker/0ab/job\n",
      mounts: ["35 31 0:32 /docker/0ab /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory"])
    tree.write("/memory/job", ["memory.usage_in_bytes": "1\n"])
    tree.write("/memory", ["memory.usage_in_bytes": "2\n"])
    try tree.place { place, _ in
      #expect(place.memory?.levels.map(\.name) == ["/docker/0ab/job", "/docker/0ab"])
    }
  }

  @Test func `in a namespace of groups the container's own group is the root`() throws {
    var tree = CgroupTree.second(group: "/")
    tree.write("", ["memory.current": "1\n", "memory.max": "1048576\n", "cgroup.type": "domain\n"])
    try tree.place { place, _ in
      #expect(place.memory?.levels.map(\.name) == ["/"])
      #expect(CgroupLimits(place).memory?.value == 1_048_576)
    }
  }

  @Test func `groups that lie outside, are gone or cannot be told have no files`() throws {
    for group in ["/../other", "/gone (deleted)", "/never-made"] {
      var tree = CgroupTree.second(group: group)
      tree.write("", ["memory.current": "1\n"])
      tree.write("/gone", ["other": ""])
      try tree.place { place, _ in
        #expect(!(place.memory?.levels.contains { $0.name.contains("other") || $0.name.contains("gone") } ?? false))
        #expect(place.unified == nil)
      }
    }
    var broken = CgroupTree(groups: "nonsense\n::\n4:memory\n0::relative\n", mounts: ["a b c", "1 2 3 / / rw -"])
    broken.write("", ["memory.current": "1\n"])
    try broken.place { place, _ in
      #expect(place.memory == nil)
      #expect(CgroupLimits(place).isEmpty)
    }
  }

  @Test func `blanks in a mount point are escaped by the kernel`() throws {
    var tree = CgroupTree(
      groups: "0::/a\n", mounts: [#"31 23 0:28 / /sys/fs/cgroup/my\040groups rw - cgroup2 cgroup2 rw"#])
    tree.write("/my groups/a", ["memory.current": "1\n"])
    try tree.place { place, _ in #expect(place.memory?.levels.first?.name == "/a") }
  }

  @Test func `our own place is where the kernel has it`() throws {
    let place = try CgroupPlace(pid: Own.pid)
    for level in [place.memory, place.processor, place.tasks].compactMap(\.?.levels.first) {
      let members = try FileSystem.contents(of: level.directory + "/cgroup.procs")
      #expect(String(decoding: members, as: UTF8.self).split(separator: "\n").contains("\(Own.pid)"))
    }
    #expect(throws: SystemError.self) { try CgroupPlace(pid: 0x7fff_fff0) }
  }
}

@Suite struct CgroupLimitsTests {
  @Test func `the level with the least room holds, in version 2`() throws {
    var tree = CgroupTree.second(group: "/a/b/c")
    tree.write("/a/b/c", ["memory.current": "10\n", "memory.max": "max\n", "cpu.max": "max 100000\n"])
    tree.write(
      "/a/b",
      ["memory.current": "1000\n", "memory.max": "8000\n", "cpu.max": "150000 100000\n", "memory.swap.max": "0\n"])
    tree.write(
      "/a",
      [
        "memory.current": "9000\n", "memory.max": "10000\n", "memory.high": "9500\n", "cpu.max": "max 100000\n",
        "pids.current": "3\n", "pids.max": "100\n",
      ])
    try tree.place { place, _ in
      let limits = CgroupLimits(place)
      // 1000 bytes are left in /a, 7000 in /a/b.
      #expect(limits.memory?.group == "/a")
      #expect(limits.memory?.value == 10000)
      #expect(limits.memory.map { "\($0.file)" } == "memory.max")
      #expect(limits.memoryHigh?.value == 9500)
      #expect(limits.swap?.value == 0)
      #expect(limits.processor?.group == "/a/b")
      #expect(limits.processor?.value == 1_500_000_000)
      #expect(limits.periodNanoseconds == 100_000_000)
      #expect(limits.tasks?.value == 100)
      #expect(limits.holdsResources)
    }
  }

  @Test func `of equal limits the outermost holds, in version 1`() throws {
    var tree = CgroupTree(groups: "2:memory:/a/b\n1:cpu,cpuacct:/c\n", mounts: CgroupTree.firstMounts)
    for group in ["/memory/a", "/memory/a/b"] {
      tree.write(
        group,
        [
          "memory.usage_in_bytes": "4096\n", "memory.limit_in_bytes": "67108864\n",
          "memory.memsw.limit_in_bytes": CgroupTree.unlimited,
        ])
    }
    tree.write("/cpu,cpuacct/c", ["cpu.cfs_quota_us": "50000\n", "cpu.cfs_period_us": "100000\n"])
    try tree.place { place, _ in
      let limits = CgroupLimits(place)
      #expect(limits.memory?.group == "/a")
      #expect(limits.memory.map { "\($0.file)" } == "memory.limit_in_bytes")
      #expect(limits.swap == nil)
      #expect(limits.memoryHigh == nil)
      #expect(limits.processor?.value == 500_000_000)
    }
  }

  @Test func `what stands for no limit is none`() throws {
    var tree = CgroupTree(groups: "2:memory:/a\n1:cpu,cpuacct:/c\n3:pids:/p\n", mounts: CgroupTree.firstMounts)
    tree.write("/memory/a", ["memory.usage_in_bytes": "4096\n", "memory.limit_in_bytes": CgroupTree.unlimited])
    tree.write("/cpu,cpuacct/c", ["cpu.cfs_quota_us": "-1\n", "cpu.cfs_period_us": "100000\n"])
    tree.write("/pids/p", ["pids.current": "4\n", "pids.max": "max\n"])
    try tree.place { place, _ in #expect(CgroupLimits(place).isEmpty) }
  }
}

@Suite struct CgroupReaderTests {
  @Test func `version 2 tells use, split, events, throttling, tasks, storage and pressure`() throws {
    var tree = CgroupTree.second(group: "/job")
    tree.write(
      "/job",
      [
        "cgroup.type": "domain\n", "memory.current": "52428800\n", "memory.max": "104857600\n",
        "memory.swap.current": "4096\n",
        "memory.events": "low 0\nhigh 3\nmax 17\noom 2\noom_kill 1\noom_group_kill 0\n",
        "memory.stat":
          "anon 31457280\nfile 16777216\nkernel 2097152\nkernel_stack 16384\npagetables 32768\nsock 0\nshmem 8388608\n"
          + "file_mapped 1\nanon_thp 0\ninactive_anon 5\nactive_anon 6\ninactive_file 7\n",
        "cpu.max": "50000 100000\n",
        "cpu.stat":
          "usage_usec 1500000\nuser_usec 1000000\nsystem_usec 500000\nnr_periods 40\nnr_throttled 31\nthrottled_usec 2250000\n",
        "pids.current": "9\n", "pids.max": "64\n", "pids.events": "max 5\n",
        "io.stat":
          "8:0 rbytes=1048576 wbytes=2097152 rios=1 wios=2 dbytes=0 dios=0\n7:1 \n8:16 rbytes=1 wbytes=2 rios=1 wios=1 dbytes=0 dios=0\n",
        "cpu.pressure": "some avg10=0.00 avg60=0.00 avg300=0.00 total=1000\n",
        "memory.pressure":
          "some avg10=0.00 avg60=0.00 avg300=0.00 total=2000\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=300\n",
        "io.pressure":
          "some avg10=0.00 avg60=0.00 avg300=0.00 total=40\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=5\n",
      ])
    try tree.place { place, _ in
      var reader = CgroupReader(place)
      for tier in Tier.allCases { reader.read(tier) }
      let expected: [(CgroupMetric, Int64)] = [
        (.memoryUse, 52_428_800), (.memoryLimit, 104_857_600), (.swapSize, 4096), (.highEvents, 3),
        (.limitEvents, 17), (.outOfMemoryEvents, 2), (.outOfMemoryKills, 1), (.anonymousSize, 31_457_280),
        (.fileSize, 16_777_216), (.sharedSize, 8_388_608), (.kernelSize, 2_097_152), (.cpuTime, 1_500_000_000),
        (.periods, 40), (.throttledPeriods, 31), (.throttledTime, 2_250_000_000), (.cpuQuota, 500_000_000),
        (.tasks, 9), (.taskLimit, 64), (.refusedTasks, 5), (.readBytes, 1_048_577), (.writeBytes, 2_097_154),
        (.cpuSomePressure, 1_000_000), (.memorySomePressure, 2_000_000), (.memoryFullPressure, 300_000),
        (.ioSomePressure, 40_000), (.ioFullPressure, 5000),
      ]
      for (metric, value) in expected { #expect(reader.sample[metric] == value, "\(metric)") }
      #expect(reader.sample[.memoryHigh] == nil)
      #expect(reader.refusals.isEmpty)
    }
  }

  @Test func `version 1 tells the same from its own files`() throws {
    var tree = CgroupTree(
      groups: "4:blkio:/j\n3:pids:/j\n2:memory:/j/inner\n1:cpu,cpuacct:/j\n",
      mounts: CgroupTree.firstMounts + ["40 31 0:37 / /sys/fs/cgroup/blkio rw - cgroup cgroup rw,blkio"])
    tree.write(
      "/memory/j",
      [
        "memory.usage_in_bytes": "167772160\n", "memory.limit_in_bytes": "167772160\n", "memory.failcnt": "86540\n",
        "memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 0\n",
        "memory.kmem.usage_in_bytes": "442368\n",
        "memory.stat":
          "cache 0\nrss 0\nshmem 0\nswap 0\nhierarchical_memory_limit 167772160\ntotal_cache 12288000\ntotal_rss 155189248\n"
          + "total_rss_huge 0\ntotal_shmem 4096\ntotal_mapped_file 0\ntotal_swap 8192\ntotal_swapcached 1\n",
      ])
    tree.write(
      "/memory/j/inner",
      ["memory.usage_in_bytes": "1\n", "memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n"])
    tree.write(
      "/cpu,cpuacct/j",
      [
        "cpu.cfs_quota_us": "30000\n", "cpu.cfs_period_us": "100000\n",
        "cpu.stat": "nr_periods 29\nnr_throttled 26\nthrottled_time 1741984096\nnr_bursts 0\nburst_time 0\n",
      ])
    tree.write("/pids/j", ["pids.current": "6\n", "pids.max": "6\n", "pids.events": "max 1\n"])
    tree.write(
      "/blkio/j",
      [
        "blkio.throttle.io_service_bytes": "",
        "blkio.throttle.io_service_bytes_recursive":
          "254:0 Read 4096\n254:0 Write 8192\n254:0 Sync 12288\n254:0 Total 12288\n254:16 Read 1\nTotal 12289\n",
      ])
    try tree.place { place, _ in
      var reader = CgroupReader(place)
      for tier in Tier.allCases { reader.read(tier) }
      let expected: [(CgroupMetric, Int64)] = [
        (.memoryUse, 167_772_160), (.limitEvents, 86_540), (.outOfMemoryKills, 1), (.anonymousSize, 155_189_248),
        (.fileSize, 12_288_000), (.sharedSize, 4096), (.kernelSize, 442_368), (.swapSize, 8192), (.periods, 29),
        (.throttledPeriods, 26), (.throttledTime, 1_741_984_096), (.cpuQuota, 300_000_000), (.tasks, 6),
        (.refusedTasks, 1), (.readBytes, 4097), (.writeBytes, 8192),
      ]
      for (metric, value) in expected { #expect(reader.sample[metric] == value, "\(metric)") }
      #expect(reader.sample[.cpuTime] == nil)
      #expect(reader.refusals.isEmpty)
    }
  }

  @Test func `a file that cannot be read is reported once and the others go on`() throws {
    var tree = CgroupTree.second(group: "/job")
    // A folder in its place: reading it fails, also for root.
    tree.write("/job", ["memory.current": "1\n", "memory.max": "9\n", "memory.stat/x": "", "memory.events": "max 1\n"])
    try tree.place { place, _ in
      var reader = CgroupReader(place)
      for _ in 0..<3 { for tier in Tier.allCases { reader.read(tier) } }
      #expect(reader.sample[.memoryUse] == 1)
      #expect(reader.sample[.limitEvents] == 1)
      #expect(reader.sample[.anonymousSize] == nil)
      let names = reader.refusals.map { "\(CgroupProbe.all[$0.probe].name)" }
      #expect(names.filter { $0 == "cgroup_memory_split" }.count == 1)
      #expect(Set(names).count == names.count)
    }
  }

  @Test func `a limit that is changed while it holds is noticed, also at another level`() throws {
    var tree = CgroupTree.second(group: "/a/b")
    tree.write("/a", ["memory.current": "500\n", "memory.max": "max\n"])
    tree.write("/a/b", ["memory.current": "100\n", "memory.max": "1000\n"])
    try tree.place { place, root in
      var reader = CgroupReader(place)
      reader.read(.every)
      #expect(reader.sample[.memoryUse] == 100)
      var isChanged = reader.renewLimits()
      #expect(!isChanged)
      try Data("600\n".utf8).write(to: URL(filePath: root + "/sys/fs/cgroup/a/memory.max"))
      isChanged = reader.renewLimits()
      #expect(isChanged)
      #expect(reader.sample[.memoryLimit] == 600)
      reader.read(.every)
      #expect(reader.sample[.memoryUse] == 500)
    }
  }

  @Test func `where only the number of tasks is limited nothing else is read`() throws {
    var tree = CgroupTree.second(group: "/a")
    tree.write(
      "/a",
      [
        "memory.current": "500\n", "memory.max": "max\n", "pids.max": "100\n", "pids.current": "3\n",
        "pids.events": "max 0\n",
      ])
    try tree.place { place, _ in
      var reader = CgroupReader(place)
      for tier in Tier.allCases { reader.read(tier) }
      #expect(reader.sample[.tasks] == 3)
      #expect(reader.sample[.memoryUse] == nil)
    }
  }

  @Test func `any text is survived`() {
    for text in [
      "", "\n\n", "oom_kill", "oom_kill -", "8:0 rbytes=", "total_", "max 99999999999999999999999\n", "some",
    ] {
      for probe in CgroupProbe.all {
        for version in [CgroupVersion.first, .second] {
          var sample = CgroupSample()
          scan(text) { probe.parse($0, version, &sample) }
        }
      }
    }
  }
}

@Suite struct KernelLogTests {
  /// As Linux 6.18 wrote them when a group's limit was reached.
  private static let kill = [
    "4,900,24139277389123,-;oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/limit,task_memcg=/limit/inner,task=python,pid=7841,uid=0\n",
    "3,901,24139277441456,-;Memory cgroup out of memory: Killed process 7841 (python) total-vm:190804kB, anon-rss:163068kB, file-rss:2244kB, shmem-rss:12kB, UID:0 pgtables:384kB oom_score_adj:0\n",
  ]

  private func kills(_ records: [String], since: Int64 = 0) -> [OutOfMemoryKill] {
    var parser = KillParser(since: since)
    for record in records { _ = parser.read(Array(record.utf8)) }
    return parser.kills
  }

  @Test func `a kill in a control group names process, groups and memory`() throws {
    let kill = try #require(kills(Self.kill).first)
    #expect(kill.pid == 7841)
    #expect(kill.name == "python")
    #expect(kill.limitGroup == "/limit")
    #expect(kill.group == "/limit/inner")
    #expect(kill.anonymousBytes == kibibytes(163068))
    #expect(kill.fileBytes == kibibytes(2244))
    #expect(kill.sharedBytes == kibibytes(12))
    #expect(kill.nanoseconds == 24_139_277_441_456_000)
  }

  @Test func `a kill by the machine has no group, and a name may hold anything`() throws {
    let found = kills([
      "4,1,500,-;oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/x,task=a) (b,pid=12,uid=1\n",
      "3,2,501,-;Out of memory: Killed process 12 (a) (b) total-vm:1kB, anon-rss:2kB, file-rss:3kB, shmem-rss:4kB, UID:1 pgtables:5kB oom_score_adj:0\n",
    ])
    #expect(found.map(\.name) == ["a) (b"])
    #expect(found.first?.limitGroup == nil)
  }

  @Test func `older records and other lines are passed over`() {
    #expect(kills(Self.kill, since: 24_139_277_441_456_001).isEmpty)
    #expect(
      kills(["6,1,2,-;python[1]: segfault at 0\n", "nonsense", "6,a,b;c", ";", "3,1,2,-;Killed process (x)\n"]).isEmpty)
  }
}

@Suite struct ProcessLimitsTests {
  @Test func `soft limits are told, and unlimited ones are missing`() {
    let text = """
      Limit                     Soft Limit           Hard Limit           Units
      Max cpu time              60                   unlimited            seconds
      Max file size             unlimited            unlimited            bytes
      Max core file size        0                    unlimited            bytes
      Max processes             96365                96365                processes
      Max open files            1024                 524288               files
      Max address space         4294967296           unlimited            bytes

      """
    let limits = ProcessLimits(Array(text.utf8))
    #expect(limits.cpuSeconds == 60)
    #expect(limits.fileSizeBytes == nil)
    #expect(limits.coreFileBytes == 0)
    #expect(limits.tasks == 96365)
    #expect(limits.descriptors == 1024)
    #expect(limits.addressSpaceBytes == 4_294_967_296)
  }

  @Test func `ours are those of getrlimit`() throws {
    let limits = try ProcessLimits(pid: Own.pid)
    #expect(limits.descriptors.map(UInt64.init) == Own.descriptorLimit.now)
  }
}
