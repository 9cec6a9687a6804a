// A program of known behaviour for the tests: writes spans from threads and forked children.
//
//     strip-span-fixture [--create FILE] [THREADS SPANS FORKS] [forever | hold]
//
// Each of THREADS threads writes SPANS pairs "outer" > "inner", in this process and in FORKS forked ones. `forever` goes on
// until it is killed, `hold` lets each process wait until its standard input ends. `--create` makes a recording of its own instead
// of joining that of `stripchart run`.
import StripPlatform
import StripRecording
import StripSpanCore

var arguments = Array(CommandLine.arguments.dropFirst())
// Swift knows its arguments by /proc, which a sandbox may not have.
if arguments.isEmpty, let words = Own.environment("SPAN_FIXTURE") {
  arguments = words.split(separator: " ").map(String.init)
}
var own: RecordingFile?
if arguments.first == "--create" {
  do { own = try RecordingFile.create(at: arguments[1], maximumBytes: 1 << 30, replacing: true) } catch {
    fatalError("\(error)")
  }
  SpanCore.attach(to: own!)
  arguments.removeFirst(2)
}
let isJoined = SpanCore.attach()
let given = arguments.compactMap { Int($0) }
let numbers = given.isEmpty && arguments.last == "forever" ? [2, 0, 0] : given
guard numbers.count == 3 else {
  fatalError("usage: strip-span-fixture [--create FILE] THREADS SPANS FORKS [forever | hold]")
}

struct Work: Sendable {
  let outer: UInt32
  let inner: UInt32
  let spans: Int

  static func name(_ text: StaticString) -> UInt32 {
    text.withUTF8Buffer { $0.withMemoryRebound(to: CChar.self) { stripchartName($0.baseAddress!, $0.count) } }
  }
}

/// With `hold`: until standard input ends.
@MainActor func hold() {
  guard arguments.last == "hold" else { return }
  while readLine() != nil {}
}

let isEndless = arguments.last == "forever"
nonisolated(unsafe) var work = Work(
  outer: Work.name("outer"), inner: Work.name("inner"), spans: isEndless ? .max : numbers[1])

func writeSpans() {
  var threads: [UInt64] = []
  for _ in 0..<numbers[0] {
    let thread = try? Threads.start(nil) { _ in
      for _ in 0..<work.spans {
        stripchartBegin(work.outer)
        stripchartBegin(work.inner)
        stripchartEnd()
        stripchartEnd()
      }
    }
    if let thread { threads.append(thread) }
  }
  for thread in threads { Threads.join(thread) }
}

var children: [Int32] = []
for _ in 0..<numbers[2] {
  let pid = (try? Threads.fork()) ?? -1
  if pid == 0 {
    writeSpans()
    hold()
    Threads.exitNow(0)
  }
  children.append(pid)
}
writeSpans()
hold()
for child in children { _ = try? ChildProcess.reap(child) }
own?.close()
print(isJoined ? "joined" : "not recorded")
