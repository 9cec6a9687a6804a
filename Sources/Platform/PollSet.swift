internal import CStripPlatform

/// Descriptors that are waited for together. Waiting allocates nothing.
@safe package final class PollSet {
  package let count: Int
  private let descriptors: UnsafeMutablePointer<Int32>
  private let ready: UnsafeMutablePointer<UInt8>

  package init(_ raw: [Int32]) {
    count = raw.count
    // Safe because both have `count` elements and are freed only by deinit.
    unsafe descriptors = .allocate(capacity: max(1, count))
    unsafe ready = .allocate(capacity: max(1, count))
    for index in 0..<count {
      unsafe descriptors[index] = raw[index]
      unsafe ready[index] = 0
    }
  }

  deinit {
    unsafe descriptors.deallocate()
    unsafe ready.deallocate()
  }

  /// ppoll(2). `timeout` in nanoseconds. `false`: the time is over and nothing can be read.
  package func wait(timeout: UInt64) -> Bool {
    unsafe strip_poll(descriptors, ready, count, Int64(min(timeout, 1 << 62))) > 0
  }

  /// After ``wait(timeout:)``: can this one be read, or has it hung up?
  package func isReady(_ index: Int) -> Bool {
    precondition(index < count)
    return unsafe ready[index] != 0
  }

  /// No longer waits for this one. ppoll(2) passes over negative descriptors.
  package func forget(_ index: Int) {
    precondition(index < count)
    unsafe descriptors[index] = -1
  }
}
