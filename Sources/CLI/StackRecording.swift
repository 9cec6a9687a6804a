internal import StripPlatform
internal import StripProfiling
internal import StripRecording
internal import StripSampling

/// `--stacks`: the call stacks of what is recorded, and in the end their functions, lines and source.
///
/// Where the kernel refuses, the recording goes on without them and says why.
final class StackRecording {
  private let profiler: StackProfiler?
  private let refusal: SystemError?

  init(_ targets: [StackRing.Target], to file: RecordingFile, proc: String) {
    do throws(SystemError) {
      profiler = try StackProfiler(targets, to: file, proc: proc)
      refusal = nil
    } catch {
      profiler = nil
      refusal = error
    }
  }

  /// Every thread of processes that run already.
  convenience init(attachedTo pids: [Int32], to file: RecordingFile, proc: String) {
    let threads = pids.flatMap { pid in
      ((try? FileSystem.entries(of: "\(proc)/\(pid)/task")) ?? []).compactMap { Int32($0) }.sorted()
    }
    self.init(threads.map { .running($0) }, to: file, proc: proc)
  }

  /// To be waited for.
  var descriptors: [Int32] { profiler?.descriptors ?? [] }

  /// After waiting: records what there is. `first`: the place of the first descriptor in the set.
  func drain(_ events: PollSet, from first: Int) {
    guard let profiler else { return }
    if profiler.drain() { return }
    // Readable and empty: there is nothing left to be sampled.
    for index in first..<(first + profiler.descriptors.count) where events.isReady(index) { events.forget(index) }
  }

  /// The last samples. Before the recording's closing mark, as they belong to it.
  func finish(_ sampler: Sampler) {
    guard let profiler else { return sampler.note("missing", Self.missing(refusal)) }
    profiler.finish()
    let facts = [
      Annotation("samples", Int64(clamping: profiler.samples)),
      Annotation("lost", Int64(clamping: profiler.lostSamples)),
      Annotation("kernel", flag: profiler.seesKernel),
    ]
    sampler.note("stacks", facts)
  }

  /// What the samples mean. After the closing mark: it takes a second or two, which are not the program's.
  func explain(_ sampler: Sampler) {
    guard let profiler else { return }
    let unnamed = profiler.unnamed
    if let symbolizer = Symbolizer() {
      var sources = SourceLines()
      for (image, addresses) in unnamed where Self.isSame(image) {
        guard let symbols = try? symbolizer.symbols(of: image, at: addresses) else { continue }
        profiler.record(symbols)
        sources.add(symbols)
      }
      for piece in sources.pieces() { sampler.note("source", piece) }
    } else if !unnamed.isEmpty {
      sampler.note(
        "missing",
        [
          Annotation("probe", text: "names of functions and lines"),
          Annotation("reason", text: "there is no llvm-symbolizer"),
          Annotation("needs", text: Self.symbolizerRemedy),
        ])
    }
  }

  /// It may have been built anew meanwhile.
  private static func isSame(_ image: StackImage) -> Bool {
    guard image.path.first == "/", !image.path.hasPrefix("//") else { return false }
    return StackProfiler.buildID(of: image.path) == image.buildID
  }

  private static func missing(_ refusal: SystemError?) -> [Annotation] {
    [
      Annotation("probe", text: "call stacks"), Annotation("reason", text: refusal?.text ?? "no CPU is online"),
      Annotation("needs", text: refusal.map(remedy) ?? "see stripchart doctor"),
    ]
  }

  /// What mends a refusal of perf_event_open(2).
  static func remedy(_ refusal: SystemError) -> String {
    if refusal.isDenied {
      return
        "root, or: sudo sysctl kernel.perf_event_paranoid=2 (in a container also a seccomp profile that allows perf_event_open)"
    }
    switch refusal.code {
    case 38: return "a kernel with CONFIG_PERF_EVENTS"
    case 24: return "more descriptors: ulimit -n 65536"
    case 12: return "fewer recordings at once, or: sudo sysctl kernel.perf_event_mlock_kb=4096"
    default: return "stripchart doctor says more"
    }
  }

  static let symbolizerRemedy =
    "apt install llvm, or Swift on PATH, or STRIPCHART_SYMBOLIZER=/path/to/llvm-symbolizer"
}
