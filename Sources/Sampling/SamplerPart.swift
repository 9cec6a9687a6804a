/// What some recorders record beside the processes and the machine: in the command, the GPUs.
///
/// Given by whoever makes the sampler, so that a program that records itself links nothing of what it has no use for.
package struct SamplerPart {
  /// At the end of each tick, with its time.
  let tick: (Sampler, UInt64) -> Void
  /// Before the recording's last entries.
  let finish: (Sampler, UInt64) -> Void

  package init(tick: @escaping (Sampler, UInt64) -> Void, finish: @escaping (Sampler, UInt64) -> Void) {
    self.tick = tick
    self.finish = finish
  }
}
