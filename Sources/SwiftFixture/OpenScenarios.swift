import Stripchart

enum OpenScenarios {
  /// Ended elsewhere, out of order, twice, never.
  static func open() {
    let elsewhere = beginSpan("ended elsewhere")
    SyncScenarios.inThreads(1) { elsewhere.end() }
    let first = beginSpan("overlapping")
    let second = beginSpan("overlapping")
    first.end()
    second.end()
    let twice = beginSpan("ended twice")
    twice.end()
    twice.end()
    _ = beginSpan(named: "never \("ended")")
  }
}
