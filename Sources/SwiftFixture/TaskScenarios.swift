import Stripchart

enum TaskScenarios {
  /// Tasks side by side, each with `request` > two times `parse`, suspended between them.
  static func requests(_ count: Int) async {
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<count {
        group.addTask {
          await span("request") {
            span("parse") {}
            await Task.yield()
            await span("fetch") { try? await Task.sleep(for: .milliseconds(1)) }
            span("parse") {}
          }
        }
      }
    }
  }

  /// All of them open at the same moment.
  static func together(_ count: Int) async {
    let gate = Gate(count)
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<count { group.addTask { await span("together") { await gate.arrive() } } }
    }
  }

  /// From thread to thread: every turn may go on elsewhere.
  static func hop(_ count: Int) async {
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<4 {
        group.addTask {
          await span("hopping") {
            for _ in 0..<count {
              await Task.yield()
              span("turn") {}
            }
          }
        }
      }
    }
  }

  actor Counter {
    var value = 0

    func count() async -> Int {
      await span("isolated") {
        value += 1
        await Task.yield()
        value += 1
        return value
      }
    }
  }

  static func isolated() async {
    print(await Counter().count())
    print(await onMain())
  }

  @MainActor static func onMain() async -> Int {
    var turns = 0
    await span("on the main actor") {
      turns += 1
      await Task.yield()
      MainActor.assertIsolated()
      turns += 1
    }
    return turns
  }

  private actor Gate {
    private var missing: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(_ count: Int) { missing = count }

    func arrive() async {
      missing -= 1
      if missing == 0 {
        for continuation in waiting { continuation.resume() }
        return
      }
      await withCheckedContinuation { waiting.append($0) }
    }
  }
}
