import StripModel
import Foundation
@testable import StripRecording
import Synchronization
import Testing

struct ControlBlockTests {
  @Test func `eight threads never get the same block, and the file never outgrows its maximum`() throws {
    let scratch = try Scratch()
    let maximum: UInt64 = 8 << 20
    let file = try scratch.recording(maximumBytes: maximum)
    let claims = Mutex<[(start: UInt, blocks: Int)]>([])
    DispatchQueue.concurrentPerform(iterations: 8) { thread in
      var random = SeededGenerator(UInt64(thread))
      while true {
        let count = Int.random(in: 1...8, using: &random)
        guard let start = file.claim(count, for: .spans) else { return }
        let isFresh = (0..<count).allSatisfy { start.load(fromByteOffset: $0 * 8192, as: UInt64.self) == 0 }
        #expect(isFresh)
        for block in 0..<count { start.storeBytes(of: UInt64(thread + 1), toByteOffset: block * 8192, as: UInt64.self) }
        claims.withLock { $0.append((UInt(bitPattern: start), count)) }
      }
    }
    let sorted = claims.withLock { $0.sorted { $0.start < $1.start } }
    for (left, right) in zip(sorted, sorted.dropFirst()) {
      #expect(left.start + UInt(left.blocks * 8192) <= right.start)
    }
    let claimed = UInt64(sorted.reduce(0) { $0 + $1.blocks }) * 8192
    #expect(claimed + 8192 == file.control.claimedBytes)
    #expect(file.control.refusedChunks == 8)
    // The last 1 MiB is not for spans; the longest claim that found no room is of eight blocks.
    #expect(file.control.claimedBytes <= maximum - 1 << 20)
    #expect(file.control.claimedBytes > maximum - 1 << 20 - 8 * 8192)

    while file.claim(1, for: .sampler) != nil {}
    // What is kept for the end is on disk already.
    #expect(file.control.claimedBytes == maximum - RecordingFile.leastForEnd)
    #expect(try contents(file.path).count == Int(maximum))
    while file.claim(1, for: .end) != nil {}
    #expect(file.control.claimedBytes == maximum)
    #expect(try contents(file.path).count == Int(maximum))
    file.close()
    #expect(try contents(file.path).count == Int(maximum))
  }

  @Test func `a closed recording gives nothing`() throws {
    let scratch = try Scratch()
    let file = try scratch.recording()
    #expect(file.claim(1, for: .spans) != nil)
    file.close()
    #expect(file.claim(1, for: .spans) == nil)
    #expect(file.claim(1, for: .sampler) == nil)
    #expect(file.control.isClosed)
    #expect(file.control.refusedChunks == 2)
    #expect(file.control.claimedBytes == 2 * 8192)
    file.close()
    #expect(file.control.claimedBytes == 2 * 8192)
  }

  @Test func `span sequences fit one byte first, then two, then four, and never repeat`() throws {
    let scratch = try Scratch()
    let control = try scratch.recording().control
    let ids = (0..<20_000).map { _ in control.nextSpanSequence() }
    #expect(Set(ids).count == ids.count)
    #expect(Array(ids.prefix(127)) == Array(1...127))
    #expect(ids.prefix(8191).allSatisfy { $0 < 8192 })
    #expect(ids.allSatisfy { $0 > 0 && $0 < 1 << 28 })
    let counters = (0..<20_000).map { _ in control.nextCounterSequence() }
    #expect(Set(counters).isDisjoint(with: ids))
    #expect(Set(counters).count == counters.count)
  }

  @Test func `words that anybody may have written trap nothing`() {
    let block = UnsafeMutableRawBufferPointer.allocate(byteCount: RecordingLayout.blockSize, alignment: 4096)
    defer { block.deallocate() }
    let control = ControlBlock(block: block.baseAddress!)
    for seed in 1...2000 as ClosedRange<UInt64> {
      var random = SeededGenerator(seed)
      for at in stride(from: 0, to: block.count, by: 8) {
        let word = random.chance(30) ? UInt64.max >> UInt64.random(in: 0...63, using: &random) : random.next()
        block.storeBytes(of: word, toByteOffset: at, as: UInt64.self)
      }
      if case .block(let first) = control.claim(8, reserve: 1 << 20, spare: 0) {
        #expect(first <= control.maximumBytes / 8192)
      }
      _ = (control.claimedBytes, control.isValid, control.recorder, control.nextTrack())
      _ = (control.nextSpanSequence(), control.nextCounterSequence())
      _ = control.close()
    }
  }
}
