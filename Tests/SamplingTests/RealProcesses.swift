import Foundation
import StripPlatform

/// A child of ours that only waits, and goes with the value.
final class WaitingChild {
  let pid: Int32
  private var isReaped = false

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

  func reap() throws {
    isReaped = true
    _ = try ChildProcess.reap(pid)
  }

  deinit {
    // Whoever has reaped it, its number may already be another process's.
    if isReaped { return }
    Signal.send(9, to: pid)
    _ = try? ChildProcess.reap(pid)
  }
}

/// A shell that does what it is told, line by line; an answer tells that it has been done.
final class Shell {
  private let process = Process()
  private let input = Pipe()
  private let output = Pipe()
  var pid: Int32 { process.processIdentifier }

  init() throws {
    process.executableURL = URL(filePath: "/bin/sh")
    process.standardInput = input
    process.standardOutput = output
    try process.run()
  }

  /// Gives the line that `command` prints.
  func ask(_ command: String) throws -> String {
    try input.fileHandleForWriting.write(contentsOf: Data((command + "\n").utf8))
    var line: [UInt8] = []
    while let byte = try output.fileHandleForReading.read(upToCount: 1)?.first, byte != UInt8(ascii: "\n") {
      line.append(byte)
    }
    return String(decoding: line, as: UTF8.self)
  }

  func start(_ command: String) throws -> Int32 {
    guard let pid = Int32(try ask("\(command) >&- & echo $!")) else { throw CocoaError(.fileReadUnknown) }
    return pid
  }

  func end() {
    // Not by closing the pipe: children of other tests may hold copies of it.
    try? input.fileHandleForWriting.write(contentsOf: Data("exit\n".utf8))
    process.waitUntilExit()
  }
}
