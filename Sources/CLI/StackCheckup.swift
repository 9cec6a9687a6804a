internal import StripPlatform
internal import StripProfiling

extension Checkup {
  /// What `--stacks` can record here.
  static func stacks() -> [Checkup] { [sampling(), symbols()] }

  private static func sampling() -> Checkup {
    let capability = "call stacks of native programs (--stacks)"
    do throws(SystemError) {
      let seesKernel = try StackProfiler.probe()
      return Checkup(
        capability: capability, isFine: true,
        because: seesKernel
          ? "perf_event_open(2) works, with CPU time inside the kernel"
          : "perf_event_open(2) works for your own processes, without CPU time inside the kernel", fix: nil)
    } catch {
      return Checkup(
        capability: capability, isFine: false, because: "perf_event_open: \(error.text)",
        fix: StackRecording.remedy(error))
    }
  }

  private static func symbols() -> Checkup {
    let symbolizer = Symbolizer()
    return Checkup(
      capability: "names of functions and lines in call stacks", isFine: symbolizer != nil,
      because: symbolizer.map { "\(Console.quoted($0.path)) reads them from the programs' debug information" }
        ?? "there is no llvm-symbolizer", fix: symbolizer == nil ? StackRecording.symbolizerRemedy : nil)
  }
}
