/// Spans of all threads and processes, merged by their path of names. Memory: one node a path, one stack a thread.
package struct SpanTree: Sendable {
  package struct Node: Sendable {
    package let name: Int
    package let parent: Int
    package var durations = DurationHistogram()
    package var selfNanoseconds: UInt64 = 0
    /// Begun and not ended when the recording ended.
    package var open: UInt64 = 0
    fileprivate var children: [(name: Int, node: Int)] = []
  }

  private struct Frame {
    let node: Int
    let begin: UInt64
    var childNanoseconds: UInt64 = 0
  }

  /// `nodes[0]` is the root, which is no span.
  package private(set) var nodes = [Node(name: -1, parent: -1)]
  private var stacks: [[Frame]] = []
  package private(set) var events: UInt64 = 0
  /// Ends without a begin: their begin lies in a part of the file that is missing.
  package private(set) var unmatchedEnds: UInt64 = 0

  package init() {}

  package mutating func begin(_ track: Int, name: Int, at time: UInt64) {
    events &+= 1
    while stacks.count <= track { stacks.append([]) }
    let parent = stacks[track].last?.node ?? 0
    stacks[track].append(Frame(node: child(of: parent, named: name), begin: time))
  }

  package mutating func end(_ track: Int, at time: UInt64) {
    events &+= 1
    guard track < stacks.count, let frame = stacks[track].popLast() else {
      unmatchedEnds += 1
      return
    }
    let duration = time >= frame.begin ? time - frame.begin : 0
    nodes[frame.node].durations.add(duration)
    nodes[frame.node].selfNanoseconds &+= duration >= frame.childNanoseconds ? duration - frame.childNanoseconds : 0
    if let last = stacks[track].indices.last { stacks[track][last].childNanoseconds &+= duration }
  }

  /// Counts what is still open, once, after the last event.
  package mutating func finish() {
    for frame in stacks.joined() { nodes[frame.node].open += 1 }
    stacks = []
  }

  /// The names from the outermost to this node's.
  package func path(of node: Int) -> [Int] {
    var path: [Int] = []
    var at = node
    while at > 0 {
      path.append(nodes[at].name)
      at = nodes[at].parent
    }
    return path.reversed()
  }

  private mutating func child(of parent: Int, named name: Int) -> Int {
    if let known = nodes[parent].children.first(where: { $0.name == name }) { return known.node }
    nodes.append(Node(name: name, parent: parent))
    nodes[parent].children.append((name, nodes.count - 1))
    return nodes.count - 1
  }
}
