internal import StripModel
internal import StripPlatform

/// What a child and its descendants start and end, as perf_event_open(2) tells anybody of his own processes: no figures and no exit
/// codes, but nobody is missed.
///
/// The kernel makes one event a CPU for each process that is started: some microseconds, so not on machines with many CPUs.
final class TaskEvents {
  private let rings: [StackRing]
  private var births: [Int32: Birth] = [:]
  private(set) var lost: Int64 = 0

  private struct Birth {
    var time: UInt64
    var threads = 1
    var name: [UInt8] = []
  }

  private enum Event {
    case began(pid: Int32, parent: Int32, thread: Int32)
    case named(pid: Int32, thread: Int32, [UInt8])
    case ended(pid: Int32, parent: Int32, thread: Int32)
  }

  static let mostProcessors = 16

  /// `child` has not executed its program yet. Errors: as ``StackRing``; EINVAL on a machine with too many CPUs.
  init(of child: Int32, processors: Int64, at now: UInt64) throws(SystemError) {
    guard processors <= Self.mostProcessors else { throw SystemError(code: 22, call: "perf_event_open") }
    var rings: [StackRing] = []
    for cpu in 0..<Int32(processors) {
      rings.append(try StackRing([.pending(child)], cpu: cpu, period: 0, seesKernel: false))
    }
    self.rings = rings
    births[child] = Birth(time: now)
  }

  /// Processes that have ended, in the order of their ends.
  func take() -> [LifeRecorder.Unseen] {
    var events: [(event: Event, time: UInt64)] = []
    for ring in rings { unsafe ring.drain { unsafe read($0, &events) } }
    events.sort { $0.time < $1.time }
    var ended: [LifeRecorder.Unseen] = []
    for (event, time) in events {
      switch event {
      case .began(let pid, let parent, let thread):
        if pid == thread {
          births[pid] = Birth(time: time, name: births[parent]?.name ?? [])
        } else {
          births[pid]?.threads += 1
        }
      case .named(let pid, let thread, let name): if pid == thread { births[pid]?.name = name }
      case .ended(let pid, let parent, _):
        guard var birth = births[pid] else { continue }
        birth.threads -= 1
        births[pid] = birth.threads > 0 ? birth : nil
        guard birth.threads <= 0 else { continue }
        var life = LifeRecorder.Unseen(pid: pid, parent: parent)
        life.name = birth.name
        life.elapsedNanoseconds = time > birth.time ? time - birth.time : 0
        life.ended = time
        ended.append(life)
      }
    }
    return ended
  }

  /// perf_event_open(2): PERF_RECORD_LOST 2, COMM 3, EXIT 4, FORK 7. All end with the time (sample_id_all).
  private func read(_ bytes: UnsafeRawBufferPointer, _ events: inout [(event: Event, time: UInt64)]) {
    func word(_ offset: Int) -> UInt64 {
      // Safe because of the check.
      offset + 8 <= bytes.count ? unsafe bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self) : 0
    }
    func half(_ offset: Int) -> Int32 { Int32(truncatingIfNeeded: word(offset & ~7) >> (UInt64(offset & 7) * 8)) }
    guard bytes.count >= 24 else { return }
    let time = word(bytes.count - 8)
    switch UInt32(truncatingIfNeeded: word(0)) {
    case 2: lost &+= Int64(clamping: word(16))
    case 3:
      guard bytes.count >= 32 else { return }
      // Safe because the sixteen bytes of the identity end the record.
      let text = unsafe Array(bytes[16..<(bytes.count - 16)].prefix { $0 != 0 })
      events.append((.named(pid: half(8), thread: half(12), text), time))
    case 4: events.append((.ended(pid: half(8), parent: half(12), thread: half(16)), time))
    case 7: events.append((.began(pid: half(8), parent: half(12), thread: half(16)), time))
    default: break
    }
  }
}
