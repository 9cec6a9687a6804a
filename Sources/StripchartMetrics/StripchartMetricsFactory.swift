#if Metrics
  public import CoreMetrics

  /// Writes every counter, gauge, meter, recorder and timer of swift-metrics into the recording, as curves beside the
  /// others.
  ///
  /// ```swift
  /// MetricsSystem.bootstrap(StripchartMetricsFactory())
  /// ```
  ///
  /// | metric | curves |
  /// |---|---|
  /// | `Counter`, `FloatingPointCounter` | the sum so far |
  /// | `Gauge`, `Meter` | the value |
  /// | `Recorder`, `Timer` | of the values since the curve's last point: `… mean`, `… max`; and `… count` of all so far |
  ///
  /// A curve's name is the label with its dimensions, `requests{route="/users", status="200"}`; timers are in
  /// milliseconds and say so. At the end of the recording a mark says how the values of each recorder and timer are
  /// distributed.
  ///
  /// A metric that changed is written within 10 ms, once, however often it changed, and again when the program calls
  /// ``Stripchart/Recording/flush()``, stops the recording, or exits. Nothing is written and no thread wakes while
  /// nothing changes. Metrics of the same label and dimensions share their curve.
  ///
  /// Cost: an increment of a counter some 4 ns, a value of a recorder or a timer some 60 ns.
  public struct StripchartMetricsFactory: MetricsFactory {
    public init() {}

    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
      MetricTable.shared.metric(label, dimensions, kind: "counter") { CounterMetric($0) }
    }

    public func makeFloatingPointCounter(
      label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
      MetricTable.shared.metric(label, dimensions, kind: "sum") { ValueMetric($0) }
    }

    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
      MetricTable.shared.metric(label, dimensions, kind: "meter") { ValueMetric($0) }
    }

    public func makeRecorder(
      label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
      if aggregate {
        return MetricTable.shared.metric(label, dimensions, kind: "recorder") { DistributionMetric($0, unit: 1) }
      }
      return MetricTable.shared.metric(label, dimensions, kind: "gauge") { ValueMetric($0) }
    }

    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
      MetricTable.shared.metric(label, dimensions, kind: "timer") { DistributionMetric($0 + ", ms", unit: 1e-6) }
    }

    public func destroyCounter(_ handler: any CounterHandler) { MetricTable.shared.forget(handler) }
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {
      MetricTable.shared.forget(handler)
    }
    public func destroyMeter(_ handler: any MeterHandler) { MetricTable.shared.forget(handler) }
    public func destroyRecorder(_ handler: any RecorderHandler) { MetricTable.shared.forget(handler) }
    public func destroyTimer(_ handler: any TimerHandler) { MetricTable.shared.forget(handler) }
  }
#endif
