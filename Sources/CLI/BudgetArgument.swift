internal import StripAnalysis

/// `p95=20ms` of a span, or of a whole run: a quantity and what it may be at most.
struct BudgetArgument {
  let budget: Budget

  /// `step:p95=20ms`. A span's name may itself hold `:` and `=`.
  static func ofSpan(_ text: String) throws(Problem) -> BudgetArgument {
    guard let equals = text.lastIndex(of: "="), let colon = text[..<equals].lastIndex(of: ":"), colon > text.startIndex
    else { throw Problem("it must be NAME:QUANTITY=LIMIT, as step:p95=20ms") }
    return try BudgetArgument(
      span: String(text[..<colon]), quantity: String(text[text.index(after: colon)..<equals]),
      limit: String(text[text.index(after: equals)...]))
  }

  /// `memory=5%`, `step:cpu=10%`.
  static func tolerance(_ text: String) throws(Problem) -> BudgetArgument {
    guard let equals = text.lastIndex(of: "=") else { throw Problem("it must be [SPAN:]QUANTITY=PART, as memory=5%") }
    let part = String(text[text.index(after: equals)...])
    guard let colon = text[..<equals].lastIndex(of: ":") else {
      return try BudgetArgument(span: nil, quantity: String(text[..<equals]), tolerance: part)
    }
    return try BudgetArgument(
      span: String(text[..<colon]), quantity: String(text[text.index(after: colon)..<equals]), tolerance: part)
  }

  struct Problem: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
  }

  init(span: String?, quantity name: String, limit: String) throws(Problem) {
    let quantity = try Self.quantity(name, span)
    guard let most = Self.amount(limit, quantity.unit) else {
      throw Problem("\(name) must be at most \(Self.form(quantity.unit)), not \(Console.quoted(limit))")
    }
    budget = Budget(span: span, quantity, .most(most))
  }

  init(span: String?, quantity name: String, tolerance: String) throws(Problem) {
    let quantity = try Self.quantity(name, span)
    guard tolerance.hasSuffix("%"), let percent = Double(tolerance.dropLast()), percent.isFinite, percent >= 0 else {
      throw Problem("a tolerance is a part of the baseline's figure, as 5%, not \(Console.quoted(tolerance))")
    }
    budget = Budget(span: span, quantity, .tolerance(percent / 100))
  }

  private static func quantity(_ name: String, _ span: String?) throws(Problem) -> Budget.Quantity {
    let known = Budget.Quantity.allCases.filter { span != nil || $0.isOfRuns }
    guard let quantity = known.first(where: { $0.rawValue == name }) else {
      let names = known.map(\.rawValue).joined(separator: ", ")
      throw Problem("\(Console.quoted(name)) is no quantity of a \(span == nil ? "run" : "span"): \(names)")
    }
    return quantity
  }

  /// Unlike sizes and times elsewhere, a limit may be zero.
  private static func amount(_ text: String, _ unit: ComparedMetric.Unit) -> Double? {
    let isZero = text.hasPrefix("0") && !text.dropFirst().contains { $0 >= "0" && $0 <= "9" || $0 == "." }
    let text = isZero ? "1" + text.dropFirst() : text
    let amount: Double? =
      switch unit {
      case .bytes: SizeArgument(argument: text).map { Double($0.bytes) }
      case .seconds: DurationArgument(argument: text).map { Double($0.nanoseconds) / 1e9 }
      case .count: UInt64(text).map { Double($0) }
      }
    return amount.map { isZero ? 0 : $0 }
  }

  private static func form(_ unit: ComparedMetric.Unit) -> String {
    switch unit {
    case .bytes: "a size, as 500MiB"
    case .seconds: "a time, as 20ms"
    case .count: "a number, as 100"
    }
  }
}
