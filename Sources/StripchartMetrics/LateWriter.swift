#if Metrics
  internal import StripPlatform
  internal import Stripchart
  internal import Synchronization

  /// The thread that writes metrics, 10 ms after one began to change; else it waits in the kernel.
  ///
  /// A metric that changes looks at one word. It says that the writer was told already, by the number of the recording
  /// (so that another recording, or a forked child, which has no such thread, is told anew), or else the metric tells
  /// it. So no metric reads a clock, a value is never older than 10 ms, and the last value is written however seldom it
  /// changed.
  @safe final class LateWriter: Sendable {
    static let shared = LateWriter()
    static var epoch: UInt32 { SpanEpoch.current }

    /// The recording whose writer will look at all metrics soon.
    private let told = Atomic<UInt32>(SpanEpoch.off)
    private let state = Guarded(State())

    private struct State: ~Copyable {
      /// Of the process and recording that the thread writes in.
      var pid: Int32 = 0
      var wakeUp: WakeUp?
    }

    private init() {}

    /// Some metric has changed: its new value was stored before, in sequentially consistent order, as is the load here.
    @inline(__always)
    func tell() {
      if told.load(ordering: .sequentiallyConsistent) != SpanEpoch.current { wake() }
    }

    @inline(never)
    private func wake() {
      let isOn = Recording.isOn
      told.store(SpanEpoch.current, ordering: .sequentiallyConsistent)
      guard isOn else { return }
      state.withLock { state in
        let pid = Own.pid
        if state.pid != pid {
          state.pid = pid
          state.wakeUp = try? WakeUp()
          guard let descriptor = state.wakeUp?.descriptor.raw else { return }
          let argument = unsafe UnsafeMutableRawPointer(bitPattern: UInt(descriptor) + 1)
          _ = try? unsafe Threads.start(argument) { raw in
            LateWriter.shared.run(Int32(truncatingIfNeeded: UInt(bitPattern: raw)) - 1)
          }
        }
        state.wakeUp?.signal()
      }
    }

    private func run(_ descriptor: Int32) {
      let woken = PollSet([descriptor])
      let nothing = PollSet([])
      while true {
        _ = woken.wait(timeout: .max)
        WakeUp.drain(descriptor)
        _ = nothing.wait(timeout: 10_000_000)
        // Before the values are read: whoever changes one from here on tells again.
        told.store(SpanEpoch.off, ordering: .sequentiallyConsistent)
        MetricTable.shared.write()
      }
    }
  }
#endif
