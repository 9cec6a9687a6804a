import Foundation
import StripModel
import StripPlatform
import StripProbes

/// The captures in Fixtures/, and trees made for one test.
enum Fixture {
  static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/kernel-6.18").path()
  static let roots = KernelRoots(proc: root + "/proc", sys: root + "/sys", files: root)

  static func bytes(_ path: String) -> [UInt8] {
    guard let data = FileManager.default.contents(atPath: root + "/" + path) else { fatalError("no fixture \(path)") }
    return Array(data)
  }

  /// A directory of its own with these files; the caller's `body` may use it until it returns.
  static func withTree<Result>(_ files: [String: String], _ body: (String) throws -> Result) throws -> Result {
    let directory = FileManager.default.temporaryDirectory.appending(path: "probes-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: directory) }
    for (path, text) in files {
      let file = directory.appending(path: path)
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
    }
    return try body(directory.path())
  }
}

/// Runs `body` over a copy of exactly the text's length, so that a sanitizer sees each byte too many.
func scan<Result>(_ bytes: some Sequence<UInt8>, _ body: (inout FieldScanner) -> Result) -> Result {
  let bytes = Array(bytes)
  let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
  defer { copy.deallocate() }
  copy.copyBytes(from: bytes)
  var text = FieldScanner(UnsafeRawBufferPointer(copy))
  return body(&text)
}

func scan<Result>(_ text: String, _ body: (inout FieldScanner) -> Result) -> Result { scan(text.utf8, body) }

/// A literal product inside `#expect` is not an Int64.
func kibibytes(_ count: Int64) -> Int64 { count * 1024 }
func sectors(_ count: Int64) -> Int64 { count * 512 }

extension ProcessProbe {
  static func named(_ name: String) -> ProcessProbe { all[index(name)] }

  static func index(_ name: String) -> Int {
    guard let index = all.firstIndex(where: { "\($0.name)" == name }) else { fatalError("no probe \(name)") }
    return index
  }

  func parsed(_ bytes: some Sequence<UInt8>) -> (sample: ProcessSample, state: ProcessState) {
    var sample = ProcessSample()
    var state = ProcessState()
    scan(bytes) { text in
      switch source {
      case .keptFile(_, let parse), .file(_, let parse): parse(text, &sample, &state)
      case .call, .threads: fatalError("\(name) is no file")
      }
    }
    return (sample, state)
  }
}

extension MachineProbe {
  static func named(_ name: String) -> MachineProbe {
    guard let probe = all.first(where: { "\($0.name)" == name }) else { fatalError("no probe \(name)") }
    return probe
  }

  func parsed(_ bytes: some Sequence<UInt8>, roots: KernelRoots = Fixture.roots) -> MachineReading {
    var reading = MachineReading(roots: roots)
    scan(bytes) { parse($0, &reading) }
    return reading
  }
}

/// A child of ours that only waits.
struct WaitingChild {
  let pid: Int32

  init() throws {
    pid = try Threads.fork()
    // Only system calls here: the other threads of the parent do not exist in the child.
    if pid == 0 { while true { pause() } }
  }

  /// Kills it and leaves the zombie.
  func kill() {
    Signal.send(9, to: pid)
    var information = siginfo_t()
    waitid(P_PID, id_t(pid), &information, WEXITED | WNOWAIT)
  }

  func reap() throws { _ = try ChildProcess.reap(pid) }
}
