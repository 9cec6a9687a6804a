import Glibc
import StripPlatform
import Stripchart

enum SyncScenarios {
  static func nested(_ count: Int) {
    for _ in 0..<count { span("outer") { span("inner") {} } }
  }

  static func threads(_ threads: Int, _ count: Int) {
    inThreads(threads) { nested(count) }
  }

  struct Refusal: Error {}

  static func throwing() async {
    do throws(Refusal) {
      try span("refused") { () throws(Refusal) in throw Refusal() }
    } catch {
      print("caught \(error)")
    }
    do throws(Refusal) {
      try await span("refused later") { () async throws(Refusal) in
        await Task.yield()
        throw Refusal()
      }
    } catch {
      print("caught \(error)")
    }
    print(span("value") { 42 })
  }

  /// The pages are touched, and kept.
  static func grow(mebibytes: Int) {
    span("still") { _ = usleep(20_000) }
    span("grow") {
      let memory = UnsafeMutableRawPointer.allocate(byteCount: mebibytes << 20, alignment: 4096)
      memset(memory, 1, mebibytes << 20)
      usleep(20_000)
    }
    span("busy") {
      let end = threadCPU() + 200_000_000
      while threadCPU() < end {}
    }
  }

  /// Nanoseconds.
  private static func threadCPU() -> Int {
    var used = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used)
    return used.tv_sec * 1_000_000_000 + used.tv_nsec
  }

  static func names(_ count: Int) {
    for number in 0..<count { span(named: "name \(number)") {} }
  }

  static func curves(_ count: Int) {
    for number in 0..<count { counter("queue", number) }
    counter(named: "load \(1)", 0.5)
    counter("queue", Double.nan)
    mark("half")
    span("queue") {}
  }

  static func fork() {
    span("around") {
      span("before") {}
      let pid = (try? Threads.fork()) ?? -1
      span(named: pid == 0 ? "child" : "parent") {}
      if pid == 0 { return }
      _ = try? ChildProcess.reap(pid)
    }
    span("after") {}
  }

  static func endless() {
    span("forever") { while true { span("turn") {} } }
  }

  static func inThreads(_ count: Int, _ body: @escaping @Sendable () -> Void) {
    var threads: [UInt64] = []
    for _ in 0..<count {
      let box = Unmanaged.passRetained(Box(body))
      let thread = try? Threads.start(box.toOpaque()) { raw in
        Unmanaged<Box>.fromOpaque(raw!).takeRetainedValue().body()
      }
      if let thread { threads.append(thread) }
    }
    for thread in threads { Threads.join(thread) }
  }

  private final class Box {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
}

extension SyncScenarios {
  /// In a thread that ends with the process.
  static func endlessInBackground() { _ = try? Threads.start(nil) { _ in SyncScenarios.endless() } }
}
