internal import StripAnalysis
internal import StripPlatform
internal import StripRecording
internal import StripReports

/// `report --svg` and `report --png`.
struct PictureWriter {
  let target: ReportFile

  /// A PNG has this many pixels for one of the drawing: sharp on today's screens.
  private static let scale = 2

  func write(_ summary: RecordingSummary, select: String?, isPNG: Bool) throws {
    let timeline = try explaining { () throws(RecordingError) in try Timeline.gather(summary) }
    let names = (select ?? "").split(separator: ",").map { $0.trimmed }.filter { !$0.isEmpty }
    if let unknown = StripPicture.unknown(names, in: timeline).first {
      throw Failure(
        .usage, "the recording has no \(Console.quoted(unknown)) to draw",
        hint: "it has " + StripPicture.names(in: timeline).joined(separator: ", "))
    }
    let picture = StripPicture(summary, timeline, select: names).drawn
    try target.write(ending: isPNG ? "png" : "svg") { file, path throws(Failure) in
      if isPNG { try writePNG(picture, path) } else { file.append(Array(picture.svg.utf8)) }
    }
  }

  private func writePNG(_ picture: StripPicture.Drawing, _ path: String) throws(Failure) {
    do throws(Picture.Failure) {
      try Picture.writePNG(
        picture.svg, width: Int(StripPicture.width) * Self.scale,
        height: picture.height * Self.scale, to: path)
    } catch {
      switch error {
      case .noLibrary:
        throw Failure(
          .cannotRun, "a PNG needs librsvg, which this machine does not have",
          hint: "install it (Debian, Ubuntu: apt-get install librsvg2-2), or take --svg")
      case .failed(let reason):
        throw Failure(.inputOutput, "cannot write \(Console.quoted(path)): \(reason)")
      }
    }
  }
}

extension Substring {
  fileprivate var trimmed: String {
    String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}
