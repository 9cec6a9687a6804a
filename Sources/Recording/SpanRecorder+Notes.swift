internal import StripPlatform

/// What a process tells once.
extension SpanRecorder {
  /// Which library writes, how seldom it reads, and what reading and a span cost it here.
  package func tellLibrary(_ library: UnsafeRawBufferPointer, _ pen: Pen) {
    guard unsafe isReady(pen) else { return }
    unsafe anchor(pen)
    let event = unsafe eventCost(pen)
    unsafe note("library", pen) { builder in
      unsafe builder.annotation("library", library, limit: 200)
      if cost.bound != .max { builder.annotation("bound_ns", Int64(cost.bound)) }
      builder.annotation("reading_ns", Int64(cost.reading))
      builder.annotation("event_ns", event)
      builder.annotation("line_ns", event / 2)
    }
  }

  /// Where the spans of a name stand in the source.
  package func tellPlace(_ name: UInt32, file: UnsafeRawBufferPointer, line: UInt32, _ pen: Pen) {
    let text = unsafe names.text(of: Self.valid(name))
    unsafe note("span", pen) { builder in
      unsafe builder.annotation("name", text)
      unsafe builder.annotation("file", file)
      builder.annotation("line", Int64(line))
    }
  }

  /// Describes the thread's track once more, with another name.
  package func rename(_ name: UnsafeRawBufferPointer, _ pen: Pen) {
    guard unsafe isReady(pen), unsafe open(pen) != nil else { return }
    unsafe nameThread(name, pen)
  }

  /// Nanoseconds of a begin and an end, on a pen that writes nowhere; the least of some.
  private func eventCost(_ pen: Pen) -> Int64 {
    let size = 4096
    let scratch = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
    defer { unsafe scratch.deallocate() }
    var copy = unsafe SpanThread(nowhere: scratch)
    defer { copy.deallocate() }
    copy.setSequence(1)
    unsafe copy.known[0] = 2
    unsafe copy.anchor(as: pen.pointee)
    var least = UInt64.max
    for _ in 0..<4 {
      unsafe copy.cursor = scratch
      unsafe copy.limit = scratch + size
      let start = Clock.boottime()
      for _ in 0..<100 where copy.begin(1) { _ = copy.end() }
      least = min(least, Clock.boottime() - start)
    }
    return Int64(least / 100)
  }
}
