/// Which code was found running, by samples of call stacks: CPU time, not waiting.
package struct StackUsage: Sendable {
  /// CPU time that a sample stands for.
  package var periodNanoseconds: UInt64 = 0
  package var samples: UInt64 = 0
  /// Taken by the kernel and not recorded: there was no room.
  package var lostSamples: Int64?
  /// CPU time inside the kernel is among them; `nil`: the recorder was killed before it said so.
  package var seesKernel: Bool?
  /// Samples with no line of known source anywhere on their stack.
  package var samplesWithoutSource: UInt64 = 0
  /// Those that ran or that called what ran, most own samples first.
  package var functions: [SampledFunction] = []
  /// What of the functions' source the samples belong to: each to the innermost line on its stack whose source is known. So what runs
  /// in libraries counts for the line that called them. Those with most samples first.
  package var sources: [FunctionUsage] = []

  package func nanoseconds(_ samples: UInt64) -> UInt64 { samples &* periodNanoseconds }

  /// Of a share that rests on so many of all samples: half the width of its 95 % interval, by Wilson's formula, which holds for few
  /// samples and for shares near none and all.
  package func uncertainty(_ own: UInt64) -> Double {
    guard samples > 0 else { return 0 }
    let (all, z) = (Double(samples), 1.96)
    let share = Double(own) / all
    return z / (1 + z * z / all) * (share * (1 - share) / all + z * z / (4 * all * all)).squareRoot()
  }
}

/// A function that samples met.
package struct SampledFunction: Sendable {
  package var name: String
  /// The file name of the program or library that holds it.
  package var image: String
  package var file: String?
  /// It ran itself; it or what it called ran. A stack with several calls of it counts once.
  package var ownSamples: UInt64 = 0
  package var totalSamples: UInt64 = 0
}
