internal import StripPlatform
internal import StripRecording
internal import StripSampling

// What `include/stripchart.h` declares; it has the documentation.

/// Safe because the caller promises `length` readable bytes.
private func text(_ utf8: UnsafePointer<CChar>?, _ length: Int) -> UnsafeRawBufferPointer {
  unsafe UnsafeRawBufferPointer(start: utf8, count: utf8 == nil ? 0 : max(0, length))
}

// MARK: joining and recording

@c(stripchart_attach)
public func stripchartAttach() -> Int32 { SpanCore.attach() ? 1 : 0 }

@c(stripchart_state)
public func stripchartState() -> Int32 { SpanCore.recorder == nil ? 0 : unsafe OwnRecording.current == nil ? 1 : 2 }

@c(stripchart_start)
public func stripchartStart(
  _ path: UnsafePointer<CChar>, _ length: Int, _ interval: UInt64, _ maximumBytes: UInt64, _ replaces: Int32,
  _ message: UnsafeMutablePointer<CChar>?, _ capacity: Int
) -> Int32 {
  do throws(OwnRecording.Failure) {
    try OwnRecording.start(
      at: unsafe String(decoding: text(path, length), as: UTF8.self),
      interval: interval == 0 ? .auto : .fixed(nanoseconds: interval),
      maximumBytes: maximumBytes == 0 ? 256 << 20 : max(maximumBytes, 4 << 20), replacing: replaces != 0)
    return 0
  } catch {
    switch error {
    case .isRecording: return 1
    case .exists: return 2
    case .cannotCreate(let reason):
      unsafe copy(reason.text, to: message, capacity)
      return 3
    case .noThread: return 4
    }
  }
}

/// NUL-terminated, cut to `capacity` bytes.
private func copy(_ text: String, to target: UnsafeMutablePointer<CChar>?, _ capacity: Int) {
  guard let target = unsafe target, capacity > 0 else { return }
  var count = 0
  for byte in text.utf8.prefix(capacity - 1) {
    // Safe because the count stays below the capacity.
    unsafe target[count] = CChar(bitPattern: byte)
    count += 1
  }
  unsafe target[count] = 0
}

@c(stripchart_stop)
public func stripchartStop() -> Int32 { OwnRecording.stop() ? 1 : 0 }

@c(stripchart_library)
public func stripchartLibrary(_ utf8: UnsafePointer<CChar>, _ length: Int) {
  unsafe SpanCore.write(()) { recorder, pen in unsafe recorder.tellLibrary(text(utf8, length), pen) }
}

// MARK: names and arguments

@c(stripchart_name)
public func stripchartName(_ utf8: UnsafePointer<CChar>, _ length: Int) -> UInt32 {
  // Safe because the caller promises `length` readable bytes.
  unsafe utf8.withMemoryRebound(to: UInt8.self, capacity: length) {
    unsafe SpanCore.names.number(of: UnsafeBufferPointer(start: $0, count: length))
  }
}

@c(stripchart_place)
public func stripchartPlace(_ name: UInt32, _ file: UnsafePointer<CChar>, _ length: Int, _ line: UInt32) {
  unsafe SpanCore.write(()) { recorder, pen in
    unsafe recorder.tellPlace(name, file: text(file, length), line: line, pen)
  }
}

// MARK: spans of a thread

@c(stripchart_begin)
public func stripchartBegin(_ name: UInt32) {
  guard let pen = unsafe SpanCore.pen() else { return }
  if unsafe !pen.pointee.begin(name) { unsafe SpanCore.recorder?.beginSlowly(name, pen) }
}

@c(stripchart_end)
public func stripchartEnd() {
  guard let pen = unsafe SpanCore.pen() else { return }
  if unsafe !pen.pointee.end() { unsafe SpanCore.recorder?.endSlowly(pen) }
}

@c(stripchart_enter)
public func stripchartEnter(_ name: UInt32) -> UInt64 {
  guard let pen = unsafe SpanCore.pen() else { return 0 }
  if unsafe !pen.pointee.begin(name) {
    guard let recorder = SpanCore.recorder else { return 0 }
    unsafe recorder.beginSlowly(name, pen)
  }
  return unsafe pen.pointee.token
}

