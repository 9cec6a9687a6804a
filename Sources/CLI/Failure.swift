internal import StripPlatform
internal import StripRecording

/// Why a command cannot go on: one line and a hint for the user, a code of sysexits(3) for scripts.
struct Failure: Error {
  enum Code: Int32 {
    /// Of `check`: a budget is broken; it cannot be told.
    case broken = 2
    case cannotTell = 3
    case usage = 64
    case damagedInput = 65
    case noInput = 66
    case cannotCreate = 73
    case inputOutput = 74
    case permission = 77
    case cannotRun = 126
    case noProgram = 127
  }

  let code: Int32
  let message: String
  let hint: String?

  init(_ code: Code, _ message: String, hint: String? = nil) {
    self.code = code.rawValue
    self.message = message
    self.hint = hint
  }

  func say() {
    Console.error("stripchart: \(message)")
    if let hint { Console.error("  hint: \(hint)") }
  }
}

extension Failure {
  init(_ error: RecordingError) {
    switch error {
    case .exists(let path):
      self.init(
        .cannotCreate, "\(Console.quoted(path)) exists already",
        hint: "name another file with -o, or pass --force to replace it")
    case .notARegularFile(let path):
      self.init(
        .cannotCreate, "\(Console.quoted(path)) is not a regular file",
        hint: "a recording is mapped into memory: name a file with -o")
    case .cannotCreate(let path, let error):
      self.init(
        .cannotCreate, "cannot create \(Console.quoted(path)): \(error.text)",
        hint: error.isFull
          ? "free some space, or name a file on another disk with -o"
          : "name a file in a folder that you may write to with -o")
    case .cannotOpen(let path, let error):
      self.init(
        error.isDenied ? .permission : .noInput, "cannot open \(Console.quoted(path)): \(error.text)",
        hint: error.isDenied ? "recordings belong to the user who made them: run as that user" : "check the path")
    case .cannotRead(let path, let offset, let error):
      self.init(.inputOutput, "cannot read \(Console.quoted(path)) at byte \(offset): \(error.text)")
    case .notARecording(let path, let offset):
      self.init(
        .damagedInput,
        "\(Console.quoted(path)) holds nothing that can be read as a recording (stopped at byte \(offset))",
        hint: "recordings are made by `stripchart run`, `attach` and `system`")
    case .newerVersion(let path, let version):
      self.init(
        .damagedInput,
        "\(Console.quoted(path)) has the format version \(version), which is newer than this program's (at byte 72)",
        hint: "use a newer stripchart")
    }
  }
}

/// Calls that throw a ``RecordingError`` become ones that throw a ``Failure``.
func explaining<Result>(_ body: () throws(RecordingError) -> Result) throws(Failure) -> Result {
  do throws(RecordingError) { return try body() } catch { throw Failure(error) }
}
