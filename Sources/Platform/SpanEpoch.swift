public import CStripPlatform

/// Which recording takes the events of this process.
public enum SpanEpoch {
  @inlinable public static var off: UInt32 { 0 }
  /// Nobody has looked yet whether there is a recording.
  @inlinable public static var untried: UInt32 { .max }

  /// Otherwise the number that a pen must carry: another one for each recording of the process, and after each fork.
  @inlinable @inline(__always)
  public static var current: UInt32 {
    get { strip_epoch_get() }
    set { strip_epoch_set(newValue) }
  }

  /// May a task have a pen of its own? Once so, for ever so.
  @inlinable @inline(__always)
  public static var hasLanes: Bool { strip_lanes_used_get() != 0 }

  package static func useLanes() { strip_lanes_used_set() }

  /// The recorder that takes them, as ``current`` says.
  package static var recorder: UnsafeMutableRawPointer? {
    @inline(__always) get { unsafe strip_recorder_get() }
    set { unsafe strip_recorder_set(newValue) }
  }
}

/// The numbers of names, by the address of the literal in the program. Without a lock; one word a name.
public enum LiteralCache {
  /// `nil`: not known, or forgotten because another literal took its place.
  @inlinable @inline(__always)
  public static func number(of literal: UnsafePointer<UInt8>) -> UInt32? {
    let number = unsafe strip_literal_find(literal)
    return number == 0 ? nil : number
  }

  package static func keep(_ number: UInt32, for literal: UnsafePointer<UInt8>) {
    unsafe strip_literal_keep(literal, number)
  }

  /// So that each recording is told where its names stand.
  package static func forget() { strip_literals_forget() }
}