@c(stripchart_enter_with)
public func stripchartEnterWith(_ name: UInt32, _ arguments: UnsafeRawPointer?, _ count: Int) -> UInt64 {
  unsafe SpanCore.write(0) { recorder, pen in
    unsafe recorder.begin(name, SpanArguments(arguments, count: count), isAgain: false, pen)
    return unsafe pen.pointee.token
  }
}

@c(stripchart_enter_again)
public func stripchartEnterAgain(_ name: UInt32) -> UInt64 {
  unsafe SpanCore.write(0) { recorder, pen in
    unsafe recorder.begin(name, .none, isAgain: true, pen)
    return unsafe pen.pointee.token
  }
}

@c(stripchart_enter_stretch)
public func stripchartEnterStretch(
  _ task: OpaquePointer?, _ name: UInt32, _ arguments: UnsafeRawPointer?, _ count: Int, _ again: Int32
) -> UInt64 {
  unsafe SpanCore.write(0) { recorder, pen in
    let arguments = unsafe SpanArguments(arguments, count: count)
    if let task = unsafe task {
      unsafe recorder.run(SpanRecorder.TaskPointer(task), name, arguments, isAgain: again != 0, pen)
    } else {
      unsafe recorder.begin(name, arguments, isAgain: again != 0, pen)
    }
    return unsafe pen.pointee.token
  }
}

@c(stripchart_leave)
public func stripchartLeave(_ token: UInt64) -> Int32 {
  guard token != 0, let pen = unsafe SpanCore.pen() else { return 0 }
  if unsafe pen.pointee.isInnermost(token) && pen.pointee.end() { return 0 }
  return leaveSlowly(token, .none)
}

@c(stripchart_leave_with)
public func stripchartLeaveWith(_ token: UInt64, _ arguments: UnsafeRawPointer?, _ count: Int) -> Int32 {
  guard token != 0 else { return 0 }
  return leaveSlowly(token, unsafe SpanArguments(arguments, count: count))
}

@inline(never)
private func leaveSlowly(_ token: UInt64, _ arguments: SpanArguments) -> Int32 {
  if unsafe token >> 16 & 0xFFFF == SpanCore.inheritedSequence { return 0 }
  return unsafe SpanCore.write(0) { recorder, pen in unsafe recorder.leave(token, arguments, pen).rawValue }
}

@c(stripchart_thread_name)
public func stripchartThreadName(_ utf8: UnsafePointer<CChar>, _ length: Int) {
  unsafe SpanCore.write(()) { recorder, pen in unsafe recorder.rename(text(utf8, length), pen) }
}

// MARK: spans of a task

@c(stripchart_task_new)
public func stripchartTaskNew(_ name: UnsafePointer<CChar>, _ length: Int) -> OpaquePointer? {
  guard SpanCore.recorder != nil else { return nil }
  return unsafe OpaquePointer(SpanRecorder.makeTask(text(name, length)))
}

@c(stripchart_task_free)
public func stripchartTaskFree(_ task: OpaquePointer?) {
  if let task = unsafe task { unsafe SpanRecorder.forget(SpanRecorder.TaskPointer(task)) }
}

@c(stripchart_task_enter)
public func stripchartTaskEnter(
  _ task: OpaquePointer?, _ name: UInt32, _ arguments: UnsafeRawPointer?, _ count: Int
) -> UInt64 {
  guard let task = unsafe task else { return 0 }
  return unsafe SpanCore.write(0) { recorder, pen in
    unsafe recorder.enter(SpanRecorder.TaskPointer(task), name, SpanArguments(arguments, count: count), pen)
  }
}

@c(stripchart_task_switched)
public func stripchartTaskSwitched(_ task: OpaquePointer?, _ isResumed: Int32) {
  guard let task = unsafe task else { return }
  unsafe SpanCore.write(()) { recorder, pen in
    unsafe recorder.switched(SpanRecorder.TaskPointer(task), isResumed: isResumed != 0, pen)
  }
}

