internal import StripAnalysis

/// The machine's part of a report in Markdown: the answer, a line for each resource, who used most.
struct MachineMarkdown {
  private let summary: RecordingSummary
  private let selection: ReportSelection
  private let text: FindingText

  init(_ summary: RecordingSummary, _ selection: ReportSelection, _ text: FindingText) {
    self.summary = summary
    self.selection = selection
    self.text = text
  }

  var sections: [[String]] { [answer, resources, processes] }

  private var answer: [String] {
    let sentences = MachineAnswer(summary).sentences.map { text.sentence($0) }
    return sentences.isEmpty ? [] : [sentences.joined(separator: " ")]
  }

  private var resources: [String] {
    let rows = MachineSection(summary).entries.map { [$0.name, Self.inTable($0.entry)] }
    return rows.isEmpty ? [] : MarkdownText.table(["resource", "use"], numbers: [], rows)
  }

  private var processes: [String] {
    let table = SurveyTable(summary, selection)
    let width = SurveyTable.columns.count
    var rows: [[String]] = []
    func heading(_ title: String) { rows.append(["", "**\(title)**"] + [String](repeating: "", count: width - 2)) }
    for part in table.parts {
      heading(part.title)
      rows += part.processes.map { process in
        var cells = table.cells(process)
        cells[1] = MarkdownText.code(ShownText.cut(process.shownCommand, to: 60), inTable: true)
        cells[2] = MarkdownText.code(cells[2], inTable: true)
        return cells
      }
    }
    guard !rows.isEmpty else { return [] }
    heading("sums")
    return MarkdownText.table(SurveyTable.columns, numbers: [0, 3, 4, 5, 6, 7], rows + table.sums)
  }

  private static func inTable(_ text: String) -> String {
    text.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
  }
}
