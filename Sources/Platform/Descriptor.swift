internal import CStripPlatform

/// An open file, closed when it goes out of scope.
///
/// Public because Embedded Swift destroys a noncopyable value of another module only when its type is.
public struct Descriptor: ~Copyable, Sendable {
  package let raw: Int32

  package enum Kind: Int32, Sendable {
    case read = 0, readWrite, createNew, createOver, directory
  }

  package init(adopting raw: Int32) { self.raw = raw }

  /// openat(2), always close-on-exec. `directory` −1: relative to the working directory.
  package init(opening path: String, in directory: Int32 = -1, as kind: Kind = .read) throws(SystemError) {
    let result = unsafe path.withCString { unsafe strip_open(directory, $0, kind.rawValue) }
    raw = try check(result, "openat")
  }

  /// The same for a name known at compile time: no allocation.
  package init(opening name: StaticString, in directory: Int32) throws(SystemError) {
    // Safe because a StaticString is NUL-terminated and lives for ever.
    let result = unsafe name.utf8Start.withMemoryRebound(to: CChar.self, capacity: name.utf8CodeUnitCount + 1) {
      unsafe strip_open(directory, $0, Kind.read.rawValue)
    }
    raw = try check(result, "openat")
  }

  deinit { if raw >= 0 { _ = strip_close(raw) } }

  /// pread(2) at `offset`; one system call, no allocation.
  @inline(__always)
  package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64 = 0) throws(SystemError) -> Int {
    guard let base = buffer.baseAddress else { return 0 }
    // Safe because the count is the buffer's own.
    return Int(try check(unsafe strip_pread(raw, base, buffer.count, offset), "pread"))
  }

  /// write(2) until all is written.
  package func write(_ bytes: UnsafeRawBufferPointer) throws(SystemError) { try unsafe Self.write(bytes, to: raw) }

  /// The same to a descriptor that is not ours to close.
  package static func write(_ bytes: UnsafeRawBufferPointer, to raw: Int32) throws(SystemError) {
    var done = 0
    while done < bytes.count {
      // Safe because `done` stays below the buffer's count.
      done += Int(try check(unsafe strip_write(raw, bytes.baseAddress! + done, bytes.count - done), "write"))
    }
  }

  package func status() throws(SystemError) -> FileStatus {
    var status = strip_file_status()
    _ = try check(unsafe strip_fstat(raw, &status), "fstat")
    return FileStatus(status)
  }

  /// fallocate(2) and zeros: afterwards a store in the range cannot meet a full disk, and finds its page in the page cache.
  /// Nobody else may use the range yet.
  package func allocate(from offset: UInt64, count: UInt64) throws(SystemError) {
    _ = try check(strip_allocate(raw, offset, count), "fallocate")
  }

  package func truncate(to size: UInt64) throws(SystemError) { _ = try check(strip_ftruncate(raw, size), "ftruncate") }
}

/// What fstat(2) says.
package struct FileStatus: Equatable, Sendable {
  package let device: UInt64
  package let inode: UInt64
  package let size: UInt64
  /// Since 1970.
  package let modifiedNanoseconds: Int64
  package let mode: UInt32
  package let user: UInt32

  init(_ raw: strip_file_status) {
    device = raw.device
    inode = raw.inode
    size = raw.size
    modifiedNanoseconds = raw.modified_nanoseconds
    mode = raw.mode
    user = raw.user
  }

  package var isRegular: Bool { mode & 0o170000 == 0o100000 }
  package var isDirectory: Bool { mode & 0o170000 == 0o040000 }

  /// fstatat(2) of `name` in an open directory, or of a path when `directory` is −1.
  package static func of(_ name: String, in directory: Int32 = -1) throws(SystemError) -> FileStatus {
    var status = strip_file_status()
    let result = unsafe name.withCString { unsafe strip_fstatat(directory, $0, &status) }
    _ = try check(result, "fstatat")
    return FileStatus(status)
  }
}
