package import StripProbes
internal import StripPlatform

/// What GPUs there are, asked on a thread of its own: a driver may never answer.
package enum GPUInquiry {
  package struct Answer: Sendable {
    package let devices: [GPUDevice]
    package let refusals: [GPURefusal]
  }

  /// `nil`: no answer within `nanoseconds`.
  package static func ask(_ roots: KernelRoots = KernelRoots(), within nanoseconds: UInt64) -> Answer? {
    let monitor = GPUMonitor(roots: roots, selection: .all, budget: 1)
    monitor.stop()
    guard (try? monitor.start()) != nil else { return Answer(devices: [], refusals: []) }
    let end = Clock.monotonic() + nanoseconds
    while Clock.monotonic() < end {
      if let report = monitor.news(tick: 0) { return Answer(devices: report.devices, refusals: report.refusals) }
      Clock.sleep(untilMonotonic: Clock.monotonic() + 1_000_000)
    }
    return nil
  }

  /// Do the numbers of processes here mean the same to a driver? In a container they mostly do not.
  package static var isInOutermostNamespace: Bool { GPUMonitor.isInOutermostNamespace }
}
