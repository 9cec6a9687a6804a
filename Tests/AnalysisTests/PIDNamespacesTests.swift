import StripRecording
import Testing

@testable import StripReader

/// Which process of the sampler's a writer in another PID namespace is found to be.
@Suite struct PIDNamespacesTests {
  private var namespaces = PIDNamespaces()
  private var tracks = 0

  private static func values(
    pids: [Int32], namespace: Int64? = 7, inode: Int64? = nil, start: Int64? = 1000
  ) -> [Annotation] {
    [
      Annotation("namespace_pids", text: pids.map { "\($0)" }.joined(separator: " ")),
      Annotation("pid_namespace", namespace), Annotation("process_inode", inode), Annotation("start_ns", start),
    ]
  }

  private mutating func sampled(
    _ pids: [Int32], namespace: Int64? = 7, inode: Int64? = nil, start: Int64 = 1000, ended: UInt64? = nil
  ) {
    tracks += 1
    var values = [Annotation("pid", Int64(pids[0])), Annotation("start_ns", start)]
    if pids.count > 1 {
      values += Self.values(pids: pids, namespace: namespace, inode: inode, start: nil).filter { $0.value != nil }
    }
    namespaces.note("process", on: tracks, at: 2000, values)
    if let ended { namespaces.note("process ended", on: tracks, at: ended, []) }
  }

  private mutating func joined(_ number: UInt64, at time: UInt64 = 3000, _ values: [Annotation]) -> Int32 {
    let placeholder = PlaceholderPID.numbered(number)
    namespaces.note("namespace", on: 900, at: time, [Annotation("process_id", Int64(placeholder))] + values)
    return placeholder
  }

  @Test("the kernel's number of a process decides, whatever else is alike") mutating func inodes() {
    sampled([501, 1], inode: 41)
    sampled([502, 1], inode: 42)
    let first = joined(0, Self.values(pids: [1], inode: 42))
    let second = joined(1, Self.values(pids: [1], inode: 43))
    namespaces.match()
    #expect(namespaces.recorderPID(of: first) == 502)
    #expect(namespaces.recorderPID(of: second) == nil)
    #expect(namespaces.ownPID(of: second) == 1)
  }

  @Test("without it the namespace, the PID there and the start have to agree") mutating func namespacesAndStarts() {
    sampled([501, 1], namespace: 7)
    sampled([502, 1], namespace: 8)
    sampled([503, 2], namespace: 7)
    sampled([504, 1], namespace: 9, start: 2000)
    let found = joined(0, Self.values(pids: [1], namespace: 8))
    let other = joined(1, Self.values(pids: [1], namespace: 9))
    namespaces.match()
    #expect(namespaces.recorderPID(of: found) == 502)
    #expect(namespaces.recorderPID(of: other) == nil)
  }

  @Test("a number of a namespace that was given out again is another process") mutating func lives() {
    sampled([501, 1], start: 1000, ended: 2500)
    sampled([502, 1], start: 2600)
    let found = joined(0, at: 3000, Self.values(pids: [1], start: nil))
    let early = joined(1, at: 2400, Self.values(pids: [1], start: nil))
    namespaces.match()
    #expect(namespaces.recorderPID(of: found) == 502)
    #expect(namespaces.recorderPID(of: early) == 501)
  }

  @Test("two that may be meant are none") mutating func ambiguity() {
    sampled([501, 1], namespace: nil)
    sampled([502, 1], namespace: nil)
    let writer = joined(0, Self.values(pids: [1], namespace: nil, start: nil))
    namespaces.match()
    #expect(namespaces.recorderPID(of: writer) == nil)
  }

  @Test("a PID alone finds one process for one writer, not one for two", arguments: [1, 2]) mutating func guesses(
    writers: UInt64
  ) {
    sampled([501, 1])
    let found = (0..<writers).map { joined($0, Self.values(pids: [1], namespace: nil, start: nil)) }
    namespaces.match()
    for writer in found { #expect(namespaces.recorderPID(of: writer) == (writers == 1 ? 501 : nil)) }
  }

  @Test("a process of the recorder's own namespace is not one of another") mutating func ownNamespace() {
    sampled([1])
    let writer = joined(0, Self.values(pids: [1], namespace: 7))
    namespaces.match()
    #expect(namespaces.recorderPID(of: writer) == nil)
  }

  @Test("levels of nested namespaces have to agree as far as both are known") mutating func levels() {
    sampled([501, 20, 1], namespace: nil)
    sampled([502, 30, 1], namespace: nil)
    let writer = joined(0, Self.values(pids: [30, 1], namespace: 8))
    namespaces.match()
    #expect(namespaces.recorderPID(of: writer) == 502)
  }

  @Test("a writer that no tick met is the one exit record that its start, name and joining fit", arguments: [1, 2])
  mutating func lives(records: Int) {
    let placeholder = PlaceholderPID.numbered(0)
    namespaces.describe(Track(index: 3, parent: nil, name: "sh", kind: .process(pid: placeholder)))
    _ = joined(0, at: 45_000_000, Self.values(pids: [1], start: 30_000_000))
    func record(_ pid: Int64, _ name: String, lasted: Int64) {
      namespaces.note(
        "life", on: 0, at: 90_000_000,
        [
          Annotation("pid", pid), Annotation("name", text: name), Annotation("start_ns", 50_000_000 - lasted),
          Annotation("end_ns", 50_000_000),
        ])
    }
    record(600, "true", lasted: 20_000_000)
    // Over before the writer joined, and longer than there was time.
    record(601, "sh", lasted: 0)
    record(602, "sh", lasted: 50_000_000 + 15_000_000)
    for number in 0..<records { record(700 + Int64(number), "sh", lasted: 20_000_000) }
    namespaces.match()
    #expect(namespaces.recorderPID(of: placeholder) == (records == 1 ? 700 : nil))
  }
}
