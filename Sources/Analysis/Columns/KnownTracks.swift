internal import StripReader
internal import StripRecording

/// Which process and thread the tracks of spans, marks and curves belong to.
struct KnownTracks: Sendable {
  struct Facts: Sendable {
    var name = ""
    /// −1: none. A placeholder where the recording does not tell; see ``knownPID``.
    var pid: Int32 = -1
    var tid: Int32 = -1
    var isTask = false
    /// The track of its process.
    var process: Int?
    /// In its own PID namespace, where that is not the recorder's.
    var namespacePID: Int32?
    /// −1: none, or not known in the recorder's PID namespace.
    var knownPID: Int32 { PlaceholderPID.known(pid) ?? -1 }
  }

  private(set) var all: [Facts] = []
  private static let unknown = Facts()

  subscript(track: Int) -> Facts { track < all.count ? all[track] : Self.unknown }

  mutating func describe(_ track: Track) {
    while all.count <= track.index { all.append(Facts()) }
    let parent = track.parent.map { self[$0] }
    var facts = Facts(name: track.name)
    facts.process = track.parent
    facts.namespacePID = track.namespacePID
    switch track.kind {
    case .process(let pid):
      facts.pid = pid
      facts.process = track.index
    case .thread(let pid, let tid):
      facts.pid = pid
      facts.tid = tid
    case .task:
      facts.isTask = true
      facts.pid = parent?.pid ?? -1
      facts.tid = parent?.tid ?? -1
      facts.process = parent?.process
    case .counter, .run: facts.pid = parent?.pid ?? -1
    }
    all[track.index] = facts
  }
}

extension KnownTracks {
  /// A column for each of process, thread and track of rows that stand on tracks.
  func columns(_ track: @escaping @Sendable (_ row: Int) -> Int, isConstant: Bool = false) -> [Column] {
    var names = Categories()
    let numbers = all.map { names.number(of: $0.name) }
    let all = all
    return [
      Column(
        name: "pid", unit: "", values: .narrow { row in track(row) < all.count ? all[track(row)].knownPID : -1 },
        isConstant: isConstant),
      Column(
        name: "tid", unit: "", values: .narrow { row in track(row) < all.count ? all[track(row)].tid : -1 },
        isConstant: isConstant),
      Column(
        name: "track", unit: "",
        values: .narrow { row in track(row) < all.count ? numbers[track(row)] : Categories.missing },
        isConstant: isConstant, categories: names.texts),
    ]
  }
}
