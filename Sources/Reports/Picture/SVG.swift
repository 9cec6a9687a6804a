/// The few elements of SVG that a picture needs. Coordinates are in pixels; texts are escaped.
struct SVG {
  private(set) var text = ""

  static func number(_ value: Double) -> String {
    guard value.isFinite else { return "0" }
    let hundredths = Int((min(max(value, -1e9), 1e9) * 100).rounded())
    let whole = "\(hundredths.magnitude / 100)"
    let rest = Int(hundredths.magnitude % 100)
    let fraction =
      rest == 0 ? "" : rest % 10 == 0 ? ".\(rest / 10)" : rest < 10 ? ".0\(rest)" : ".\(rest)"
    return (hundredths < 0 ? "-" : "") + whole + fraction
  }

  mutating func rectangle(
    _ x: Double, _ y: Double, _ width: Double, _ height: Double, fill: String, title: String? = nil,
    radius: Double = 0
  ) {
    let n = Self.number
    let head =
      "<rect x=\"\(n(x))\" y=\"\(n(y))\" width=\"\(n(max(width, 0)))\" height=\"\(n(height))\""
    let shape = head + (radius > 0 ? " rx=\"\(n(radius))\"" : "") + " fill=\"\(fill)\""
    text += title.map { "\(shape)><title>\(Self.escaped($0))</title></rect>\n" } ?? "\(shape)/>\n"
  }

  mutating func line(
    _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, stroke: String, width: Double = 1,
    dashes: String? = nil
  ) {
    let n = Self.number
    let dash = dashes.map { " stroke-dasharray=\"\($0)\"" } ?? ""
    text +=
      "<line x1=\"\(n(x1))\" y1=\"\(n(y1))\" x2=\"\(n(x2))\" y2=\"\(n(y2))\" stroke=\"\(stroke)\" "
      + "stroke-width=\"\(n(width))\"\(dash)/>\n"
  }

  mutating func circle(_ x: Double, _ y: Double, _ radius: Double, fill: String) {
    let n = Self.number
    text += "<circle cx=\"\(n(x))\" cy=\"\(n(y))\" r=\"\(n(radius))\" fill=\"\(fill)\"/>\n"
  }

  /// `path`: as in the attribute `d`.
  mutating func path(
    _ path: String, fill: String = "none", opacity: Double = 1, stroke: String? = nil
  ) {
    guard !path.isEmpty else { return }
    let line =
      stroke.map { " stroke=\"\($0)\" stroke-width=\"1.4\" stroke-linejoin=\"round\"" } ?? ""
    let faint = opacity < 1 ? " fill-opacity=\"\(Self.number(opacity))\"" : ""
    text += "<path d=\"\(path)\" fill=\"\(fill)\"\(faint)\(line)/>\n"
  }

  /// What belongs together, under one title that a browser shows under the mouse.
  mutating func group(title: String?, _ content: (inout SVG) -> Void) {
    text += title.map { "<g><title>\(Self.escaped($0))</title>\n" } ?? "<g>\n"
    content(&self)
    text += "</g>\n"
  }

  enum Anchor: String { case start, middle, end }

  mutating func label(
    _ label: String, _ x: Double, _ y: Double, size: Double = 11, fill: String,
    anchor: Anchor = .start, bold: Bool = false
  ) {
    let n = Self.number
    text +=
      "<text x=\"\(n(x))\" y=\"\(n(y))\" font-size=\"\(n(size))\" fill=\"\(fill)\""
      + (anchor == .start ? "" : " text-anchor=\"\(anchor.rawValue)\"")
      + (bold ? " font-weight=\"600\"" : "")
      + ">\(Self.escaped(label))</text>\n"
  }

  /// For text and attributes.
  static func escaped(_ text: String) -> String { MarkupText.escaped(ShownText.escaped(text)) }
}
