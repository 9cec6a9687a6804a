package import StripPlatform

/// A process that the kernel killed for want of memory, as its log tells it (mm/oom_kill.c, oom_kill_process).
package struct OutOfMemoryKill: Sendable {
  /// As the kernel itself counts: in a PID namespace it is another number than ours.
  package internal(set) var pid: Int32
  package internal(set) var name: String
  /// The group whose limit was reached; `nil`: it was the machine's memory.
  package internal(set) var limitGroup: String?
  package internal(set) var group: String?
  package internal(set) var virtualBytes: Int64?
  package internal(set) var anonymousBytes: Int64?
  package internal(set) var fileBytes: Int64?
  package internal(set) var sharedBytes: Int64?
  /// The kernel's own clock for its log: about CLOCK_MONOTONIC.
  package internal(set) var nanoseconds: Int64
}

/// The kernel's log: Documentation/ABI/testing/dev-kmsg. Readable by root, and by all where kernel.dmesg_restrict is 0.
package enum KernelLog {
  /// Longer logs are read from their beginning up to here.
  private static let mostRecords = 200_000

  /// The kills since `nanoseconds` on the log's clock. Costs a system call a record that is kept: some milliseconds. Errors: EPERM or
  /// EACCES where the log may not be read.
  package static func kills(
    since nanoseconds: Int64, path: String = "/dev/kmsg"
  ) throws(SystemError) -> [OutOfMemoryKill] {
    let log = try Descriptor(opening: path)
    var kills = KillParser(since: nanoseconds)
    unsafe withUnsafeTemporaryAllocation(byteCount: 8192, alignment: 16) { buffer in
      var lastNumber: Int64 = -1
      for _ in 0..<mostRecords {
        var count = 0
        do throws(SystemError) { count = try unsafe log.read(into: buffer) } catch {
          // EPIPE: records were overwritten meanwhile, and the next read goes on behind them. EAGAIN: there is no more.
          if error.code == 32 { continue }
          return
        }
        guard count > 0 else { return }
        // Safe because the kernel wrote `count` bytes.
        let record = unsafe Array(buffer[..<count])
        guard let number = kills.read(record), number > lastNumber else { return }
        lastNumber = number
      }
    }
    return kills.kills
  }
}

/// Finds the kills in the records of the log, one after the other.
struct KillParser {
  let since: Int64
  private(set) var kills: [OutOfMemoryKill] = []
  /// `oom-kill:…` comes before `Killed process …` and names the groups.
  private var groups: (pid: Int64, limit: String?, task: String?)?

  init(since: Int64) { self.since = since }

  /// `6,339,5140900,-;message`: priority, number, microseconds. Returns the number; `nil`: that is no record.
  mutating func read(_ record: [UInt8]) -> Int64? {
    guard let semicolon = record.firstIndex(of: UInt8(ascii: ";")) else { return nil }
    let head = record[..<semicolon].split(separator: UInt8(ascii: ",")).map { Self.number($0) }
    guard head.count >= 3, let number = head[1], let microseconds = head[2] else { return nil }
    let nanoseconds = scaled(microseconds, by: 1000)
    if nanoseconds < since { return number }
    let rest = record[(semicolon + 1)...]
    message(rest.prefix { $0 != UInt8(ascii: "\n") }, nanoseconds)
    return number
  }

  private mutating func message(_ text: ArraySlice<UInt8>, _ nanoseconds: Int64) {
    if text.starts(with: Array("oom-kill:".utf8)) {
      func value(_ key: StaticString) -> ArraySlice<UInt8>? {
        Self.value(after: key, in: text, upTo: UInt8(ascii: ","))
      }
      let isOfGroup = value("constraint=").map { same($0, "CONSTRAINT_MEMCG") } ?? false
      groups = (
        value(",pid=").flatMap(Self.number) ?? -1,
        isOfGroup ? value("oom_memcg=").map { String(decoding: $0, as: UTF8.self) } : nil,
        value("task_memcg=").map { String(decoding: $0, as: UTF8.self) }
      )
      return
    }
    // "Out of memory: Killed process 7 (name) total-vm:1kB, …", or "Memory cgroup out of memory: …", or with memory.oom.group bare.
    guard
      let rest = Self.value(after: "Killed process ", in: text, upTo: nil)
        ?? Self.value(
          after: "Kill process ", in: text, upTo: nil), let pid = Self.number(rest.prefix { $0 != 0x20 }),
      let open = rest.firstIndex(of: UInt8(ascii: "(")), let close = rest.lastIndex(of: UInt8(ascii: ")")), open < close
    else { return }
    func size(_ key: StaticString) -> Int64? {
      Self.value(after: key, in: rest, upTo: UInt8(ascii: "k")).flatMap(Self.number).map { scaled($0, by: 1024) }
    }
    let known = groups?.pid == pid ? groups : nil
    kills.append(
      OutOfMemoryKill(
        pid: Int32(truncatingIfNeeded: pid), name: String(decoding: rest[(open + 1)..<close], as: UTF8.self),
        limitGroup: known?.limit, group: known?.task, virtualBytes: size("total-vm:"),
        anonymousBytes: size("anon-rss:"), fileBytes: size("file-rss:"), sharedBytes: size("shmem-rss:"),
        nanoseconds: nanoseconds))
    groups = nil
  }

  /// What stands between `key` and `end`, or the end of the text.
  private static func value(
    after key: StaticString, in text: ArraySlice<UInt8>, upTo end: UInt8?
  ) -> ArraySlice<UInt8>? {
    let length = key.utf8CodeUnitCount
    var at = text.startIndex
    while at + length <= text.endIndex {
      if same(text[at..<(at + length)], key) {
        let rest = text[(at + length)...]
        guard let end else { return rest }
        return rest.prefix { $0 != end }
      }
      at += 1
    }
    return nil
  }

  private static func number(_ digits: ArraySlice<UInt8>) -> Int64? {
    guard !digits.isEmpty, digits.count < 19 else { return nil }
    var value: Int64 = 0
    for digit in digits {
      guard (0x30...0x39).contains(digit) else { return nil }
      value = value * 10 + Int64(digit - 0x30)
    }
    return value
  }
}
