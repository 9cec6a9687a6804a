internal import StripAnalysis
internal import StripPlatform

/// The budgets of a file (``BudgetFile``): tables `budgets`, `span.NAME`, `tolerance` and `tolerance.NAME`.
enum BudgetFileReader {
  static func budgets(in path: String) throws(Failure) -> [Budget] {
    let text = try text(of: path)
    let entries: [BudgetFile.Entry]
    do throws(BudgetFile.Problem) { entries = try BudgetFile(text).entries } catch {
      throw failure(path, error)
    }
    var budgets: [Budget] = []
    for entry in entries {
      do throws(BudgetArgument.Problem) { budgets.append(try budget(entry)) } catch {
        throw failure(path, BudgetFile.Problem(line: entry.line, column: entry.column, error.description))
      }
    }
    return budgets
  }

  private static func budget(_ entry: BudgetFile.Entry) throws(BudgetArgument.Problem) -> Budget {
    let span = entry.table.count == 2 ? entry.table[1] : nil
    switch (entry.table.first, entry.table.count) {
    case ("budgets", 1), ("span", 2):
      return try BudgetArgument(span: span, quantity: entry.key, limit: entry.value).budget
    case ("tolerance", 1), ("tolerance", 2):
      return try BudgetArgument(span: span, quantity: entry.key, tolerance: entry.value).budget
    default:
      let known = "[budgets], [span.NAME], [tolerance] and [tolerance.NAME]"
      throw BudgetArgument.Problem("\(Console.quoted(entry.key)) stands in no table that is known: \(known)")
    }
  }

  private static func text(of path: String) throws(Failure) -> String {
    do throws(SystemError) { return String(decoding: try FileSystem.contents(of: path), as: UTF8.self) } catch {
      throw Failure(
        error.isDenied ? .permission : .noInput, "cannot read \(Console.quoted(path)): \(error.text)",
        hint: "--budgets takes a TOML file")
    }
  }

  private static func failure(_ path: String, _ problem: BudgetFile.Problem) -> Failure {
    Failure(
      .usage, "\(Console.quoted(path)), line \(problem.line), column \(problem.column): \(problem.message)",
      hint: "stripchart help check shows such a file")
  }
}
