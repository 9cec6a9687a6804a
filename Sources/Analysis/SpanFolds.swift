package import StripReader
internal import StripRecording

/// Folded spans of all threads, until the tree is complete: then they find their places in it.
///
/// Of a folded call nothing is known but its name and the name of the span around it. So it is put under a node of that name: the
/// one that has most unfolded calls of this name under it, else the one with most calls.
package struct SpanFolds: Sendable {
  /// Sums over threads and processes.
  package struct Sums: Sendable {
    package var count: UInt64 = 0
    package var nanoseconds: UInt64 = 0
    package var cpuNanoseconds: Int64 = 0
    package var residentGrowthBytes: Int64 = 0
    package var storageBytes: UInt64 = 0
    package var since = UInt64.max
    package var open: UInt64 = 0

    fileprivate var used: ReadingValues {
      var used = ReadingValues()
      used[.threadCPU] = cpuNanoseconds
      used[.resident] = residentGrowthBytes
      return used
    }

    mutating func add(_ other: Sums) {
      count &+= other.count
      nanoseconds &+= other.nanoseconds
      cpuNanoseconds &+= other.cpuNanoseconds
      residentGrowthBytes &+= other.residentGrowthBytes
      storageBytes &+= other.storageBytes
      since = min(since, other.since)
      open &+= other.open
    }
  }

  private struct Key: Hashable {
    /// Of the tree: ``SpanTree/root(ofTrack:)``.
    let root: Int
    let parent: Int?
    let name: Int
  }

  /// A name under a root.
  private struct Place: Hashable {
    let root: Int
    let name: Int
  }

  private struct Entry {
    let key: Key
    var sums = Sums()
    /// By process: where several threads have spans, what one saw may be another's.
    var growth: [Int32: Int64] = [:]
    var durations = DurationHistogram()
  }

  private var entries: [Entry] = []
  private var places: [Key: Int] = [:]

  package init() {}

  /// `root`: the one of the tree that its thread's spans stand under. `pid`: of its process.
  package mutating func add(_ fold: RecordedFold, under root: Int = 0, pid: Int32 = 0) {
    let key = Key(root: root, parent: fold.parent, name: fold.name)
    let place = places[key] ?? entries.count
    if place == entries.count {
      entries.append(Entry(key: key))
      places[key] = place
    }
    entries[place].sums.add(
      Sums(
        count: fold.count, nanoseconds: fold.totalNanoseconds, cpuNanoseconds: fold.cpuNanoseconds,
        residentGrowthBytes: fold.residentGrowthBytes, storageBytes: fold.storageBytes, since: fold.firstFolded,
        open: fold.open))
    entries[place].growth[pid, default: 0] &+= fold.residentGrowthBytes
    entries[place].durations.add(fold)
  }

  /// Puts all of them into the tree. Call once, after ``SpanTree/finish()``.
  package mutating func place(in tree: inout SpanTree) {
    var nodes: [Place: [Int]] = [:]
    for node in tree.spans {
      nodes[Place(root: tree.root(of: node), name: tree.nodes[node].name), default: []].append(node)
    }
    var inside: [(sums: Sums, parent: Int)] = []
    let shared = tree.sharedPIDs
    if !shared.isEmpty {
      for place in entries.indices {
        entries[place].sums.residentGrowthBytes =
          entries[place].growth.filter { !shared.contains($0.key) }.values.reduce(0, &+)
      }
    }
    var waiting = entries
    while !waiting.isEmpty {
      var later: [Entry] = []
      for entry in waiting {
        guard let parent = Self.parent(of: entry.key, in: tree, nodes) else {
          later.append(entry)
          continue
        }
        let count = tree.nodes.count
        let node = tree.child(of: parent, named: entry.key.name)
        if node == count { nodes[Place(root: entry.key.root, name: entry.key.name), default: []].append(node) }
        Self.add(entry, to: node, in: &tree)
        inside.append((entry.sums, parent))
      }
      if later.count == waiting.count { Self.addRoots(for: later, to: &tree, &nodes) }
      waiting = later
    }
    // Not before all are in: a parent's own folded calls hold theirs.
    for (sums, parent) in inside where tree.nodes[parent].name >= 0 { Self.take(sums, off: parent, in: &tree) }
  }

  /// Neither an event nor a folded call that stands in the tree names their parents: these get places of their own.
  private static func addRoots(for entries: [Entry], to tree: inout SpanTree, _ nodes: inout [Place: [Int]]) {
    func parent(_ key: Key) -> Place? { key.parent.map { Place(root: key.root, name: $0) } }
    let folded = Set(entries.map { Place(root: $0.key.root, name: $0.key.name) })
    var missing = Set(entries.compactMap { parent($0.key) }).subtracting(folded).sorted {
      ($0.root, $0.name) < ($1.root, $1.name)
    }
    if missing.isEmpty { missing = entries.prefix(1).compactMap { parent($0.key) } }
    for place in missing { nodes[place, default: []].append(tree.child(of: place.root, named: place.name)) }
  }

  private static func parent(of key: Key, in tree: SpanTree, _ nodes: [Place: [Int]]) -> Int? {
    guard let name = key.parent else { return key.root }
    var best: Int?
    var most: (UInt64, UInt64) = (0, 0)
    for node in nodes[Place(root: key.root, name: name)] ?? [] {
      let inside = tree.knownChild(of: node, named: key.name)
      let calls = (
        inside.map { tree.nodes[$0].durations.count &+ tree.nodes[$0].open } ?? 0, tree.nodes[node].durations.count
      )
      if best == nil || calls > most {
        best = node
        most = calls
      }
    }
    return best
  }

  private static func add(_ entry: Entry, to node: Int, in tree: inout SpanTree) {
    var folded = tree.nodes[node].folded ?? Sums()
    folded.add(entry.sums)
    tree.nodes[node].folded = folded
    tree.nodes[node].durations.add(entry.durations)
    tree.nodes[node].open &+= entry.sums.open
    tree.nodes[node].selfNanoseconds &+= entry.sums.nanoseconds
    tree.nodes[node].readNanoseconds &+= entry.sums.nanoseconds
    tree.nodes[node].used.add(entry.sums.used)
    tree.nodes[node].ownUse.add(entry.sums.used)
  }

  /// What was folded is no child in the events: the parent's own part still holds it.
  private static func take(_ sums: Sums, off parent: Int, in tree: inout SpanTree) {
    let own = tree.nodes[parent].selfNanoseconds
    tree.nodes[parent].selfNanoseconds = own >= sums.nanoseconds ? own - sums.nanoseconds : 0
    tree.nodes[parent].hasFoldedChildren = true
    if !tree.nodes[parent].ownUse.isEmpty { tree.nodes[parent].ownUse.subtract(sums.used) }
  }
}
