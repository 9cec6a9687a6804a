internal import CStripPlatform

/// Names in a directory and links, for the places where kernel files are found.
package enum FileSystem {
  /// The entries of an open directory, without `.` and `..`; getdents64(2), one reused buffer.
  package static func entries(of path: String, in directory: Int32 = -1) throws(SystemError) -> [String] {
    let descriptor = try Descriptor(opening: path, in: directory, as: .directory)
    var names: [String] = []
    var failure: SystemError?
    unsafe withUnsafeTemporaryAllocation(byteCount: 32768, alignment: 16) { buffer in
      while true {
        let count = unsafe strip_getdents(descriptor.raw, buffer.baseAddress!, buffer.count)
        if count < 0 { failure = SystemError(code: Int32(-count), call: "getdents64") }
        if count <= 0 { return }
        var at = 0
        while at + 19 < Int(count) {
          // getdents64(2): inode 8, offset 8, record length 2, type 1, name. Safe because the kernel wrote `count` bytes.
          let length = Int(unsafe buffer.loadUnaligned(fromByteOffset: at + 16, as: UInt16.self))
          if length == 0 { return }
          let name = unsafe buffer[(at + 19)..<min(at + length, Int(count))].prefix { $0 != 0 }
          if unsafe !(name.first == UInt8(ascii: ".") && name.count <= 2) {
            unsafe names.append(String(decoding: name, as: UTF8.self))
          }
          at += length
        }
      }
    }
    if let failure { throw failure }
    return names
  }

  /// readlinkat(2).
  package static func link(_ name: String, in directory: Int32 = -1) throws(SystemError) -> String {
    var failure: SystemError?
    let text = unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4096) { buffer -> String in
      let count = unsafe name.withCString { unsafe strip_readlinkat(directory, $0, buffer.baseAddress!, buffer.count) }
      guard count >= 0 else {
        failure = SystemError(code: Int32(-count), call: "readlinkat")
        return ""
      }
      return unsafe String(decoding: UnsafeRawBufferPointer(buffer)[..<Int(count)], as: UTF8.self)
    }
    if let failure { throw failure }
    return text
  }

  /// realpath(3).
  package static func absolute(_ path: String) -> String? {
    unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4097) { buffer in
      let count = unsafe path.withCString { unsafe strip_realpath($0, buffer.baseAddress!, buffer.count) }
      return count < 0 ? nil : unsafe String(cString: buffer.baseAddress!)
    }
  }

  package static func remove(_ path: String) { _ = unsafe path.withCString { unsafe strip_unlink($0) } }

  /// The whole of a small file, or its first bytes.
  package static func contents(
    of path: String, in directory: Int32 = -1, limit: Int = .max
  ) throws(SystemError) -> [UInt8] {
    let descriptor = try Descriptor(opening: path, in: directory)
    var bytes: [UInt8] = []
    var failure: SystemError?
    unsafe withUnsafeTemporaryAllocation(byteCount: 65536, alignment: 16) { buffer in
      while bytes.count < limit {
        let count = unsafe strip_read(descriptor.raw, buffer.baseAddress!, min(buffer.count, limit - bytes.count))
        if count < 0 { failure = SystemError(code: Int32(-count), call: "read") }
        if count <= 0 { return }
        unsafe bytes.append(contentsOf: buffer[..<Int(count)])
      }
    }
    if let failure { throw failure }
    return bytes
  }

  /// Our own arguments as /proc/self/cmdline has them; what is not UTF-8 is repaired.
  package static func commandLine() -> [String] {
    guard let bytes = try? contents(of: "/proc/self/cmdline") else { return [] }
    return bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
  }
}
