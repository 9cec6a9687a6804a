public import Stripchart

/// A run of a closure that `@ProfiledLines` marks: a ``Stripchart/LineScope`` that ends with its variable.
///
/// A result builder rejects `defer` in its closure and takes a variable, and a macro cannot tell its closures from others.
@frozen public struct ClosureLineScope: ~Copyable {
  @usableFromInline var scope: LineScope

  @inlinable @inline(__always)
  public init(function: StaticString, file: StaticString, firstLine: UInt32, lineCount: UInt32, source: StaticString) {
    scope = LineScope(function: function, file: file, firstLine: firstLine, lineCount: lineCount, source: source)
  }

  /// The line before ends, this one begins: its number in the file.
  @inlinable @inline(__always)
  public mutating func at(_ line: UInt32) { scope.at(line) }

  @inlinable @inline(__always)
  deinit {
    var scope = scope
    scope.end()
  }
}

/// A run of an asynchronous closure that `@ProfiledLines` marks: as ``ClosureLineScope``.
@frozen public struct AsyncClosureLineScope: ~Copyable {
  @usableFromInline var scope: AsyncLineScope

  @inlinable
  public init(function: StaticString, file: StaticString, firstLine: UInt32, lineCount: UInt32, source: StaticString) {
    scope = AsyncLineScope(function: function, file: file, firstLine: firstLine, lineCount: lineCount, source: source)
  }

  /// The line before ends, this one begins: its number in the file.
  @inlinable
  public mutating func at(_ line: UInt32) { scope.at(line) }

  @inlinable
  deinit {
    var scope = scope
    scope.end()
  }
}
