/// Columns of text under a header, all lines of one width. One column, usually a name, takes what room is left; where that
/// is too little, the least important columns are left out.
struct TextTable {
  struct Column {
    let title: String
    var isNumber = true
    /// Columns with the greatest number go first; `nil`: never.
    var dispensability: Int?
    /// Where it is too narrow, the end is cut off and not the middle.
    var isCutAtEnd = false
  }

  enum Emphasis { case none, total, failure, dim }

  private struct Row {
    let cells: [String]
    let emphasis: Emphasis
  }

  private let columns: [Column]
  private let flexible: Int
  private var rows: [Row] = []
  /// The flexible column is not made narrower than this while another can go.
  private let leastFlexible: Int

  init(_ columns: [Column], flexible: Int, least: Int = 12) {
    self.columns = columns
    self.flexible = flexible
    leastFlexible = least
  }

  /// Cells hold shown text.
  mutating func append(_ cells: [String], _ emphasis: Emphasis = .none) {
    rows.append(Row(cells: cells, emphasis: emphasis))
  }

  func lines(width: Int, _ style: TerminalStyle) -> [String] {
    var widths = columns.indices.map { column in
      rows.reduce(ShownText.width(columns[column].title)) { max($0, ShownText.width($1.cells[column])) }
    }
    var shown = Array(columns.indices)
    let gap = width >= 100 ? 2 : 1
    func room(_ shown: [Int]) -> Int {
      width - shown.reduce(0) { $0 + ($1 == flexible ? 0 : widths[$1]) } - gap * (shown.count - 1)
    }
    while room(shown) < min(leastFlexible, widths[flexible]), let dispensable = mostDispensable(shown) {
      shown.removeAll { $0 == dispensable }
    }
    widths[flexible] = max(1, min(widths[flexible], room(shown)))

    func line(_ cells: [String]) -> String {
      var line = ""
      for column in shown {
        if !line.isEmpty { line += String(repeating: " ", count: gap) }
        let cell = column == flexible ? fitted(cells[column], columns[column], widths[column]) : cells[column]
        line += ShownText.padded(cell, to: widths[column], right: columns[column].isNumber)
      }
      while line.last == " " { line.removeLast() }
      return line
    }
    return [style.dim(line(columns.map(\.title)))]
      + rows.map { style.paint(line($0.cells), $0.emphasis) }
  }

  private func fitted(_ cell: String, _ column: Column, _ width: Int) -> String {
    column.isCutAtEnd ? ShownText.cut(cell, to: width) : ShownText.shortened(cell, to: width)
  }

  private func mostDispensable(_ shown: [Int]) -> Int? {
    shown.filter { columns[$0].dispensability != nil }
      .max { (columns[$0].dispensability ?? 0) < (columns[$1].dispensability ?? 0) }
  }
}
