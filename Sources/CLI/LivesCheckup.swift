internal import StripPlatform

extension Checkup {
  /// Whether processes that live for less than a tick are recorded.
  static func lives() -> Checkup {
    let capability = "every process that ends, with its exit code and exact figures"
    do throws(SystemError) {
      let records = try ExitRecords(sys: "/sys")
      _ = consume records
      return Checkup(
        capability: capability, isFine: true, because: "the kernel's exit records (taskstats) are to be had", fix: nil)
    } catch {
      let because = "the kernel's exit records (taskstats): \(error.text)"
      return Checkup(
        capability: capability, isFine: false,
        because: because
          + "; `run` counts short lives by perf_event_open(2) where it may, without exit codes and figures",
        fix: error.isDenied
          ? "run as root, or give the command the capability: setcap cap_net_admin+ep stripchart"
          : "record from outside of the container: exit records go to the first PID and user namespaces only")
    }
  }
}
