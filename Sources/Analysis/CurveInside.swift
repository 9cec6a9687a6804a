/// What a curve showed while spans of one path ran: its mean, weighted by the time that threads spent inside, and the greatest
/// value of the stretches in which any did. Both are of the process tree or the machine, not of the span: others ran meanwhile.
/// A stretch is a thousandth of the recording, so short spans see what was around them.
package struct CurveInside: Equatable, Sendable {
  package let mean: Double
  package let peak: Double

  /// `nil`: the curve has nothing to say of that time.
  package init?(_ curve: Curve, _ grid: ActivityGrid, path: Int) {
    let stretches = grid.stretches(of: path)
    let means = curve.means
    guard !stretches.isEmpty, !means.isEmpty else { return nil }
    var weight = 0.0
    var sum = 0.0
    var peak = -Double.infinity
    let width = grid.stretchNanoseconds
    for (stretch, nanoseconds) in stretches.enumerated() where nanoseconds > 0 {
      guard let begin = Self.place(UInt64(stretch) &* width &+ grid.start, curve) else { continue }
      let end = Self.place((UInt64(stretch) + 1) &* width &+ grid.start &- 1, curve) ?? begin
      // Each bucket of the curve that the stretch touches says as much as the others.
      var known = 0.0
      var total = 0.0
      guard begin < means.count else { continue }
      for bucket in begin...min(max(begin, end), means.count - 1) {
        guard let mean = means[bucket] else { continue }
        known += 1
        total += mean
        peak = max(peak, curve.peaks[bucket])
      }
      guard known > 0 else { continue }
      sum += total / known * Double(nanoseconds)
      weight += Double(nanoseconds)
    }
    guard weight > 0 else { return nil }
    mean = sum / weight
    self.peak = peak
  }

  /// The curve's bucket at a time; `nil`: before it begins.
  private static func place(_ time: UInt64, _ curve: Curve) -> Int? {
    time >= curve.start ? Int(clamping: (time - curve.start) / curve.bucketNanoseconds) : nil
  }
}

/// The recording's own curves while spans of one path ran. `nil`: the curve has nothing to say of that time.
package struct CurvesInside: Equatable, Sendable {
  /// 1 is one CPU.
  package var cpus: CurveInside?
  package var resident: CurveInside?
  /// Bytes a second.
  package var diskRead: CurveInside?
  package var diskWrite: CurveInside?
  /// Share of all of the machine's CPUs.
  package var machineCPU: CurveInside?
  package var gpus: [GPUInside] = []
  /// Seconds in each second that the quota kept it from running.
  package var throttled: CurveInside?
  /// The program's own.
  package var counters: [(name: String, pid: Int32?, inside: CurveInside)] = []

  /// Who has more curves sees the first ones.
  private static let counterLimit = 16

  package init() {}

  package init(_ curves: Curves, _ counters: [UserCounter], _ grid: ActivityGrid, path: Int) {
    cpus = CurveInside(curves.cpu, grid, path: path)
    resident = CurveInside(curves.resident, grid, path: path)
    diskRead = CurveInside(curves.diskRead, grid, path: path)
    diskWrite = CurveInside(curves.diskWrite, grid, path: path)
    machineCPU = CurveInside(curves.machineCPU, grid, path: path)
    throttled = CurveInside(curves.throttled, grid, path: path)
    self.counters = counters.prefix(Self.counterLimit).compactMap { counter in
      CurveInside(counter.curve, grid, path: path).map { (counter.name, counter.pid, $0) }
    }
  }

  package static func == (left: CurvesInside, right: CurvesInside) -> Bool {
    (left.cpus, left.resident, left.diskRead, left.diskWrite, left.machineCPU)
      == (right.cpus, right.resident, right.diskRead, right.diskWrite, right.machineCPU)
      && left.gpus == right.gpus && left.throttled == right.throttled
      && left.counters.elementsEqual(right.counters) { $0 == $1 }
  }
}
