/// Rows under named columns, ready to be written.
package struct ColumnTable: Sendable {
  package let name: String
  package let rows: Int
  package let columns: [Column]
  /// Whose figures these are: the place in the summary's processes.
  package var process: Int?
}

/// One column of a table: a value for each row, in a form that numpy maps as it is.
package struct Column: Sendable {
  package enum Values: Sendable {
    /// 64-bit floating point; NaN is missing.
    case real(@Sendable (_ row: Int) -> Double)
    case wide(@Sendable (_ row: Int) -> Int64)
    case narrow(@Sendable (_ row: Int) -> Int32)
    case byte(@Sendable (_ row: Int) -> UInt8)
  }

  package let name: String
  /// `s`, `bytes`, `percent`, `count`; empty: the value has none.
  package let unit: String
  package let values: Values
  /// All rows have the value of row 0, so one is enough.
  package var isConstant = false
  /// The values are places in this list; −1 is missing.
  package var categories: [String]?

  /// As numpy writes it, without the byte order.
  package var type: String {
    switch values {
    case .real: "f64"
    case .wide: "i64"
    case .narrow: "i32"
    case .byte: "u8"
    }
  }

  package var width: Int {
    switch values {
    case .real, .wide: 8
    case .narrow: 4
    case .byte: 1
    }
  }
}

extension Column {
  /// Whole numbers as floating point, so that missing ones have a value: NaN. Divided by `divisor`, as multiplying by its
  /// inverse would not give the nearest number.
  init(
    _ name: String, _ unit: String, _ gathered: GatheredColumn<Int64>, dividedBy divisor: Double = 1,
    from zero: Int64 = 0, order: RowOrder = RowOrder()
  ) {
    self.init(
      name: name, unit: unit,
      values: .real { row in
        let value = gathered[order[row]]
        return value == GatheredColumn<Int64>.missing ? .nan : Double(value &- zero) / divisor
      },
      isConstant: gathered.constant != nil)
  }
}

/// Texts and their numbers, in the order of appearance.
struct Categories: Sendable {
  private(set) var texts: [String] = []
  private var numbers: [String: Int32] = [:]

  static let missing: Int32 = -1

  mutating func number(of text: String) -> Int32 {
    if let known = numbers[text] { return known }
    texts.append(text)
    numbers[text] = Int32(texts.count - 1)
    return Int32(texts.count - 1)
  }
}
