import Foundation
import StripProbes

/// A tree of control groups that a test writes, with the process 7 in it.
struct CgroupTree {
  var files: [String: String] = [:]

  /// `groups`: the text of /proc/7/cgroup. `mounts`: lines of /proc/self/mountinfo.
  init(groups: String, mounts: [String]) {
    files["proc/7/cgroup"] = groups
    files["proc/self/mountinfo"] =
      (["23 0 8:1 / / rw,relatime - ext4 /dev/root rw"] + mounts).joined(separator: "\n") + "\n"
  }

  /// As systemd mounts version 2.
  static func second(group: String) -> CgroupTree {
    CgroupTree(
      groups: "0::\(group)\n",
      mounts: ["31 23 0:28 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate"])
  }

  static let firstMounts = [
    "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755",
    "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:11 - cgroup cgroup rw,cpu,cpuacct",
    "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory",
    "39 31 0:36 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids",
  ]

  static let unlimited = "9223372036854771712\n"

  mutating func write(_ directory: String, _ texts: [String: String]) {
    for (name, text) in texts { files["sys/fs/cgroup" + directory + "/" + name] = text }
  }

  /// `body` may change the files below the folder that it is given.
  func place<Result>(_ body: (CgroupPlace, String) throws -> Result) throws -> Result {
    try Fixture.withTree(files) { root in
      let roots = KernelRoots(proc: root + "/proc", sys: root + "/sys", files: root)
      return try body(CgroupPlace(pid: 7, roots: roots), root)
    }
  }
}
