internal import StripPlatform

/// A file that a command writes from the start, in large pieces. A failure is kept until ``finish()``.
final class NewFile {
  private let path: String
  private let descriptor: Descriptor
  private var failure: SystemError?

  /// Errors: it exists and is not to be replaced; it cannot be created.
  init(_ path: String, replacing: Bool) throws(Failure) {
    self.path = path
    if let status = try? FileStatus.of(path) {
      guard status.isRegular else {
        throw Failure(.cannotCreate, "\(Console.quoted(path)) is not a regular file", hint: "name others with -o")
      }
      guard replacing else {
        throw Failure(
          .cannotCreate, "\(Console.quoted(path)) exists already",
          hint: "name others with -o, or pass --force to replace it")
      }
    }
    do throws(SystemError) { descriptor = try Descriptor(opening: path, as: .createOver) } catch {
      throw Failure(
        .cannotCreate, "cannot create \(Console.quoted(path)): \(error.text)",
        hint: "name files in a folder that you may write to with -o")
    }
  }

  /// Where the caller's shell sent standard output to.
  static func standardOutput() -> NewFile { NewFile("standard output", Descriptor(adopting: 1)) }

  private init(_ path: String, _ descriptor: consuming Descriptor) {
    self.path = path
    self.descriptor = descriptor
  }

  func append(_ bytes: [UInt8]) {
    guard failure == nil else { return }
    bytes.withUnsafeBytes { bytes in
      do throws(SystemError) { try descriptor.write(bytes) } catch { failure = error }
    }
  }

  /// Errors: what stopped the writing.
  func finish() throws(Failure) {
    if let failure {
      throw Failure(
        .inputOutput, "cannot write \(Console.quoted(path)): \(failure.text)",
        hint: "free some space, or write elsewhere with -o")
    }
  }

  func remove() { FileSystem.remove(path) }
}
