internal import StripPlatform

/// The file that a page or a picture goes into: `-o`, or the recording's name with another ending.
struct ReportFile {
  let recording: String
  /// Read too: not to be written over either.
  var others: [String] = []
  let output: String?
  let force: Bool

  /// Makes the file, lets `body` fill it, and says where it is. Nothing is left behind when that fails.
  ///
  /// Errors: it would be the recording itself; it exists and is not to be replaced; those of `body`.
  func write(ending: String, _ body: (NewFile, _ path: String) throws(Failure) -> Void) throws(Failure) {
    let stem = recording.hasSuffix(".pftrace") ? String(recording.dropLast(8)) : recording
    let path = output ?? "\(stem).\(ending)"
    for input in [recording] + others {
      guard let there = try? FileStatus.of(path), let read = try? FileStatus.of(input), there.device == read.device,
        there.inode == read.inode
      else { continue }
      throw Failure(.usage, "\(Console.quoted(path)) is the recording", hint: "name another file with -o")
    }
    let file = try NewFile(path, replacing: force)
    do throws(Failure) {
      try body(file, path)
      try file.finish()
    } catch {
      file.remove()
      throw error
    }
    Console.error("stripchart: wrote \(Console.quoted(path))")
  }
}
