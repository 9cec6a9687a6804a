/// By node of the tree: what of its processes' use is its own where threads and tasks shared it, and then with all that is inside.
struct SharedUses: Sendable {
  private(set) var own: [ReadingValues]
  private(set) var whole: [ReadingValues] = []
  private(set) var lent: [ReadingValues]
  /// Some of its processes had several threads or tasks in spans.
  private(set) var isShared: [Bool]
  private(set) var growth: [Int32: [SpanGrowth]] = [:]
  private var solved: [(run: ProcessRuns, solution: GrowthSolution?)] = []

  init(count: Int) {
    own = Array(repeating: ReadingValues(), count: count)
    lent = own
    isShared = Array(repeating: false, count: count)
  }

  mutating func add(_ run: ProcessRuns, _ solution: GrowthSolution?) {
    for (node, series) in run.series {
      guard let place = self.place(node) else { continue }
      var used = series.own
      used[.processCPU] = nil
      used[.peakResident] = nil
      used[.resident] = solution == nil ? series.residentGrowth : 0
      own[place].add(used)
      if solution != nil { isShared[place] = true }
    }
    split(run)
    for (node, bytes) in solution?.own ?? [:] {
      guard let place = self.place(node) else { continue }
      var grown = ReadingValues()
      grown[.resident] = Int64(bytes)
      own[place].add(grown)
    }
    for (node, used) in run.lent { if let place = self.place(node) { lent[place].add(used) } }
    solved.append((run, solution))
  }

  private func place(_ node: Int32) -> Int? { node >= 0 && Int(node) < own.count ? Int(node) : nil }

  /// What two may have used, by what each metric says of all pairs.
  private mutating func split(_ run: ProcessRuns) {
    guard !run.shared.pairs.isEmpty else { return }
    let time = run.shared.secondParts { Double($0.used[.threadCPU] ?? 0) }
    let faults = run.shared.secondParts { $0.faults }
    let storage = run.shared.secondParts { Double(($0.used[.readBytes] ?? 0) &+ ($0.used[.writeBytes] ?? 0)) }
    let metrics: [([SharedStretches.Pair: Double], [ReadingMetric])] = [
      (time, [.threadCPU, .voluntarySwitches, .involuntarySwitches, .runDelay]),
      (faults, [.minorFaults, .majorFaults]),
      (storage, [.readBytes, .writeBytes]),
    ]
    // In an order of its own, a sum would not be the same twice.
    for (pair, sums) in run.shared.pairs.sorted(by: { ($0.key.first, $0.key.second) < ($1.key.first, $1.key.second) }) {
      for (parts, metrics) in metrics {
        let share = parts[pair] ?? 0.5
        var (first, second) = (ReadingValues(), ReadingValues())
        for metric in metrics {
          guard let whole = sums.used[metric] else { continue }
          second[metric] = Int64((Double(whole) * share).rounded())
          first[metric] = whole &- (second[metric] ?? 0)
        }
        if let place = self.place(pair.first) { own[place].add(first) }
        if let place = self.place(pair.second) { own[place].add(second) }
      }
    }
  }

  /// Adds what is inside. A node stands after its parent.
  mutating func sumUp(_ parent: (Int) -> Int) {
    whole = own
    for node in own.indices.reversed() where parent(node) >= 0 {
      let outer = parent(node)
      whole[outer].add(whole[node])
      if isShared[node] { isShared[outer] = true }
    }
    for (run, solution) in solved {
      var inside: [Int: [Int32]] = [:]
      for node in run.series.keys.sorted() where node >= 0 && Int(node) < own.count {
        var at = Int(node)
        while parent(at) >= 0 {
          inside[at, default: []].append(node)
          at = parent(at)
        }
      }
      let process = ProcessGrowth(run).bytes
      for (node, nodes) in inside {
        var growth = SpanGrowth(pid: run.pid)
        if let solution {
          let part = solution.part(of: nodes)
          growth.bytes = Int64(nodes.reduce(0.0) { $0 + (solution.own[$1] ?? 0) })
          (growth.leastBytes, growth.mostBytes) = (Int64(part.least), Int64(part.most))
          growth.isShared = true
        } else {
          growth.bytes = nodes.reduce(0) { $0 &+ (run.series[$1]?.residentGrowth ?? 0) }
          (growth.leastBytes, growth.mostBytes) = (growth.bytes, growth.bytes)
        }
        growth.processBytes = process
        self.growth[Int32(truncatingIfNeeded: node), default: []].append(growth)
      }
    }
    solved = []
  }
}

extension ProcessGrowth {
  init(_ run: ProcessRuns) {
    pid = run.pid
    isShared = run.isShared
    doubtfulFaults = run.doubtfulFaults
    guard let first = run.grid.first, let last = run.grid.last else { return }
    bytes = last.bytes &- first.bytes
    levels = [first] + run.grid.known
    sinceNanoseconds = first.time
  }
}
