package import StripAnalysis

/// Writes tables so that numpy maps them without copying: `Docs/columns.md` is the layout's contract.
package struct ColumnStream {
  package static let version = 1
  static let magic = "STRIPCOL"
  static let alignment = 64

  private let summary: RecordingSummary
  private let tables: [ColumnTable]

  package init(_ summary: RecordingSummary, _ tables: [ColumnTable]) {
    self.summary = summary
    self.tables = tables
  }

  /// Hands the stream on in blocks of some hundred kilobytes.
  package func write(to sink: @escaping RowSink) {
    var output = Output(sink)
    let header = header
    output.bytes += Self.magic.utf8
    output.append(0..<1) { _ in UInt64(header.utf8.count) }
    output.bytes += header.utf8
    output.pad()
    for table in tables {
      for column in table.columns { write(column, stored(column, of: table.rows), &output) }
    }
    output.flush()
  }

  private func write(_ column: Column, _ count: Int, _ output: inout Output) {
    let perBlock = Output.blockSize / column.width
    for first in stride(from: 0, to: count, by: perBlock) {
      let rows = first..<min(count, first + perBlock)
      switch column.values {
      case .real(let value): output.append(rows) { value($0).bitPattern }
      case .wide(let value): output.append(rows, value)
      case .narrow(let value): output.append(rows, value)
      case .byte(let value): output.append(rows, value)
      }
      output.flushWhenFull()
    }
    output.pad()
  }

  /// One value is enough where all are the same.
  private func stored(_ column: Column, of rows: Int) -> Int { column.isConstant ? min(rows, 1) : rows }

  // MARK: the header

  private var header: String {
    var json = JSONWriter()
    var offset = 0
    json.array { json in
      for table in tables {
        json.object { json in
          json.member("name", table.name)
          json.member("rows", table.rows)
          json.member("process", table.process)
          json.key("columns")
          json.array { json in
            for column in table.columns { json.object { self.column(column, table.rows, &offset, &$0) } }
          }
        }
      }
    }
    return """
      {"version": \(Self.version), "summary": \(JSONReport(summary).text), "tables": \(json.text)}

      """
  }

  private func column(_ column: Column, _ rows: Int, _ offset: inout Int, _ json: inout JSONWriter) {
    let count = stored(column, of: rows)
    json.member("name", column.name)
    json.member("type", column.type)
    json.member("unit", column.unit)
    json.member("offset", offset)
    json.member("count", count)
    if let categories = column.categories { json.member("categories", categories) }
    offset += Output.padding(after: count * column.width) + count * column.width
  }
}

/// Bytes on their way to a sink, which know where in the stream they stand.
private struct Output {
  static let blockSize = 1 << 18
  var bytes: [UInt8] = []
  private var flushed = 0
  private let sink: RowSink

  init(_ sink: @escaping RowSink) { self.sink = sink }

  static func padding(after count: Int) -> Int {
    (ColumnStream.alignment - count % ColumnStream.alignment) % ColumnStream.alignment
  }

  mutating func append<Integer: FixedWidthInteger>(_ rows: Range<Int>, _ value: (_ row: Int) -> Integer) {
    let width = Integer.bitWidth / 8
    bytes += [UInt8](unsafeUninitializedCapacity: rows.count * width) { buffer, count in
      count = rows.count * width
      for row in rows {
        let offset = (row - rows.lowerBound) * width
        UnsafeMutableRawBufferPointer(buffer).storeBytes(
          of: value(row).littleEndian, toByteOffset: offset, as: Integer.self)
      }
    }
  }

  mutating func pad() {
    bytes.append(contentsOf: repeatElement(0, count: Self.padding(after: flushed + bytes.count)))
  }

  mutating func flushWhenFull() { if bytes.count >= Self.blockSize { flush() } }

  mutating func flush() {
    sink(bytes)
    flushed += bytes.count
    bytes.removeAll(keepingCapacity: true)
  }
}
