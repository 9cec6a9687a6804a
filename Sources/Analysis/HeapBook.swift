internal import StripReader
internal import StripRecording

/// What the heap of one process had given out and held, as the library inside it read it. The curves of a program that is not
/// recorded from inside, or whose C library does not tell, are missing.
package struct HeapUse: Equatable, Sendable {
  package let pid: Int32
  package var knownPID: Int32? { PlaceholderPID.known(pid) }
  /// At the last reading.
  package var usedBytes: Int64?
  package var heldBytes: Int64?
  package var usedPeakBytes: Int64?
  package var heldPeakBytes: Int64?

  package init(pid: Int32) { self.pid = pid }
}

/// Gathers the heap's curves of all processes.
struct HeapBook: Sendable {
  private enum Side { case used, held, recording }

  private var processes: [Int: Int32] = [:]
  private var tracks: [Int: (place: Int, side: Side)] = [:]
  private var uses: [HeapUse] = []
  /// Of what a process has written, by PID: pages of the recording, which are ours.
  private(set) var recordingBytes: [Int32: Int64] = [:]

  mutating func describe(_ track: Track) {
    if case .process(let pid) = track.kind { processes[track.index] = pid }
    guard case .counter(true, _) = track.kind, let parent = track.parent, let pid = processes[parent] else { return }
    let side: Side
    switch track.name {
    case "heap_used": side = .used
    case "heap_held": side = .held
    case "recording_written": side = .recording
    default: return
    }
    let known = uses.firstIndex { $0.pid == pid }
    if known == nil { uses.append(HeapUse(pid: pid)) }
    tracks[track.index] = (known ?? uses.count - 1, side)
  }

  /// `false`: no heap's.
  mutating func count(_ track: Int, _ value: Int64) -> Bool {
    guard !tracks.isEmpty, let (place, side) = tracks[track] else { return false }
    switch side {
    case .recording: recordingBytes[uses[place].pid] = max(value, recordingBytes[uses[place].pid] ?? 0)
    case .used:
      uses[place].usedBytes = value
      uses[place].usedPeakBytes = max(uses[place].usedPeakBytes ?? value, value)
    case .held:
      uses[place].heldBytes = value
      uses[place].heldPeakBytes = max(uses[place].heldPeakBytes ?? value, value)
    }
    return true
  }

  var finished: [HeapUse] { uses }
}
