internal import CStripPlatform

/// A folder that only this user can look into, for what belongs to one run of a command.
package struct PrivateFolder: Sendable {
  /// Absolute.
  package let path: String

  /// mkdtemp(3) below TMPDIR, or /tmp: mode 0700.
  package init(prefix: String) throws(SystemError) {
    let parent = Own.environment("TMPDIR").flatMap(FileSystem.absolute) ?? "/tmp"
    var template = Array((parent + "/" + prefix + "XXXXXX").utf8CString)
    // Safe because the template is ours and NUL-terminated, and mkdtemp replaces six characters in it.
    let result = unsafe template.withUnsafeMutableBufferPointer { unsafe strip_make_private_folder($0.baseAddress!) }
    _ = try check(result, "mkdtemp")
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  package func write(_ text: String, as name: String) throws(SystemError) {
    let descriptor = try Descriptor(opening: path + "/" + name, as: .createNew)
    var failure: SystemError?
    var text = text
    text.withUTF8 { bytes in
      do throws(SystemError) { try unsafe descriptor.write(UnsafeRawBufferPointer(bytes)) } catch { failure = error }
    }
    if let failure { throw failure }
  }

  /// The names in it; none if it cannot be read.
  package var names: [String] { (try? FileSystem.entries(of: path)) ?? [] }

  /// The text of a file in it, `nil` if there is none.
  package func text(of name: String) -> String? {
    (try? FileSystem.contents(of: path + "/" + name)).map { String(decoding: $0, as: UTF8.self) }
  }

  /// Removes it with its files and their folders (one level: what Python caches of a module).
  package func remove() {
    for name in names {
      let entry = path + "/" + name
      for inner in (try? FileSystem.entries(of: entry)) ?? [] { FileSystem.remove(entry + "/" + inner) }
      FileSystem.remove(entry)
      FileSystem.removeFolder(entry)
    }
    FileSystem.removeFolder(path)
  }
}

extension FileSystem {
  /// rmdir(2).
  static func removeFolder(_ path: String) { _ = unsafe path.withCString { unsafe strip_remove_folder($0) } }
}

extension Own {
  /// setenv(3), for the programs that we start. Call it while there is one thread.
  package static func setEnvironment(_ name: String, _ value: String) {
    _ = unsafe name.withCString { name in unsafe value.withCString { unsafe strip_setenv(name, $0) } }
  }
}
