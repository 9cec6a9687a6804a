internal import StripPlatform
internal import StripRecording
internal import StripSampling

/// Finds Python programs of the run that should write spans and cannot, and says why: those that have the library loaded and not the
/// recording, and, where functions or lines are asked for, those that were told to ignore what asks for them.
///
/// Looks at each process some times, ever more seldom: a few links, and the maps of those that are Pythons.
final class SilentPrograms {
  private struct Look {
    let first: UInt64
    var count = 0
  }

  private let proc: String
  private let recording: FileStatus?
  private let path: String
  private let asksForFunctions: Bool
  private var looks: [Int32: Look] = [:]
  private var ticks: UInt64 = 0

  /// When a process is looked at, since it was first seen. A Python has its modules after some tens of milliseconds.
  private static let ages: [UInt64] = [30, 60, 120, 250, 500, 1000, 3000, 10000, 30000].map { $0 * 1_000_000 }
  private static let library = Array("/stripchart/_native".utf8)

  init(of file: String, proc: String, asksForFunctions: Bool) {
    self.proc = proc
    path = FileSystem.absolute(file) ?? file
    recording = try? FileStatus.of(file)
    self.asksForFunctions = asksForFunctions
  }

  var part: SamplerPart { SamplerPart(tick: { self.tick($0, $1) }, finish: { self.lookAtAll($0, $1) }) }

  private func tick(_ sampler: Sampler, _ now: UInt64) {
    ticks += 1
    if sampler.livingProcesses <= 32 || ticks.isMultiple(of: 10) { lookAtAll(sampler, now) }
  }

  private func lookAtAll(_ sampler: Sampler, _ now: UInt64) {
    let living = sampler.livingPIDs
    if looks.count > 2 * living.count + 16 { looks = looks.filter { sampler.records($0.key) } }
    for pid in living {
      let look = looks[pid, default: Look(first: now)]
      looks[pid] = look
      guard look.count < Self.ages.count, now >= look.first + Self.ages[look.count] else { continue }
      looks[pid]?.count += 1
      guard let reason = silence(of: pid) else { continue }
      looks[pid]?.count = Self.ages.count
      sampler.note(
        "missing",
        [
          Annotation("pid", Int64(pid)), Annotation("probe", text: reason.what),
          Annotation("reason", text: reason.text), Annotation("needs", text: reason.needs),
        ])
    }
  }

  // MARK: one process

  private struct Reason {
    var what = "spans"
    let text: String
    var needs: String?
  }

  private func silence(of pid: Int32) -> Reason? {
    guard let executable = try? FileSystem.link("\(proc)/\(pid)/exe"),
      executable.split(separator: "/").last?.hasPrefix("python") ?? false
    else { return nil }
    guard let maps = try? FileSystem.contents(of: "\(proc)/\(pid)/maps") else { return nil }
    if isMapped(in: maps) { return asksForFunctions ? ignorance(of: pid) : nil }
    let hasLibrary = Self.hasLibrary(maps)
    if !hasLibrary && !asksForFunctions { return nil }
    if let reason = distance(of: pid) { return reason }
    if let reason = lackOfVariable(of: pid, isAsked: !hasLibrary) { return reason }
    return hasLibrary ? Reason(text: "for a reason that is not known") : ignorance(of: pid)
  }

  private static func hasLibrary(_ maps: [UInt8]) -> Bool {
    var at = 0
    while at + library.count <= maps.count {
      if maps[at] == library[0], maps[at..<at + library.count].elementsEqual(library) { return true }
      at += 1
    }
    return false
  }

  /// Is the recording mapped, by whatever path?
  private func isMapped(in maps: [UInt8]) -> Bool {
    guard let recording else { return true }
    // proc_pid_maps(5): address, permissions, offset, device, inode.
    return maps.split(separator: UInt8(ascii: "\n")).contains { line in
      let fields = line.split(separator: UInt8(ascii: " "), maxSplits: 5)
      return fields.count > 4 && UInt64(String(decoding: fields[4], as: UTF8.self)) == recording.inode
    }
  }

  /// The recording stands elsewhere, or is somebody else's.
  private func distance(of pid: Int32) -> Reason? {
    guard let recording else { return nil }
    let there = try? FileStatus.of("\(proc)/\(pid)/root\(path)")
    if let there, there.inode == recording.inode {
      guard let owner = try? FileStatus.of("\(proc)/\(pid)/maps").user, owner != recording.user, owner != 0 else {
        return nil
      }
      let who = Machine.userName(owner) ?? "user \(owner)"
      return Reason(
        text: "it ran as \(who), and the recording is another user's",
        needs: "to record as \(who), or a program that stays who it is")
    }
    guard (try? FileStatus.of("\(proc)/\(pid)/root")) != nil else { return nil }
    return Reason(
      text: "the recording has no path there: a mount namespace or chroot hides it",
      needs: "the recording's folder under the same path inside (-o)")
  }

  private func lackOfVariable(of pid: Int32, isAsked: Bool) -> Reason? {
    guard let environment = try? FileSystem.contents(of: "\(proc)/\(pid)/environ") else { return nil }
    let names = isAsked ? ["STRIPCHART_FUNCTIONS=", "STRIPCHART_LINES="] : ["STRIPCHART_RECORDING="]
    let entries = environment.split(separator: 0)
    if entries.contains(where: { entry in names.contains { entry.starts(with: $0.utf8) } }) { return nil }
    return Reason(
      what: isAsked ? "functions and lines" : "spans", text: "its environment was cleared",
      needs: isAsked
        ? "PYTHONPATH, \(names[0].dropLast()) and \(names[1].dropLast()) passed on" : "STRIPCHART_RECORDING passed on")
  }

  /// -I, -E and -S keep a Python from looking where the instrumentation is.
  private func ignorance(of pid: Int32) -> Reason? {
    guard let bytes = try? FileSystem.contents(of: "\(proc)/\(pid)/cmdline") else { return nil }
    var words = bytes.split(separator: 0, omittingEmptySubsequences: false).dropFirst()
    while let word = words.popFirst(), word.first == UInt8(ascii: "-"), word.count > 1 {
      let letters = String(decoding: word.dropFirst(), as: UTF8.self)
      if letters.hasPrefix("-") { continue }
      for letter in letters {
        if "IES".contains(letter) {
          return Reason(
            what: "functions and lines", text: "it was started with -\(letter)", needs: "a Python without -\(letter)")
        }
        // These end the options, or take what is left of the word or the next one.
        if "cm".contains(letter) { return nil }
        if "WX".contains(letter) {
          if letters.last == letter { _ = words.popFirst() }
          break
        }
      }
    }
    return nil
  }
}
