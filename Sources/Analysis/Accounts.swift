internal import StripModel

/// The running sums over all processes, renewed for those that changed.
struct Accounts: Sendable {
  /// Ended, and neither claimed nor known to be in nobody's account.
  var unclaimed: [Int] = []
  /// CPU time of children that nobody read, which their parent's account showed when it waited: it was used before.
  private(set) var late: [LateUse] = []
  private var sums = ProcessSample()
  private var contributions: [ProcessSample] = []
  private(set) var changes: [Int] = []
  private var isChanged: [Bool] = []
  /// Of each process: what of its unexplained CPU time has been given out as late, and what the tick before this one saw.
  private var given: [Int64] = []
  private var seen: [Int64] = []
  private var unsettled: [Int] = []
  /// Of processes that ended and whose use is in nobody's account.
  var unwaitedCPU: Int64 = 0
  /// Are there lives in the sums of which an exit record alone tells?
  private(set) var holdsRecordsAlone = false
  /// CPU time that processes used themselves, as readings saw it.
  private(set) var direct: Int64?

  /// CPU time and when it was used, as far as that is known.
  struct LateUse: Sendable {
    let from: UInt64
    let to: UInt64
    let nanoseconds: Int64
  }

  mutating func changed(_ index: Int) {
    while isChanged.count <= index {
      isChanged.append(false)
      contributions.append(ProcessSample())
      given.append(0)
      seen.append(0)
    }
    if isChanged[index] { return }
    isChanged[index] = true
    changes.append(index)
  }

  mutating func ended(_ index: Int) { unclaimed.append(index) }

  func sum(_ metric: ProcessMetric) -> Int64? { sums[metric] }

  mutating func refresh(_ processes: [ProcessLedger], runStart: UInt64, at time: UInt64) {
    if time > lastTime { (tick, lastTime) = (lastTime == 0 ? 0 : time - lastTime, time) }
    late.removeAll(keepingCapacity: true)
    late.append(contentsOf: lives)
    lives.removeAll(keepingCapacity: true)
    let earlier = unsettled
    unsettled.removeAll(keepingCapacity: true)
    for index in changes {
      isChanged[index] = false
      for metric in ProcessLedger.counted {
        guard let value = processes[index].contribution(metric, runStart: runStart) else { continue }
        let before = contributions[index][metric] ?? 0
        if value != before || !sums.has(metric) { sums[metric] = (sums[metric] ?? 0) &+ value &- before }
        contributions[index][metric] = value
      }
    }
    for index in Set(changes + earlier).sorted() { give(index, processes, runStart, time, isLast: false) }
    changes.removeAll(keepingCapacity: true)
    direct = sums[.cpuTime].map { $0 &- unexplained &- ofLives }
  }

  mutating func refreshAll(_ processes: [ProcessLedger], runStart: UInt64, at time: UInt64) {
    refresh(processes, runStart: runStart, at: time)
    let earlier = unsettled
    unsettled.removeAll()
    for index in earlier { give(index, processes, runStart, time, isLast: true) }
  }

  // MARK: what was used before it was seen

  /// Of all processes, in the sums.
  private var unexplained: Int64 = 0
  private var ofLives: Int64 = 0
  private var lives: [LateUse] = []
  private var previousUnexplained: [Int: Int64] = [:]
  /// Of each process's account, what is drawn where its children lived.
  private var placed: [Int: Int64] = [:]

  /// Unread children lived since their parent was read before; in the kernel's clock ticks (10 ms, user and system apart) it shows later
  /// still.
  private static let leastSpread: UInt64 = 40_000_000
  private var lastTime: UInt64 = 0
  private var tick: UInt64 = 0

  /// A child's end is noticed a tick after its parent's account grew by it. So what is given out is what two ticks in turn saw.
  private mutating func give(
    _ index: Int, _ processes: [ProcessLedger], _ runStart: UInt64, _ time: UInt64, isLast: Bool
  ) {
    let now = max(0, processes[index].unexplained(.cpuTime, runStart: runStart) &- (placed[index] ?? 0))
    unexplained &+= now &- (previousUnexplained[index] ?? 0)
    previousUnexplained[index] = now == 0 ? nil : now
    let lasting = isLast ? now : min(now, seen[index])
    if lasting != given[index] {
      let amount = lasting &- given[index]
      let spread = max(Self.leastSpread, 2 &* UInt64(amount.magnitude), 2 &* tick)
      let begin = max(processes[index].started ?? processes[index].firstSeen, runStart)
      // At its end the account is exact: what was cut off of it before goes with its whole life.
      let from = processes[index].isAlive ? max(begin, time > spread ? time - spread : 0) : begin
      late.append(LateUse(from: from, to: time, nanoseconds: amount))
      given[index] = lasting
    }
    if seen[index] != now { unsettled.append(index) }
    seen[index] = now
  }

  /// When it ended is known to a tick, so its use is spread over more than that.
  private mutating func draw(_ life: Life, _ cpu: Int64, _ runStart: UInt64) {
    let spread = life.ended &- min(life.started, life.ended) &+ tick
    let from = max(life.ended > spread ? life.ended - spread : 0, runStart)
    lives.append(LateUse(from: from, to: max(life.ended, from + 1), nanoseconds: cpu))
  }

  /// A life in the account of the process that waited for it: the sums hold it there.
  mutating func place(_ life: Life, in holder: Int, atMost room: Int64?, runStart: UInt64) {
    let cpu = max(0, min(life.used[.cpuTime] ?? 0, room ?? .max))
    guard life.started &+ 20_000_000 >= runStart, cpu > 0 else { return }
    placed[holder, default: 0] &+= cpu
    ofLives &+= cpu
    draw(life, cpu, runStart)
  }

  /// A life that is in nobody's account. What it used before the recording began is not told.
  mutating func add(_ life: Life, runStart: UInt64) {
    guard life.started &+ 20_000_000 >= runStart else { return }
    holdsRecordsAlone = true
    unwaitedCPU &+= life.used[.cpuTime] ?? 0
    for metric in ProcessLedger.counted {
      guard let value = life.used[metric] else { continue }
      sums[metric] = (sums[metric] ?? 0) &+ value
    }
    guard let cpu = life.used[.cpuTime] else { return }
    ofLives &+= cpu
    draw(life, cpu, runStart)
  }
}
