import StripPlatform
import StripRecording

/// A folder for one test, removed with the value.
final class Scratch {
  private let folder: PrivateFolder

  init() throws { folder = try PrivateFolder(prefix: "stripchart-test-") }

  deinit { folder.remove() }

  func recording(maximumBytes: UInt64 = 64 << 20) throws -> RecordingFile {
    try RecordingFile.create(at: folder.path + "/test.pftrace", maximumBytes: maximumBytes, replacing: false)
  }
}
