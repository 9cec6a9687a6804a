package import StripProbes

/// Decides which probes a tick reads, so that each stays within its share of the recorder's budget.
///
/// A probe's cost is what it took for all processes together, measured while it runs. A probe whose cost would exceed its
/// share is read less often: its interval is its cost divided by its share.
package struct ReadingPlan: Sendable {
  package struct Entry: Sendable {
    package let name: StaticString
    /// Bits of the probes that are read and timed together.
    package let probes: ProbeSet
    let shortest: UInt64
    /// Part of one CPU, 0 to 1.
    let share: Double
    /// Nanoseconds for one reading of everything; follows slowly, so that one preemption is not a trend.
    package private(set) var cost: UInt64 = 0
    package private(set) var reads: UInt64 = 0
    package private(set) var nanoseconds: UInt64 = 0
    fileprivate var due: UInt64 = 0

    package init(_ name: StaticString, _ probes: ProbeSet, shortest: UInt64, share: Double) {
      self.name = name
      self.probes = probes
      self.shortest = shortest
      self.share = share
    }

    /// Does it read how memory is shared? Then of all processes at once.
    var isSweep: Bool { probes == ProcessProbe.sharing }

    package var interval: UInt64 { max(shortest, UInt64(Double(cost) / share)) }

    package func isDue(at now: UInt64) -> Bool { now >= due }

    /// Counts a reading that took `nanoseconds` and sets when the next is due. `tick`: the distance of ticks.
    package mutating func read(in nanoseconds: UInt64, at now: UInt64, tick: UInt64) {
      let seen = cost == 0 ? nanoseconds : min(nanoseconds, 4 * cost)
      cost = cost == 0 ? seen : UInt64(max(1, Int64(cost) + (Int64(seen) - Int64(cost)) / 8))
      reads += 1
      self.nanoseconds += nanoseconds
      // A tick may come a little early or late; half a tick of grace keeps a 100 ms probe at every tenth 10 ms tick.
      due = now + interval - min(interval, tick / 2)
    }
  }

  /// Read at every tick, for every process.
  package var hot: Entry
  package var dear: [Entry]
  package var machine: Entry
  package var machineSeldom: Entry
  /// Of the control groups that limit the program, where there are any.
  package var cgroup: Entry
  package var cgroupOften: Entry
  package var cgroupSeldom: Entry

  /// `budget`: the part of one CPU that reading may use in all.
  package init(budget: Double) {
    hot = Entry("every tick", ProcessProbe.through(.every), shortest: 0, share: budget * 0.5)
    dear = []
    let share = 0.15 / Double(ProcessProbe.all.count { $0.tier != .every })
    for index in ProcessProbe.all.indices where ProcessProbe.all[index].tier != .every {
      let probe = ProcessProbe.all[index]
      var set = ProbeSet()
      set.insert(index)
      dear.append(Entry(probe.name, set, shortest: probe.tier.shortestInterval, share: budget * share))
    }
    machine = Entry(
      "machine", MachineProbe.through(.often), shortest: Tier.often.shortestInterval, share: budget * 0.3)
    machineSeldom = Entry(
      "machine seldom", MachineProbe.through(.seldom).subtracting(MachineProbe.through(.often)),
      shortest: Tier.seldom.shortestInterval, share: budget * 0.05)
    cgroup = Entry("cgroup", ProbeSet(), shortest: 0, share: budget * 0.1)
    cgroupOften = Entry("cgroup often", ProbeSet(), shortest: Tier.often.shortestInterval, share: budget * 0.05)
    cgroupSeldom = Entry("cgroup seldom", ProbeSet(), shortest: Tier.seldom.shortestInterval, share: budget * 0.05)
  }

  package var entries: [Entry] {
    [hot] + dear + [machine, machineSeldom] + [cgroup, cgroupOften, cgroupSeldom].filter { $0.reads > 0 }
  }

  /// Another group is to be read at once.
  mutating func cgroupMoved() {
    cgroup.due = 0
    cgroupOften.due = 0
    cgroupSeldom.due = 0
  }
}
