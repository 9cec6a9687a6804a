/// A place for each entry of a list, such as that of the probes: an open file or none.
///
/// Its size is that of the list, so a list may grow. One allocation.
///
/// Public because Embedded Swift destroys a noncopyable value of another module only when its type is.
// Sendable because nobody else has the memory: it moves with the value.
@safe public struct KeptDescriptors: ~Copyable, @unchecked Sendable {
  private let count: Int
  private let places: UnsafeMutablePointer<Descriptor>

  package init(count: Int) {
    self.count = count
    // Safe because each of the `count` places holds a descriptor from here to deinit, which alone frees them. Below, each index is
    // held against the count.
    unsafe places = .allocate(capacity: count)
    for index in 0..<count { unsafe (places + index).initialize(to: Descriptor(adopting: -1)) }
  }

  deinit {
    unsafe places.deinitialize(count: count)
    unsafe places.deallocate()
  }

  /// Nothing is open in that place.
  @inline(__always)
  package func isEmpty(_ index: Int) -> Bool {
    precondition(index >= 0 && index < count)
    return unsafe places[index].raw < 0
  }

  /// Closes what was there.
  package mutating func keep(_ descriptor: consuming Descriptor, at index: Int) {
    precondition(index >= 0 && index < count)
    unsafe places[index] = descriptor
  }

  package mutating func close(_ index: Int) { keep(Descriptor(adopting: -1), at: index) }

  package mutating func closeAll() {
    for index in 0..<count { close(index) }
  }

  /// pread(2) of the file in that place; no allocation.
  @inline(__always)
  package func read(_ index: Int, into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64 = 0) throws(SystemError)
    -> Int
  {
    precondition(index >= 0 && index < count)
    return try unsafe places[index].read(into: buffer, at: offset)
  }
}
