import StripRecording
import Testing

@testable import StripAnalysis

extension Column {
  /// Its values as anything that compares; missing texts and numbers are `nil`.
  func real(_ row: Int) -> Double? {
    switch values {
    case .real(let value): value(isConstant ? 0 : row).isNaN ? nil : value(isConstant ? 0 : row)
    case .wide(let value): Double(value(row))
    case .narrow(let value): Double(value(row))
    case .byte(let value): Double(value(row))
    }
  }

  func text(_ row: Int) -> String? {
    guard case .narrow(let value) = values, let categories, value(row) >= 0 else { return nil }
    return categories[Int(value(row))]
  }
}

extension ColumnTable {
  func reals(_ name: String) throws -> [Double?] {
    let column = try #require(columns.first { $0.name == name }, "\(self.name) has no \(name)")
    return (0..<rows).map { column.real($0) }
  }

  func texts(_ name: String) throws -> [String?] {
    let column = try #require(columns.first { $0.name == name }, "\(self.name) has no \(name)")
    return (0..<rows).map { column.text($0) }
  }
}

@Suite struct GatheredColumnTests {
  @Test(arguments: [1, 2, 65_535, 65_536, 65_537, 200_000])
  func `what was stored comes back, from the first different value on`(count: Int) {
    var column = GatheredColumn<Int64>()
    for row in 0..<count { column.append(row < count / 2 ? 7 : Int64(row)) }
    #expect(column.count == count)
    #expect((0..<count).allSatisfy { column[$0] == ($0 < count / 2 ? 7 : Int64($0)) })
  }

  @Test func `equal values are one constant`() {
    var column = GatheredColumn<Int32>()
    for _ in 0..<100_000 { column.append(5) }
    #expect(column.constant == 5)
    column[99_999] = 5
    #expect(column.constant == 5)
    column[70_000] = 6
    #expect(column.constant == nil)
    #expect(column[69_999] == 5 && column[70_000] == 6 && column[99_999] == 5)
    column.append(5)
    #expect(column.count == 100_001 && column[100_000] == 5)
  }
}

@Suite struct RowOrderTests {
  private func column(_ values: [Int64]) -> GatheredColumn<Int64> {
    var column = GatheredColumn<Int64>()
    for value in values { column.append(value) }
    return column
  }

  @Test func `rows in order stay where they are`() {
    let order = RowOrder(of: column([1, 1, 2, 5]))
    #expect((0..<4).map { order[$0] } == [0, 1, 2, 3])
    #expect(order.place(of: 3) == 3)
  }

  @Test func `rows are in the order of their values and equal ones as they came`() {
    let order = RowOrder(of: column([4, 1, 4, 0, 1]))
    #expect((0..<5).map { order[$0] } == [3, 1, 4, 0, 2])
    #expect((-1..<5).map { order.place(of: $0) } == [-1, 3, 1, 4, 0, 2])
  }

  @Test func `no row and one row are in order`() {
    #expect(RowOrder(of: column([])).place(of: -1) == -1)
    #expect(RowOrder(of: column([9]))[0] == 0)
  }
}

@Suite struct ArgumentTextTests {
  @Test func `arguments are a JSON object on one line`() {
    let arguments = [
      Annotation("step", 3), Annotation("name", text: "a \"b\"\\\n\u{1}é"), Annotation("on", flag: true),
    ]
    #expect(arguments.json == #"{"step": 3, "name": "a \"b\"\\\u000a\u0001é", "on": true}"#)
    #expect(([] as [Annotation]).json == "{}")
  }
}
