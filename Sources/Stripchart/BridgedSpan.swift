internal import CStripchart
internal import StripPlatform
package import StripRecording
internal import StripSpanCore

/// A span of an interface of other people: it says which span it is inside of, and it may be ended by any thread.
///
/// It nests where that is true: in a task, on the task's lane, when no other such span stands between it and its
/// parent; likewise on the main thread. Spans of the program stand between as they come: ``span(_:file:line:_:)`` nests
/// with these. Else it has a lane of its own.
@safe package struct BridgedSpan: @unchecked Sendable {
  /// `nil`: there were too many; what is counted is its time.
  private let pen: SpanRecorder.Pen?
  package let token: UInt64
  /// What may write with the pen: a task's address; ``main``; ``anyone``, once, who takes it.
  private let owner: UInt
  private let epoch: UInt32
  private let number: UInt32
  /// Of one without a pen.
  private let began: UInt64

  private static var anyone: UInt { 0 }
  private static var main: UInt { 1 }

  /// The number of a name, told with its place. `nil`: nothing is recorded.
  package static func number(of name: String, file: String, line: UInt) -> UInt32? {
    Names.number(of: name, fileID: file, line: UInt32(truncatingIfNeeded: line))
  }

  /// - Parameters:
  ///   - parent: What the interface says it is inside of.
  ///   - isRenamable: Its true name comes later: ``SpanRecorder/Renaming``.
  ///   - arguments: Writes those of the begin, where it stands apart from its parent.
  package static func begin(
    _ number: UInt32, below parent: BridgedSpan?, isRenamable: Bool,
    _ arguments: (_ builder: inout PacketBuilder, _ token: UInt64) -> Void
  ) -> (span: BridgedSpan, renaming: SpanRecorder.Renaming?)? {
    unsafe withPen(nil) { recorder, own in
      let place = unsafe place(below: parent, recorder, own)
      guard let pen = unsafe place.pen else {
        let now = Clock.boottime()
        return unsafe (
          BridgedSpan(pen: nil, token: now, owner: anyone, epoch: recorder.generation, number: number, began: now), nil
        )
      }
      let isApart = unsafe !place.isNested && parent != nil
      var renaming: SpanRecorder.Renaming?
      if isRenamable {
        renaming = unsafe recorder.beginToRename(number, pen) {
          if isApart { unsafe arguments(&$0, pen.pointee.nextToken) }
        }
      } else if isApart {
        unsafe recorder.beginByToken(number, pen) { unsafe arguments(&$0, pen.pointee.nextToken) }
      } else {
        unsafe recorder.beginByToken(number, pen)
      }
      let token = unsafe place.owner == anyone ? recorder.hold(pen) : pen.pointee.token
      let span = unsafe BridgedSpan(
        pen: pen, token: token, owner: place.owner, epoch: recorder.generation, number: number, began: 0)
      return (span, renaming)
    }
  }

  private static func place(
    below parent: BridgedSpan?, _ recorder: SpanRecorder, _ own: SpanRecorder.Pen
  ) -> (pen: SpanRecorder.Pen?, owner: UInt, isNested: Bool) {
    let owner = currentOwner
    if owner != anyone {
      let lane = owner == main ? unsafe own : unsafe TaskLanes.penOrNew(of: owner, recorder, own)
      if let lane = unsafe lane {
        unsafe recorder.settle(lane)
        if let parent {
          if unsafe parent.pen == lane, parent.epoch == recorder.generation,
            unsafe recorder.isInnermostByToken(parent.token, lane)
          {
            return unsafe (lane, owner, true)
          }
          // A task's first span: there its children will nest.
          if owner != main, unsafe lane.pointee.depth == 0 { return unsafe (lane, owner, false) }
        } else if unsafe recorder.hasNoneByToken(lane) {
          return unsafe (lane, owner, true)
        }
      }
    }
    return unsafe (recorder.borrowLane(own), anyone, false)
  }

  /// Ends it, once: the caller sees to that. `arguments` may be called later, by another thread.
  package func end(_ arguments: SpanRecorder.Arguments?) {
    guard epoch == SpanEpoch.current else { return }
    unsafe withPen(()) { recorder, own in
      guard epoch == recorder.generation else { return }
      guard let pen = unsafe pen else {
        return unsafe recorder.foldWhole(number, from: began, to: Clock.boottime(), own)
      }
      if owner == Self.anyone {
        guard unsafe recorder.release(pen, token) else { return }
        _ = unsafe recorder.leave(token, pen, arguments)
        return unsafe recorder.giveBack(pen, own)
      }
      guard unsafe isOwner(own) else {
        Recording.settleAtExit()
        return unsafe recorder.leaveLater(token, pen, arguments ?? { _ in })
      }
      _ = unsafe recorder.leave(token, pen, arguments)
      if owner != Self.main, unsafe pen.pointee.depth == 0 { unsafe TaskLanes.giveBack(pen, of: owner, recorder, own) }
    }
  }

  /// A mark on its track or, where that is not to be written on, on the thread's. `isElsewhere` says which.
  package func mark(_ name: String, _ arguments: (_ builder: inout PacketBuilder, _ isElsewhere: Bool) -> Void) {
    guard epoch == SpanEpoch.current else { return }
    unsafe withPen(()) { recorder, own in
      let isOwner = unsafe isOwner(own)
      unsafe recorder.mark(name, isOwner ? pen ?? own : own) { arguments(&$0, !isOwner) }
    }
  }

  /// Gives it another name. `false`: it keeps the one that it has in the recording.
  package func rename(_ renaming: SpanRecorder.Renaming, to name: String, file: String, line: UInt) -> Bool {
    guard epoch == SpanEpoch.current, let number = Self.number(of: name, file: file, line: line) else { return false }
    return unsafe withPen(false) { recorder, _ in recorder.rename(renaming, to: number) }
  }

  package var isOfNow: Bool { epoch == SpanEpoch.current }

  package static func tellEndedTwice() {
    guard Names.isRecording else { return }
    unsafe withPen(()) { recorder, own in unsafe recorder.tellMisuse("ended twice", own) }
  }

  private func isOwner(_ own: SpanRecorder.Pen) -> Bool {
    switch owner {
    case Self.anyone: false
    case Self.main: unsafe pen == own && Self.currentOwner == owner
    default: unsafe TaskLanes.task == owner && TaskLanes.pen(of: owner) == pen
    }
  }

  private static var currentOwner: UInt {
    let task = TaskLanes.task
    if task != 0 { return task }
    return strip_is_main_thread() != 0 ? main : anyone
  }
}
