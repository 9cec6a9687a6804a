internal import StripPlatform
internal import Synchronization

/// For the places that are entered once a thread or once a name: waits by yielding, and can be forgotten after a fork.
package final class SpinLock: Sendable {
  private let isHeld = Atomic<Bool>(false)

  package init() {}

  package func withLock<Result>(_ body: () -> Result) -> Result {
    // Acquire and release: what the last holder wrote is seen by the next.
    while !isHeld.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged { Own.yield() }
    defer { isHeld.store(false, ordering: .releasing) }
    return body()
  }

  /// In a forked child: the thread that may have held it does not exist here.
  package func forget() { isHeld.store(false, ordering: .releasing) }
}
