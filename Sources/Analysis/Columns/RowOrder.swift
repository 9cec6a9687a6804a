/// Rows in the order of a column's values; equal ones as they were gathered.
struct RowOrder: Sendable {
  /// `nil`: they are in order.
  private var rows: [UInt32]?
  private var places: [UInt32] = []

  init() {}

  init(of column: GatheredColumn<Int64>) {
    let isOrdered = column.count < 2 || (1..<column.count).allSatisfy { column[$0 - 1] <= column[$0] }
    if isOrdered || column.count > UInt32.max { return }
    // The standard library's sort finds what is in order already: here, long runs of each thread.
    let rows = (0..<UInt32(column.count)).sorted {
      let (left, right) = (column[Int($0)], column[Int($1)])
      return left != right ? left < right : $0 < $1
    }
    places = [UInt32](repeating: 0, count: rows.count)
    for (place, row) in rows.enumerated() { places[Int(row)] = UInt32(place) }
    self.rows = rows
  }

  /// The gathered row that comes at `place`.
  @inline(__always)
  subscript(place: Int) -> Int { rows.map { Int($0[place]) } ?? place }

  /// The place of a gathered row; what is no row (-1) stays.
  func place(of row: Int64) -> Int64 { rows == nil || row < 0 ? row : Int64(places[Int(row)]) }
}
