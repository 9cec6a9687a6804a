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
    cpuSomePressureSeconds = ledger.grownSeconds(.cpuSomePressure)
    memorySomePressureSeconds = ledger.grownSeconds(.memorySomePressure)
    ioSomePressureSeconds = ledger.grownSeconds(.ioSomePressure)
    swapInPages = ledger.grown(.swapInPages)
    swapOutPages = ledger.grown(.swapOutPages)
    outOfMemoryKills = ledger.grown(MachineMetric.outOfMemoryKills)
    lastAvailableBytes = ledger.machine[.availableSize]
  }
}
