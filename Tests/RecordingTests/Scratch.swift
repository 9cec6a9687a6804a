import Foundation
import StripRecording

/// A directory for one test, removed with the value.
final class Scratch {
  private let directory: URL

  init() throws {
    directory = FileManager.default.temporaryDirectory.appending(path: "recording-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: directory) }

  func path(_ name: String = "test.pftrace") -> String { directory.appending(path: name).path() }

  func write(_ bytes: [UInt8], to name: String = "test.pftrace") throws -> String {
    try Data(bytes).write(to: URL(filePath: path(name)))
    return path(name)
  }

  func recording(_ name: String = "test.pftrace", maximumBytes: UInt64 = 64 << 20) throws -> RecordingFile {
    try RecordingFile.create(at: path(name), maximumBytes: maximumBytes, replacing: false)
  }
}

func contents(_ path: String) throws -> [UInt8] { try [UInt8](Data(contentsOf: URL(filePath: path))) }
