import StripModel
import StripReader
@testable import StripProfiling
@testable import StripRecording
import Testing

/// Samples of call stacks, written to a file and read again.
@Suite struct StackWriterTests {
  private struct Place: Hashable {
    let image: StackImage
    let address: UInt64
  }

  private struct Sample: Equatable {
    let stack: [Place]
    let thread: StackThread
    let time: UInt64
  }

  private struct HeardStacks: RecordingVisitor {
    var period: UInt64?
    var frames: [Place] = []
    var stacks: [[Int]] = []
    var samples: [Sample] = []
    var named: [Place: [SymbolLine]] = [:]

    mutating func describe(_ track: Track) {}
    mutating func begin(_ track: Int, name: Int, at time: UInt64) {}
    mutating func end(_ track: Int, at time: UInt64) {}
    mutating func count(_ track: Int, _ value: Int64, at time: UInt64) {}
    mutating func note(_ name: String, on track: Int, at time: UInt64, _ values: [Annotation]) {}
    mutating func clocks(boottime: UInt64, monotonic: UInt64?, realtime: UInt64?) {}
    mutating func name(_ number: Int, _ text: String) {}
    mutating func stackPeriod(_ nanoseconds: UInt64) { period = nanoseconds }
    mutating func frame(_ number: Int, _ address: UInt64, in image: StackImage) {
      #expect(number == frames.count)
      frames.append(Place(image: image, address: address))
    }
    mutating func stack(_ number: Int, frames list: [Int]) {
      #expect(number == stacks.count)
      stacks.append(list)
    }
    mutating func stackSample(_ stack: Int, of thread: StackThread, at time: UInt64) {
      samples.append(Sample(stack: stacks[stack].map { frames[$0] }, thread: thread, time: time))
    }
    mutating func symbols(_ symbols: ImageSymbols) {
      for each in symbols.addresses { named[Place(image: symbols.image, address: each.address)] = each.lines }
    }
  }

  private func hear(_ path: String) throws -> HeardStacks {
    var reader = try RecordingReader(path)
    var heard = HeardStacks()
    #expect(try reader.read(&heard) == .whole)
    return heard
  }

  @Test(arguments: 0..<20 as Range<UInt64>)
  func `samples are read back as they were written`(_ seed: UInt64) throws {
    var random = SeededGenerator(seed)
    let scratch = try Scratch()
    let file = try scratch.recording()
    var writer = StackWriter(file, period: 1_003_009)
    let images = (0..<4).map { index in
      StackImage(
        path: index == 0 ? "[vdso]" : "/lib/é \(index).so", buildID: index == 1 ? [] : [UInt8(index), 0, 255])
    }
    let mappings = images.map {
      writer.mapping($0.path, buildID: $0.buildID, start: 1 << 46, end: 1 << 47, offset: 4096, bias: 0)
    }
    var written: [Sample] = []
    for number in 0..<300 as Range<UInt64> {
      // Few places, so that stacks begin alike and come again; seldom a far one.
      let stack = (0..<Int.random(in: 1...20, using: &random)).map { _ in
        let far = Int.random(in: 0..<50, using: &random) == 0
        return Place(
          image: images[Int.random(in: 0..<4, using: &random)],
          address: far ? UInt64.random(in: 0...UInt64.max, using: &random) : .random(in: 0..<3, using: &random))
      }
      let thread = StackThread(
        pid: .random(in: 1...Int32.max, using: &random), tid: .random(in: 1...Int32.max, using: &random),
        cpu: .random(in: 0..<512, using: &random))
      let frames = stack.map { place in
        StackFrame(mapping: mappings[images.firstIndex(of: place.image) ?? 0], address: place.address)
      }
      writer.sample(frames, of: thread, isKernel: number % 3 == 0, at: 1_000_000 + number)
      written.append(Sample(stack: stack, thread: thread, time: 1_000_000 + number))
    }
    #expect(writer.samples == 300 && writer.lostSamples == 0)
    file.close()
    let heard = try hear(file.path)
    #expect(heard.period == 1_003_009)
    #expect(heard.samples == written)
    #expect(Set(heard.frames).count == heard.frames.count && Set(heard.stacks).count == heard.stacks.count)
  }

  @Test func `what addresses mean is read back, however much it is`() throws {
    let scratch = try Scratch()
    let file = try scratch.recording()
    var writer = StackWriter(file, period: 1000)
    let image = StackImage(path: "/home/me/hot", buildID: [1, 2, 3])
    let addresses = (0..<2000 as Range<UInt64>).map { address in
      ImageSymbols.Address(
        address: address,
        lines: (0...UInt32(address % 3)).map { depth in
          SymbolLine(
            function: "f\(address)<\"\(depth)\">", file: depth == 1 ? nil : "/home/me/é.swift",
            line: depth == 1 ? 0 : 10 + depth)
        })
    }
    writer.symbols(ImageSymbols(image: image, addresses: addresses))
    file.close()
    let named = try hear(file.path).named
    #expect(named.count == 2000)
    for each in addresses { #expect(named[Place(image: image, address: each.address)] == each.lines) }
  }

  @Test func `a sample that finds no room is counted`() throws {
    let scratch = try Scratch()
    let file = try scratch.recording(maximumBytes: 256 << 10)
    var writer = StackWriter(file, period: 1000)
    let mapping = writer.mapping("/home/me/hot", buildID: [], start: 0, end: 1 << 20, offset: 0, bias: 0)
    let thread = StackThread(pid: 1, tid: 1, cpu: 0)
    for number in 0..<60_000 as Range<UInt64> {
      writer.sample([StackFrame(mapping: mapping, address: 7)], of: thread, isKernel: false, at: number)
    }
    #expect(writer.lostSamples > 0 && writer.samples + writer.lostSamples == 60_000)
    file.close()
    #expect(try hear(file.path).samples.count == Int(writer.samples))
  }
}
