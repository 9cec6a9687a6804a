internal import CStripPlatform

/// A system call that failed: which one, and why.
package struct SystemError: Error, Equatable, Sendable {
  /// errno(3).
  package let code: Int32
  package let call: StaticStringBox

  package init(code: Int32, call: StaticString) {
    self.code = code
    self.call = StaticStringBox(call)
  }

  package static func == (left: SystemError, right: SystemError) -> Bool { left.code == right.code }

  /// `true` when what was read is not there any more: a normal outcome for a process.
  package var isVanished: Bool { code == 2 || code == 3 }
  package var isDenied: Bool { code == 1 || code == 13 }
  package var isFull: Bool { code == 28 || code == 122 || code == 27 }
  package var exists: Bool { code == 17 }

  package var text: String { unsafe String(cString: strip_error_text(code)) }
}

/// A `StaticString` that can be a member of an error.
package struct StaticStringBox: Sendable {
  package let value: StaticString
  init(_ value: StaticString) { self.value = value }
}

/// The result of a shim, or its negated errno as an error.
@inline(__always)
func check<Value: FixedWidthInteger & SignedInteger>(_ result: Value, _ call: StaticString) throws(SystemError) -> Value
{
  if result < 0 { throw SystemError(code: Int32(truncatingIfNeeded: 0 &- result), call: call) }
  return result
}
