import StripModel
@testable import StripReader
@testable import StripRecording
import Testing

@testable import StripAnalysis

@Suite struct FragmentationFindingTests {
  private func heap(used: Int64, held: Int64) -> RecordingSummary {
    var summary = RecordingSummary.ordinary
    summary.total.peakResidentBytes = held + (20 << 20)
    var heap = HeapUse(pid: 7)
    heap.usedBytes = used
    heap.heldBytes = held
    summary.heaps = [heap]
    return summary
  }

  @Test func `a heap that holds far more than is in use is told apart from a leak`() throws {
    let finding = try #require(FragmentationFinding.find(in: heap(used: 20 << 20, held: 300 << 20)))
    #expect(finding.figures.contains(FindingFigure("heap_held_bytes", .bytes(Double(300 << 20)))))
    #expect(finding.figures.contains(FindingFigure("heap_used_bytes", .bytes(Double(20 << 20)))))
  }

  @Test func `a heap in use, a small one and an unknown one are none`() {
    #expect(FragmentationFinding.find(in: heap(used: 280 << 20, held: 300 << 20)) == nil)
    #expect(FragmentationFinding.find(in: heap(used: 1 << 20, held: 30 << 20)) == nil)
    #expect(FragmentationFinding.find(in: .ordinary) == nil)
  }

  @Test func `the heap's curves are gathered by process, and other counters are left alone`() {
    var book = HeapBook()
    book.describe(Track(index: 0, parent: nil, name: "python", kind: .process(pid: 7)))
    for (index, name) in ["heap_used", "heap_held", "loss"].enumerated() {
      book.describe(Track(index: index + 1, parent: 0, name: name, kind: .counter(isOurs: name != "loss", unit: 3)))
    }
    for (used, held) in [(10, 20), (90, 100), (30, 100)] as [(Int64, Int64)] {
      let isTaken = [book.count(1, used), book.count(2, held), book.count(3, 1)]
      #expect(isTaken == [true, true, false])
    }
    var expected = HeapUse(pid: 7)
    (expected.usedBytes, expected.heldBytes, expected.usedPeakBytes, expected.heldPeakBytes) = (30, 100, 90, 100)
    #expect(book.finished == [expected])
  }
}
