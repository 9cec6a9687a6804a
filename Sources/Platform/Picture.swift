internal import CStripPlatform

/// A PNG of an SVG, by librsvg, which is opened when it is asked for.
package enum Picture {
  package enum Failure: Error, Equatable {
    /// librsvg-2.so.2 and what belongs to it are not on this machine.
    case noLibrary
    case failed(String)
  }

  /// Writes `path`, of so many pixels.
  package static func writePNG(_ svg: String, width: Int, height: Int, to path: String)
    throws(Failure)
  {
    var reason = ""
    let status = unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 200) {
      error -> Int32 in
      unsafe error.initialize(repeating: 0)
      var svg = svg
      let status = svg.withUTF8 { bytes in
        unsafe bytes.withMemoryRebound(to: CChar.self) { text in
          // Safe because the length is the buffer's own and the path ends with a NUL.
          unsafe path.withCString {
            unsafe strip_svg_to_png(
              text.baseAddress!, text.count, Int32(width), Int32(height), $0, error.baseAddress!,
              error.count)
          }
        }
      }
      reason = unsafe String(cString: error.baseAddress!)
      return status
    }
    if status == Int32(STRIP_PICTURE_NO_RSVG) { throw .noLibrary }
    if status != 0 { throw .failed(reason) }
  }
}
