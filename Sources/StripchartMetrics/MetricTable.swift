#if Metrics
  internal import Stripchart

  /// A metric of the program, which writes itself.
  protocol Metric: AnyObject, Sendable {
    /// Writes what has changed since the last time in this recording. By one thread at a time.
    func write(epoch: UInt32)
    /// What is told at the end.
    func summarize()
  }

  /// All metrics by their curve, and who writes them.
  final class MetricTable: Sendable {
    static let shared = MetricTable()

    private let metrics = Guarded<[String: any Metric]>([:])
    /// Held by the one who writes.
    private let writing = Guarded(())

    private init() {
      Recording.whenFlushed { MetricTable.shared.flush() }
    }

    /// The metric of this label and these dimensions, made if there is none.
    func metric<Made: Metric>(
      _ label: String, _ dimensions: [(String, String)], kind: String, _ make: (String) -> Made
    ) -> Made {
      let name = Self.name(label, dimensions)
      let key = "\(kind) \(name)"
      return metrics.withLock { metrics in
        if let known = metrics[key] as? Made { return known }
        let made = make(name)
        metrics[key] = made
        return made
      }
    }

    /// Its last value is written. A metric of its name begins anew.
    func forget(_ metric: AnyObject) {
      flush()
      metrics.withLock { metrics in
        if let key = metrics.first(where: { $0.value === metric })?.key { metrics[key] = nil }
      }
    }

    func write() {
      guard Recording.isOn else { return }
      let all = metrics.withLock { Array($0.values) }
      writing.withLock { _ in
        for metric in all { metric.write(epoch: LateWriter.epoch) }
      }
    }

    private func flush() {
      guard Recording.isOn else { return }
      write()
      let all = metrics.withLock { Array($0.values) }
      writing.withLock { _ in
        for metric in all { metric.summarize() }
      }
    }

    /// `label{name="value", …}`, the dimensions in the order of their names.
    private static func name(_ label: String, _ dimensions: [(String, String)]) -> String {
      if dimensions.isEmpty { return label }
      let sorted = dimensions.sorted { $0.0 < $1.0 }
      return label + "{" + sorted.map { "\($0.0)=\"\($0.1)\"" }.joined(separator: ", ") + "}"
    }
  }
#endif
