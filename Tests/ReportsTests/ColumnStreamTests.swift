@testable import StripAnalysis
import Testing

@testable import StripReports

@Suite struct ColumnStreamTests {
  private static func bytes(of tables: [ColumnTable]) -> [UInt8] {
    final class Written { var bytes: [UInt8] = [] }
    let written = Written()
    ColumnStream(RecordingSummary(), tables).write { written.bytes += $0 }
    return written.bytes
  }

  private static func word(_ bytes: [UInt8], _ at: Int) -> UInt64 {
    (0..<8).reduce(0) { $0 | UInt64(bytes[at + $1]) << UInt64(8 * $1) }
  }

  private static func dataStart(_ bytes: [UInt8]) -> Int { (16 + Int(word(bytes, 8)) + 63) / 64 * 64 }

  @Test func `the head is a magic, a length, a JSON object and zeros up to 64`() {
    let bytes = Self.bytes(of: [])
    #expect(String(decoding: bytes[..<8], as: UTF8.self) == "STRIPCOL")
    let end = 16 + Int(Self.word(bytes, 8))
    #expect(bytes[16] == 0x7B && bytes[..<end].last { $0 > 0x20 } == 0x7D)
    #expect(bytes[end...].allSatisfy { $0 == 0 })
    #expect(bytes.count == Self.dataStart(bytes))
  }

  @Test(arguments: [0, 1, 8, 9, 70_000])
  func `columns follow one another at multiples of 64`(rows: Int) {
    let table = ColumnTable(
      name: "t", rows: rows,
      columns: [
        Column(name: "b", unit: "", values: .byte { UInt8(truncatingIfNeeded: $0) }),
        Column(name: "w", unit: "", values: .wide { Int64($0) - 3 }),
        Column(name: "r", unit: "", values: .real { Double($0) / 4 }),
      ])
    let bytes = Self.bytes(of: [table])
    func padded(_ count: Int) -> Int { (count + 63) / 64 * 64 }
    let first = Self.dataStart(bytes)
    let second = first + padded(rows)
    let third = second + padded(8 * rows)
    #expect(bytes.count == third + padded(8 * rows))
    #expect((0..<rows).allSatisfy { bytes[first + $0] == UInt8(truncatingIfNeeded: $0) })
    #expect((0..<rows).allSatisfy { Int64(bitPattern: Self.word(bytes, second + 8 * $0)) == Int64($0) - 3 })
    #expect((0..<rows).allSatisfy { Double(bitPattern: Self.word(bytes, third + 8 * $0)) == Double($0) / 4 })
  }

  @Test func `a column of one value stores it once`() {
    let column = Column(name: "c", unit: "s", values: .real { _ in .nan }, isConstant: true)
    let bytes = Self.bytes(of: [ColumnTable(name: "t", rows: 1000, columns: [column])])
    #expect(bytes.count == Self.dataStart(bytes) + 64)
    #expect(Double(bitPattern: Self.word(bytes, Self.dataStart(bytes))).isNaN)
  }
}
