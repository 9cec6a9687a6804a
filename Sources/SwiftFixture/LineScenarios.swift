import Glibc
import Stripchart

enum LineScenarios {
  static func counted(threads: Int, turns: Int) {
    SyncScenarios.inThreads(threads) { loop(turns) }
  }

  private static let text: StaticString = """
    func loop(_ turns: Int) {
      for turn in 0..<turns {
        if turn % 2 == 0 {
          even()
        }
      }
    }
    """

  @inline(never) static func loop(_ turns: Int) {
    var lines = LineScope(function: "loop(_:)", file: "Fixture/Loop.swift", firstLine: 10, lineCount: 7, source: text)
    defer { lines.end() }
    lines.at(11)
    for turn in 0..<turns {
      lines.at(12)
      if turn % 2 == 0 {
        lines.at(13)
        even()
      }
    }
  }

  @inline(never) static func even() {
    var lines = LineScope(
      function: "even()", file: "Fixture/Loop.swift", firstLine: 20, lineCount: 3, source: "func even() {\n  work()\n}")
    defer { lines.end() }
    lines.at(21)
    var sum = 0
    for number in 0..<100 { sum &+= number &* sum }
    if sum == 1 { print(sum) }
  }

  static func suspended(_ turns: Int) async {
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<4 {
        group.addTask {
          var lines = AsyncLineScope(
            function: "suspended(_:)", file: "Fixture/Async.swift", firstLine: 1, lineCount: 5,
            source: "func suspended(_ turns: Int) async {\n  for _ in 0..<turns {\n    await sleep()\n  }\n}")
          defer { lines.end() }
          lines.at(2)
          for _ in 0..<turns {
            lines.at(3)
            try? await Task.sleep(for: .milliseconds(2))
          }
        }
      }
    }
  }

  static func endless() {
    var lines = LineScope(
      function: "endless()", file: "Fixture/Endless.swift", firstLine: 1, lineCount: 5,
      source: "func endless() {\n  while true {\n    turn()\n  }\n}")
    defer { lines.end() }
    lines.at(2)
    while true {
      lines.at(3)
      usleep(100)
    }
  }
}
