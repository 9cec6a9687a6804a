internal import StripPlatform

/// Which controllers of control groups this machine offers, and by which version.
package enum CgroupSupport {
  /// Where `controller` is mounted; `nil`: nowhere that we can see. Some system calls.
  package static func version(of controller: StaticString, roots: KernelRoots = KernelRoots()) -> CgroupVersion? {
    let mounts = CgroupMount.all(in: (try? FileSystem.contents(of: roots.proc + "/self/mountinfo")) ?? [])
    if mounts.contains(where: { $0.version == .first && $0.has(controller) }) { return .first }
    for mount in mounts where mount.version == .second {
      let path = roots.files + String(decoding: mount.point, as: UTF8.self) + "/cgroup.controllers"
      let offered = (try? FileSystem.contents(of: path)) ?? []
      let names = offered.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }
      if names.contains(where: { same($0, controller) }) { return .second }
    }
    return nil
  }

  /// Is version 2 mounted, with or without controllers?
  package static func hasSecond(roots: KernelRoots = KernelRoots()) -> Bool {
    CgroupMount.all(in: (try? FileSystem.contents(of: roots.proc + "/self/mountinfo")) ?? []).contains {
      $0.version == .second
    }
  }
}
