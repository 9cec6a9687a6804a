import StripReader
import StripModel
import Testing

@testable import StripAnalysis
@testable import StripRecording

@Suite struct ComparisonTests {
  private let base = ComparedRecording()

  private func compared(_ change: (inout ComparedRecording) -> Void) -> Comparison {
    var other = base
    change(&other)
    return Comparison([base.summary], [other.summary])
  }

  private func blamed(_ comparison: Comparison, _ metric: ComparedMetric) -> (span: [String]?, line: Int64?) {
    var span: [String]?
    var line: Int64?
    if case .span(let found)? = comparison.spans(responsibleFor: metric).first?.code { span = found.path }
    if case .line(let found)? = comparison.lines(responsibleFor: metric).first?.code { line = found.place.line }
    return (span, line)
  }

  @Test func `a recording compared with itself has no change`() {
    let comparison = compared { _ in }
    let all = comparison.totals + comparison.spans.flatMap(\.changes)
    #expect(all.allSatisfy { !$0.isChange })
    #expect(comparison.notes.isEmpty)
    #expect(comparison.totals.allSatisfy { $0.difference == 0 })
  }

  @Test func `more CPU time is charged to the span and the line that used it`() {
    let comparison = compared {
      $0.cpu = 6
      $0.innerCPU = 4
    }
    #expect(comparison.total(.cpu)?.judgement == .more)
    #expect(comparison.total(.cpu)?.difference == 2)
    #expect(comparison.total(.cpu)?.share == 0.5)
    let (span, line) = blamed(comparison, .cpu)
    #expect(span == ["train", "step"] && line == 22)
    #expect(comparison.spans(responsibleFor: .cpu).count == 1, "the span around it used no more itself")
  }

  @Test func `memory that grew is charged to the span that grew it`() {
    let comparison = compared {
      $0.peakMebibytes = 420
      $0.innerGrowthMebibytes = 140
    }
    let (span, line) = blamed(comparison, .peakMemory)
    #expect(span == ["train", "step"] && line == 22)
    #expect(comparison.total(.peakMemory)?.judgement == .more)
  }

  @Test func `memory that a call took and gave back is charged to the innermost span in which it rose`() {
    let comparison = compared {
      $0.peakMebibytes = 420
      $0.innerRiseMebibytes = 130
    }
    #expect(blamed(comparison, .peakMemory).span == ["train", "step"])
    #expect(comparison.spans(responsibleFor: .peakMemory).count == 1)
  }

  @Test func `bytes are charged to the inner span once`() {
    let comparison = compared {
      $0.writtenBytes = 40 << 20
      $0.innerWrittenBytes = 32 << 20
    }
    let parts = comparison.spans(responsibleFor: .storage)
    #expect(parts.count == 1 && parts.first?.share == 1)
    #expect(blamed(comparison, .storage).span == ["train", "step"])
  }

  @Test func `less is less`() {
    #expect(compared { $0.cpu = 2.5 }.total(.cpu)?.judgement == .less)
  }

  @Test func `a line that moved is the same line`() {
    let comparison = compared {
      $0.line = 90
      $0.cpu = 6
      $0.innerCPU = 4
    }
    #expect(blamed(comparison, .cpu).line == 90)
    #expect(comparison.lines.count == 2)
    #expect(comparison.lines.first { $0.place.line == 90 }?.changes.first { $0.metric == .cpu }?.before == 2)
  }

  @Test func `a span that is new used nothing before, and had no peak`() throws {
    var old = base
    old.hasInner = false
    let comparison = Comparison([old.summary], [base.summary])
    let step = try #require(comparison.spans.first { $0.path == ["train", "step"] })
    #expect(step.change(of: .calls)?.before == 0 && step.change(of: .calls)?.judgement == .more)
    #expect(step.change(of: .cpu)?.before == 0)
    #expect(step.change(of: .peakMemory)?.before == nil)
    #expect(step.change(of: .peakMemory)?.judgement == .missing)
  }

  @Test func `a run without any spans does not say that they used nothing`() {
    var old = base.summary
    old.spans = []
    let comparison = Comparison([old], [base.summary])
    #expect(comparison.spans.allSatisfy { $0.changes.allSatisfy { $0.judgement == .missing } })
    #expect(comparison.notes.contains("spans were recorded on one side only"))
  }

  @Test func `a figure that one side lacks is missing and not a change`() {
    var other = base.summary
    other.total.usage = ProcessSample()
    let storage = Comparison([base.summary], [other]).total(.storage)
    #expect(storage?.after == nil && storage?.judgement == .missing && storage?.difference == nil)
  }

  @Test func `one run a side never makes wall time a change`() {
    #expect(compared { $0.wall = 30 }.total(.wall)?.judgement == .unknown)
  }

  @Test func `the calls of a span tell how its wall time spreads`() throws {
    let steady = try #require(compared { $0.innerMilliseconds = 51 }.spans.first { $0.path.count == 2 })
    let slower = try #require(compared { $0.innerMilliseconds = 80 }.spans.first { $0.path.count == 2 })
    #expect(steady.change(of: .wall)?.interval?.basis == .calls)
    #expect(steady.change(of: .wall)?.judgement == .same, "2 % more in one run is nothing, however little calls spread")
    #expect(slower.change(of: .wall)?.judgement == .unknown, "nor does it say how runs differ")
    #expect(slower.change(of: .wall)?.interval?.holdsZero == false)
  }

  @Test func `several runs judge wall time by how runs differ`() {
    func runs(_ walls: [Double]) -> [RecordingSummary] {
      walls.map { wall in
        var run = base
        run.wall = wall
        return run.summary
      }
    }
    let noisy = Comparison(runs([10, 11.5, 9]), runs([10.8, 9.4, 12])).total(.wall)
    #expect(noisy?.judgement == .same && noisy?.interval?.basis == .runs)
    let slower = Comparison(runs([10, 10.2, 9.9]), runs([14.1, 13.8, 14.2])).total(.wall)
    #expect(slower?.judgement == .more)
  }

  @Test func `what differs between the programs is said`() {
    var other = base.summary
    other.run.command = ["python3", "serve.py"]
    other.machine.logicalCPUs = 64
    other.run.exit = .code(3)
    other.ending = .damaged(at: 77)
    let words = Comparison([base.summary], [other]).notes.map(told)
    #expect(
      words == [
        "train.pftrace: the file is damaged at byte 77: what follows was not read",
        "they are of different programs: python3 train.py before, python3 serve.py after",
        "the arguments differ: train.py before, serve.py after",
        "they ended differently: exit 0 before, exit 3 after",
        "the numbers of CPUs differ: 4 before, 64 after",
      ])
  }

  private func told(_ sentence: FindingSentence) -> String {
    sentence.parts.map { part in
      switch part {
      case .words(let text), .name(let text): text
      default: "?"
      }
    }.joined()
  }
}
