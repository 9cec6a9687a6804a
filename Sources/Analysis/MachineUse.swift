internal import StripModel

/// What happened on the whole machine while it was recorded. `nil`: the kernel does not say it.
package struct MachineUse: Sendable {
  /// How long at least one task (some) or all of them (full) waited: Documentation/accounting/psi.rst.
  package var cpuSomePressureSeconds: Double?
  package var memorySomePressureSeconds: Double?
  package var ioSomePressureSeconds: Double?
  package var swapInPages: Int64?
  package var swapOutPages: Int64?
  package var outOfMemoryKills: Int64?
  /// When it was last read.
  package var lastAvailableBytes: Int64?

  package init() {}

  init(_ ledger: Ledger) {
    func since(_ metric: MachineMetric) -> Int64? {
      guard let now = ledger.machine[metric], let before = ledger.firstMachine[metric], now >= before else {
        return nil
      }
      return now &- before
    }
    func seconds(_ metric: MachineMetric) -> Double? { since(metric).map { Double($0) / 1e9 } }
    cpuSomePressureSeconds = seconds(.cpuSomePressure)
    memorySomePressureSeconds = seconds(.memorySomePressure)
    ioSomePressureSeconds = seconds(.ioSomePressure)
    swapInPages = since(.swapInPages)
    swapOutPages = since(.swapOutPages)
    outOfMemoryKills = since(.outOfMemoryKills)
    lastAvailableBytes = ledger.machine[.availableSize]
  }
}
