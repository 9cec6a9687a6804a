import StripReader
import Testing

@testable import StripAnalysis
@testable import StripRecording

@Suite struct BudgetTests {
  private let base = ComparedRecording()
  private static let mebibyte = 1_048_576.0

  private func verdict(
    _ budget: Budget, _ recording: ComparedRecording? = nil, baseline: ComparedRecording? = nil
  ) throws -> BudgetVerdict {
    let summary = (recording ?? base).summary
    return try #require(Budget.check([budget], summary, baselines: baseline.map { [$0.summary] } ?? []).first)
  }

  @Test func `a budget is held up to its limit and broken above it`() throws {
    let held = try verdict(Budget(.memory, .most(300 * Self.mebibyte)))
    #expect(held.outcome == .held)
    let broken = try verdict(Budget(.memory, .most(300 * Self.mebibyte - 1)))
    #expect(broken.outcome == .broken && broken.measured == 300 * Self.mebibyte)
  }

  @Test func `a broken budget names the span and the line with most of it`() throws {
    var grown = base
    grown.innerGrowthMebibytes = 250
    let broken = try verdict(Budget(.memory, .most(1000)), grown)
    #expect(broken.path == ["train", "step"])
    #expect(broken.place == SourcePlace(file: "/home/me/train.py", line: 20))
    #expect(broken.line == SourcePlace(file: "/home/me/train.py", line: 22))
    #expect(broken.lineText == "    out += work(rows)")
  }

  @Test func `nobody is named for what nobody has much of`() throws {
    var small = base
    small.innerGrowthMebibytes = 3
    let broken = try verdict(Budget(.memory, .most(1000)), small)
    #expect(broken.path.isEmpty && broken.line == nil)
  }

  @Test(arguments: [
    (Budget.Quantity.calls, 40.0), (.p50, 0.052), (.max, 0.054), (.mean, 0.052), (.cpu, 2), (.wall, 2.08),
    (.growth, 20 * 1_048_576),
    (.memory, 300 * 1_048_576), (.write, 0),
  ])
  func `a span has the quantities of its calls`(_ quantity: Budget.Quantity, _ expected: Double) throws {
    for name in ["step", "train/step"] {
      let verdict = try verdict(Budget(span: name, quantity, .most(0)))
      let measured = try #require(verdict.measured)
      #expect(abs(measured - expected) <= 0.017 * expected, "\(quantity) is \(measured)")
    }
  }

  @Test func `a span inside one of the same name counts once`() throws {
    var summary = base.summary
    var again = summary.spans[1]
    again.path.append("step")
    summary.spans.append(again)
    let verdicts = Budget.check(
      [Budget(span: "step", .cpu, .most(9)), Budget(span: "step", .calls, .most(99))], summary)
    #expect(verdicts.map(\.measured) == [2, 80])
  }

  @Test func `a span that is not there cannot be told, and near names are`() throws {
    let verdict = try verdict(Budget(span: "stepp", .p95, .most(1)))
    #expect(verdict.outcome == .cannotTell && verdict.measured == nil)
    #expect(verdict.reason == "no span is named \(name: "stepp"); near to it: \(name: "step")")
  }

  @Test func `a figure that is missing cannot be told`() throws {
    var summary = base.summary
    summary.total.cpuSeconds = nil
    summary.spans[1].resources = nil
    let verdicts = Budget.check([Budget(.cpu, .most(1)), Budget(span: "step", .cpu, .most(1))], summary)
    #expect(verdicts.map(\.outcome) == [.cannotTell, .cannotTell])
    #expect(verdicts.allSatisfy { $0.reason != nil })
  }

  @Test func `of a damaged recording nothing is held, but what is broken stays broken`() {
    var summary = base.summary
    summary.ending = .damaged(at: 9)
    let verdicts = Budget.check([Budget(.cpu, .most(100)), Budget(.cpu, .most(1))], summary)
    #expect(verdicts.map(\.outcome) == [.cannotTell, .broken])
    summary.ending = .whole
    summary.run.endReason = nil
    #expect(Budget.check([Budget(.cpu, .most(100))], summary)[0].outcome == .cannotTell)
  }

  @Test func `a tolerance is a part of the baseline's figure`() throws {
    var more = base
    more.peakMebibytes = 312
    let budget = Budget(.memory, .tolerance(0.05))
    let held = try verdict(budget, more, baseline: base)
    #expect(held.outcome == .held)
    more.peakMebibytes = 320
    more.innerGrowthMebibytes = 40
    let broken = try verdict(budget, more, baseline: base)
    #expect(broken.outcome == .broken && broken.baseline == 300 * Self.mebibyte)
    #expect(broken.path == ["train", "step"] && broken.line?.line == 22)
    #expect(broken.spanPart == 20 * Self.mebibyte, "what is more than in the baseline")
  }

  @Test func `a few bytes above a baseline of none are no breach`() throws {
    var base = base
    base.writtenBytes = 0
    var more = base
    more.writtenBytes = 8192
    let budget = Budget(.write, .tolerance(0))
    let held = try verdict(budget, more, baseline: base)
    more.writtenBytes = 8 << 20
    let broken = try verdict(budget, more, baseline: base)
    #expect(held.outcome == .held && broken.outcome == .broken)
  }

  @Test func `a baseline without the span cannot tell`() throws {
    var old = base
    old.hasInner = false
    let verdict = try verdict(Budget(span: "step", .cpu, .tolerance(0.1)), baseline: old)
    #expect(verdict.outcome == .cannotTell && verdict.measured == 2)
  }

  @Test func `wall time is not among what is held unasked`() {
    #expect(!Budget.stable.contains { $0.quantity == .wall })
  }
}
