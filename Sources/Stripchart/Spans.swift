/// Records a block as a span: its name, when it began and ended, and what it used.
///
/// ```swift
/// let batch = span("collate") { rows.map(tensor) }
/// ```
///
/// The span is written into the recording of `stripchart run`, or into the one that ``Recording/start(path:interval:maximumBytes:replacing:)``
/// began; without a recording nothing is. Spans nest by the thread they run on or, inside of an asynchronous span, by the task. What
/// the block used (CPU time, growth of memory, bytes from and to storage, page faults) is read at its boundaries where the thread's
/// last reading is older than some 100 µs.
///
/// `name` is what the report calls it; for names that are made at run time there is `span(named:)`. `body` runs once: what it returns
/// is returned, what it throws is thrown.
///
/// Cost: two readings of the processor's clock and some 5 ns; below 3 ns without a recording.
@inlinable @inline(__always)
public func span<Result: ~Copyable, Failure: Error>(
  _ name: StaticString, file: StaticString = #fileID, line: UInt32 = #line,
  _ body: () throws(Failure) -> Result
) throws(Failure) -> Result {
  let scope = SpanScope(name, file: file, line: line)
  defer { scope.end() }
  return try body()
}

/// Records an asynchronous block as a span.
///
/// ```swift
/// let page = try await span("fetch") { try await client.get(url) }
/// ```
///
/// It stands on a track of the task, together with the spans inside of it, whatever threads it runs on. Time in which the task is
/// suspended counts. CPU time, page faults and bytes are those of its thread, and missing where it ended on another thread than it began
/// on; other tasks that this thread ran meanwhile are in them. Of more than 2048 that are open at once, the further ones are counted
/// and have no events.
///
/// Cost: below 100 ns more than the call of `body`. `body` runs where the caller runs: on its actor, if it is on one.
@inlinable
public func span<Result, Failure: Error>(
  _ name: StaticString, file: StaticString = #fileID, line: UInt32 = #line,
  isolation: isolated (any Actor)? = #isolation,
  _ body: () async throws(Failure) -> Result
) async throws(Failure) -> Result {
  let scope = AsyncSpanScope(name, file: file, line: line)
  defer { scope.end() }
  return try await body()
}

/// Records a block as a span whose name is made at run time.
///
/// Cost: as `span` with a literal, a lock and a look-up. A process has 16382 different names; further ones share the
/// name "(other names)".
@inlinable
public func span<Result: ~Copyable, Failure: Error>(
  named name: @autoclosure () -> String, file: StaticString = #fileID, line: UInt32 = #line,
  _ body: () throws(Failure) -> Result
) throws(Failure) -> Result {
  let scope = SpanScope(named: name(), file: file, line: line)
  defer { scope.end() }
  return try body()
}

/// Records an asynchronous block as a span whose name is made at run time.
@inlinable
public func span<Result, Failure: Error>(
  named name: @autoclosure () -> String, file: StaticString = #fileID, line: UInt32 = #line,
  isolation: isolated (any Actor)? = #isolation,
  _ body: () async throws(Failure) -> Result
) async throws(Failure) -> Result {
  let scope = AsyncSpanScope(named: name(), file: file, line: line)
  defer { scope.end() }
  return try await body()
}