@c(stripchart_task_enter_again)
public func stripchartTaskEnterAgain(_ task: OpaquePointer?, _ name: UInt32) -> UInt64 {
  guard let task = unsafe task else { return 0 }
  return unsafe SpanCore.write(0) { recorder, pen in
    unsafe recorder.enter(SpanRecorder.TaskPointer(task), name, .none, isAgain: true, pen)
  }
}

@c(stripchart_task_leave)
public func stripchartTaskLeave(
  _ task: OpaquePointer?, _ token: UInt64, _ arguments: UnsafeRawPointer?, _ count: Int
) -> Int32 {
  guard let task = unsafe task, token != 0 else { return 0 }
  return unsafe SpanCore.write(0) { recorder, pen in
    unsafe recorder.leave(SpanRecorder.TaskPointer(task), token, SpanArguments(arguments, count: count), pen).rawValue
  }
}

// MARK: curves, marks, notes

@c(stripchart_counter)
public func stripchartCounter(_ name: UInt32, _ value: Double) {
  unsafe SpanCore.write(()) { recorder, pen in unsafe recorder.count(name, value, pen) }
}

@c(stripchart_mark)
public func stripchartMark(
  _ utf8: UnsafePointer<CChar>, _ length: Int, _ arguments: UnsafeRawPointer?, _ count: Int
) {
  unsafe SpanCore.write(()) { recorder, pen in
    unsafe recorder.instant("mark", text(utf8, length), SpanArguments(arguments, count: count), pen)
  }
}

@c(stripchart_note)
public func stripchartNote(
  _ name: UnsafePointer<CChar>, _ length: Int, _ arguments: UnsafeRawPointer?, _ count: Int
) {
  unsafe SpanCore.write(()) { recorder, pen in
    unsafe recorder.instant("stripchart", text(name, length), SpanArguments(arguments, count: count), pen)
  }
}

// MARK: lines

@c(stripchart_code_new)
public func stripchartCodeNew(
  _ file: UnsafePointer<CChar>, _ fileLength: Int, _ name: UnsafePointer<CChar>, _ nameLength: Int, _ firstLine: UInt32,
  _ lineCount: UInt32, _ source: UnsafePointer<CChar>?, _ sourceLength: Int, _ steps: UnsafePointer<UInt32>?,
  _ stepWords: Int
) -> OpaquePointer {
  let code = SpanRecorder.Code.allocate(capacity: 1)
  unsafe code.initialize(
    to: CodeRecord(
      file: text(file, fileLength), name: text(name, nameLength), firstLine: firstLine, lineCount: lineCount,
      source: text(source, sourceLength), steps: UnsafeBufferPointer(start: steps, count: steps == nil ? 0 : stepWords))
  )
  return OpaquePointer(code)
}

@c(stripchart_code_enter)
public func stripchartCodeEnter(_ code: OpaquePointer) {
  unsafe SpanCore.write(()) { recorder, pen in unsafe recorder.enter(SpanRecorder.Code(code), pen) }
}

@c(stripchart_code_resume)
public func stripchartCodeResume(_ code: OpaquePointer, _ line: UInt32, _ offset: UInt32) {
  unsafe SpanCore.write(()) { recorder, pen in
    unsafe recorder.enter(SpanRecorder.Code(code), resuming: line, at: offset, pen)
  }
}

@c(stripchart_code_line)
public func stripchartCodeLine(_ code: OpaquePointer, _ line: UInt32, _ offset: UInt32) {
  unsafe SpanCore.write(()) { recorder, pen in
    unsafe recorder.line(line, at: offset, of: SpanRecorder.Code(code), pen)
  }
}

@c(stripchart_lines_switch)
public func stripchartLinesSwitch(_ next: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  unsafe SpanCore.write(nil) { recorder, pen in unsafe recorder.switchLines(to: next, pen) }
}

@c(stripchart_code_leave)
public func stripchartCodeLeave(_ code: OpaquePointer) {
  unsafe SpanCore.write(()) { recorder, pen in unsafe recorder.leave(SpanRecorder.Code(code), pen) }
}
