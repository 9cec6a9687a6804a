package import StripPlatform

/// What can go wrong with a recording's file.
package enum RecordingError: Error, Sendable {
  /// The output exists and was not to be replaced.
  case exists(path: String)
  case notARegularFile(path: String)
  case cannotCreate(path: String, SystemError)
  case cannotOpen(path: String, SystemError)
  case cannotRead(path: String, offset: UInt64, SystemError)
  /// Empty, or not one of ours: nothing in it can be read.
  case notARecording(path: String, offset: UInt64)
  case newerVersion(path: String, version: UInt32)
}
