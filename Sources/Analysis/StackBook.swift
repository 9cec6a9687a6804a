internal import StripRecording

/// Samples of call stacks, until what their addresses mean is known.
struct StackBook {
  private struct Place: Hashable {
    let image: StackImage
    let address: UInt64
  }

  /// One entry of a stack, inlined functions included.
  private struct Step: Hashable {
    let function: String
    let image: String
    let file: String?
    let line: UInt32
  }

  private struct FunctionKey: Hashable {
    let name: String
    let image: String
  }

  private struct LineKey: Hashable {
    let function: String
    let file: String
    let line: UInt32
  }

  private var period: UInt64 = 0
  private var frames: [Place] = []
  private var stacks: [[Int]] = []
  /// By stack.
  private var counts: [UInt64] = []
  private var symbols: [Place: [SymbolLine]] = [:]
  private var lost: Int64?
  private var seesKernel: Bool?

  mutating func setPeriod(_ nanoseconds: UInt64) { period = min(nanoseconds, 1_000_000_000) }

  mutating func frame(_ number: Int, _ address: UInt64, in image: StackImage) {
    if number == frames.count { frames.append(Place(image: image, address: address)) }
  }

  mutating func stack(_ number: Int, frames list: [Int]) {
    guard number == stacks.count else { return }
    stacks.append(list)
    counts.append(0)
  }

  mutating func sample(_ stack: Int) { if stack < counts.count { counts[stack] &+= 1 } }

  mutating func add(_ found: ImageSymbols) {
    for each in found.addresses { symbols[Place(image: found.image, address: each.address)] = each.lines }
  }

  mutating func note(_ note: Note) {
    lost = note.integer("lost")
    seesKernel = note.flag("kernel")
  }

  // MARK: the end

  /// `nil`: no stack was sampled. `book`: has the source that was recorded.
  func usage(_ book: LineBook) -> StackUsage? {
    guard period > 0 else { return nil }
    var usage = StackUsage()
    usage.periodNanoseconds = period
    usage.lostSamples = lost
    usage.seesKernel = seesKernel
    let steps = frames.map(steps)
    var functions: [FunctionKey: SampledFunction] = [:]
    var lines: [LineKey: (own: UInt64, total: UInt64)] = [:]
    for (list, count) in zip(stacks, counts) where count > 0 {
      usage.samples &+= count
      let path = list.flatMap { $0 < steps.count ? steps[$0] : [] }
      add(path, count, to: &functions)
      if !add(path, count, to: &lines, book) { usage.samplesWithoutSource &+= count }
    }
    usage.functions = functions.values.sorted {
      ($1.ownSamples, $1.totalSamples, $0.name, $0.image) < ($0.ownSamples, $0.totalSamples, $1.name, $1.image)
    }
    usage.sources = sources(lines, book)
    return usage
  }

  /// The outermost first, as in a stack.
  private func steps(_ place: Place) -> [Step] {
    let image = String(place.image.path.split(separator: "/").last ?? "")
    // Addresses that nothing names are one function for each image.
    guard let lines = symbols[place] else { return [Step(function: "(no name)", image: image, file: nil, line: 0)] }
    return lines.reversed().map { Step(function: $0.function, image: image, file: $0.file, line: $0.line) }
  }

  private func add(_ path: [Step], _ count: UInt64, to functions: inout [FunctionKey: SampledFunction]) {
    var met: Set<FunctionKey> = []
    for step in path {
      let key = FunctionKey(name: step.function, image: step.image)
      var function = functions[key] ?? SampledFunction(name: step.function, image: step.image)
      if met.insert(key).inserted { function.totalSamples &+= count }
      // Some places in a function are the compiler's and of no file.
      function.file = function.file ?? step.file
      functions[key] = function
    }
    guard let last = path.last else { return }
    functions[FunctionKey(name: last.function, image: last.image)]?.ownSamples &+= count
  }

  /// `false`: no line of the stack has a known source.
  private func add(
    _ path: [Step], _ count: UInt64, to lines: inout [LineKey: (own: UInt64, total: UInt64)],
    _ book: LineBook
  ) -> Bool {
    var met: Set<LineKey> = []
    var hasOwn = false
    for step in path.reversed() {
      guard let file = step.file, step.line > 0, book.text(file, step.line) != nil else { continue }
      let key = LineKey(function: step.function, file: file, line: step.line)
      guard met.insert(key).inserted else { continue }
      lines[key, default: (0, 0)].total &+= count
      if !hasOwn { lines[key, default: (0, 0)].own &+= count }
      hasOwn = true
    }
    return hasOwn
  }

  private func sources(
    _ lines: [LineKey: (own: UInt64, total: UInt64)], _ book: LineBook
  ) -> [FunctionUsage] {
    var functions: [String: FunctionUsage] = [:]
    for (key, samples) in lines {
      var line = LineUsage(line: key.line)
      line.hits = samples.own
      line.selfNanoseconds = samples.own &* period
      line.totalNanoseconds = samples.total &* period
      let place = "\(key.file)\u{0}\(key.function)"
      var function = functions[place] ?? FunctionUsage()
      function.isSampled = true
      function.isSourceNewer = book.isNewer(key.file)
      function.file = key.file
      function.name = key.function
      function.lines.append(line)
      functions[place] = function
    }
    return functions.values.map { function in
      var function = function
      function.lines.sort { $0.line < $1.line }
      guard let file = function.file, let first = function.lines.first?.line, let last = function.lines.last?.line
      else {
        return function
      }
      // What stands around the lines that ran, as far as it was recorded.
      let from = first > 2 ? first - 2 : 1
      function.firstLine = from
      if last - from < 100_000 { function.source = (from...(last &+ 2)).map { book.text(file, $0) } }
      while function.source.last == .some(nil) { function.source.removeLast() }
      return function
    }.sorted {
      ($1.selfNanoseconds, $0.file ?? "", $0.firstLine) < ($0.selfNanoseconds, $1.file ?? "", $1.firstLine)
    }
  }
}
