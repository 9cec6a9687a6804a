package import StripAnalysis

/// Stacks and their weights, a line each, as flamegraph.pl and its like take them: `process;thread;outer;inner 1234`.
///
/// A frame's text is the recorded program's: a semicolon in it becomes a colon, what would end the line or act on a terminal is
/// written out. The weight of a stack is its own, without the stacks inside.
package struct CollapsedStacks {
  package enum Weight: String, CaseIterable, Sendable {
    /// Microseconds; bytes of resident memory; bytes from and to storage.
    case wall, cpu, growth, bytes
  }

  private let stacks: ThreadStacks
  private let weight: Weight
  /// Stacks whose weight is below zero, which the format cannot say.
  package private(set) var negative = 0

  package init(_ stacks: ThreadStacks, weight: Weight) {
    self.stacks = stacks
    self.weight = weight
    for stack in stacks.threads.joined where value(of: stack) ?? 0 < 0 { negative += 1 }
  }

  /// Was this read in any thread?
  package var isKnown: Bool { stacks.threads.joined.contains { value(of: $0) != nil } }

  /// Hands the lines on in blocks. Stacks that weigh nothing are left out, but for what has nothing inside: it ran.
  package func write(to sink: @escaping RowSink) {
    let names = stacks.names.map(Self.frame)
    var bytes: [UInt8] = []
    for thread in stacks.threads {
      let root = "\(Self.frame(thread.process));\(Self.frame(thread.name))"
      for stack in thread.stacks {
        guard let value = value(of: stack), value > 0 || value == 0 && stack.isLeaf else {
          continue
        }
        bytes += root.utf8
        for name in stack.frames {
          bytes.append(UInt8(ascii: ";"))
          bytes += (name < names.count ? names[name] : "(unnamed)").utf8
        }
        bytes += " \(value)\n".utf8
        if bytes.count >= 1 << 16 {
          sink(bytes)
          bytes.removeAll(keepingCapacity: true)
        }
      }
    }
    if !bytes.isEmpty { sink(bytes) }
  }

  private func value(of stack: ThreadStacks.Stack) -> Int64? {
    switch weight {
    case .wall: Self.microseconds(Int64(clamping: stack.wallNanoseconds))
    case .cpu: stack.cpuNanoseconds.map(Self.microseconds)
    case .growth: stack.residentGrowthBytes
    case .bytes: stack.storageBytes
    }
  }

  private static func microseconds(_ nanoseconds: Int64) -> Int64 {
    nanoseconds / 1000 + (nanoseconds % 1000 >= 500 ? 1 : 0)
  }

  private static func frame(_ text: String) -> String {
    let shown = ShownText.escaped(text)
    guard !shown.isEmpty else { return "(unnamed)" }
    return shown.utf8.contains(UInt8(ascii: ";"))
      ? String(shown.map { $0 == ";" ? ":" : $0 }) : shown
  }
}

extension [ThreadStacks.Thread] {
  fileprivate var joined: some Sequence<ThreadStacks.Stack> { lazy.flatMap(\.stacks) }
}
