internal import StripReader
internal import StripRecording

/// Lines of all processes, until the functions and texts that notes name are all known.
package struct LineBook: Sendable {
  private struct Code {
    var file: String?
    var name: String?
    var firstLine: UInt32
    var count: UInt32
  }

  private struct Function: Hashable {
    let file: String?
    let name: String?
    let firstLine: UInt32
  }

  private var codes: [UInt32: Code] = [:]
  private var tables: [UInt32: [UInt32: LineUsage]] = [:]
  /// The text of lines by file, the first that was recorded.
  private var texts: [String: [UInt32: String]] = [:]
  private var ambiguous: Set<String> = []
  private var newer: Set<String> = []
  /// No function is longer; a greater number comes from damage.
  private static let longest: UInt32 = 100_000

  package init() {}

  // MARK: what the recording says

  mutating func code(_ note: Note) {
    guard let number = Self.number(note.integer("code")) else { return }
    codes[number] = Code(
      file: note.text("file"), name: note.text("name"), firstLine: Self.number(note.integer("first_line")) ?? 0,
      count: min(Self.number(note.integer("lines")) ?? 0, Self.longest))
  }

  mutating func source(_ note: Note) {
    guard let file = note.text("file"), let text = note.text("text"),
      var line = Self.number(note.integer("first_line"))
    else { return }
    if note.flag("newer") { newer.insert(file) }
    for part in Self.lines(of: text) {
      if let known = texts[file]?[line] {
        if known != part { ambiguous.insert(file) }
      } else {
        texts[file, default: [:]][line] = part
      }
      guard line < .max else { return }
      line += 1
    }
  }

  private static func number(_ value: Int64?) -> UInt32? { value.flatMap { UInt32(exactly: $0) } }

  /// Without their ends, whatever these are.
  private static func lines(of text: String) -> [String] {
    var lines: [String] = []
    var line = String.UnicodeScalarView()
    var last: Unicode.Scalar?
    for scalar in text.unicodeScalars {
      if scalar == "\n" {
        if last == "\r" { line.removeLast() }
        lines.append(String(line))
        line = String.UnicodeScalarView()
      } else {
        line.append(scalar)
      }
      last = scalar
    }
    if !line.isEmpty { lines.append(String(line)) }
    return lines
  }

  mutating func add(_ table: RecordedLines, _ seconds: (UInt64) -> Double) {
    for line in table.lines {
      var usage = tables[line.code]?[line.line] ?? LineUsage(line: line.line)
      usage.add(line, seconds)
      tables[line.code, default: [:]][line.line] = usage
    }
  }

  // MARK: the end

  /// The text of a line, if it was recorded.
  func text(_ file: String, _ line: UInt32) -> String? { texts[file]?[line] }

  /// Was the file changed after what ran had been built?
  func isNewer(_ file: String) -> Bool { newer.contains(file) }

  /// All functions of which a line ran; those of the same file, name and first line are one.
  package var functions: [FunctionUsage] {
    var places: [Function: Int] = [:]
    var functions: [FunctionUsage] = []
    var lineCounts: [UInt32] = []
    for (number, table) in tables.sorted(by: { $0.key < $1.key }) {
      let code = codes[number]
      let key = Function(file: code?.file, name: code?.name, firstLine: code?.firstLine ?? 0)
      let place = code == nil ? functions.count : places[key] ?? functions.count
      if place == functions.count {
        var function = FunctionUsage()
        function.file = code?.file
        function.name = code?.name
        function.firstLine = code?.firstLine ?? 0
        functions.append(function)
        lineCounts.append(0)
        if code != nil { places[key] = place }
      }
      lineCounts[place] = max(lineCounts[place], code?.count ?? 0)
      for line in table.values {
        if let known = functions[place].lines.firstIndex(where: { $0.line == line.line }) {
          functions[place].lines[known].add(line)
        } else {
          functions[place].lines.append(line)
        }
      }
    }
    for index in functions.indices { finish(&functions[index], lineCounts[index]) }
    return functions.sorted {
      ($1.selfNanoseconds, $0.file ?? "", $0.firstLine) < ($0.selfNanoseconds, $1.file ?? "", $1.firstLine)
    }
  }

  private func finish(_ function: inout FunctionUsage, _ count: UInt32) {
    function.lines.sort { $0.line < $1.line }
    guard let file = function.file, let texts = texts[file] else { return }
    let first = function.firstLine
    let source = (0..<count).map { texts[first &+ $0] }
    guard source.contains(where: { $0 != nil }) else { return }
    function.source = source
    function.isSourceAmbiguous = ambiguous.contains(file)
  }

  /// Hits of the lines of all tables.
  static func hits(_ table: RecordedLines) -> UInt64 { table.lines.reduce(0) { $0 &+ $1.hits } }
}

extension LineUsage {
  fileprivate mutating func add(_ line: RecordedLine, _ seconds: (UInt64) -> Double) {
    var other = LineUsage(line: line.line)
    other.hits = line.hits
    other.selfNanoseconds = line.selfNanoseconds
    other.totalNanoseconds = line.totalNanoseconds
    other.greatestNanoseconds = line.greatestNanoseconds
    other.cpuNanoseconds = line.cpuNanoseconds
    other.residentGrowthBytes = line.residentGrowthBytes
    other.storageBytes = line.storageBytes
    other.minorFaults = line.minorFaults
    other.openSinceSeconds = line.openSince.map(seconds)
    add(other)
  }

  fileprivate mutating func add(_ other: LineUsage) {
    hits &+= other.hits
    selfNanoseconds &+= other.selfNanoseconds
    totalNanoseconds &+= other.totalNanoseconds
    greatestNanoseconds = max(greatestNanoseconds, other.greatestNanoseconds)
    cpuNanoseconds &+= other.cpuNanoseconds
    residentGrowthBytes &+= other.residentGrowthBytes
    storageBytes &+= other.storageBytes
    minorFaults &+= other.minorFaults
    if let since = other.openSinceSeconds { openSinceSeconds = min(openSinceSeconds ?? since, since) }
  }
}
