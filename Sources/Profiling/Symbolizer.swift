package import StripPlatform
package import StripRecording

/// Functions and lines of addresses, by LLVM's own tool: the debug information of a program is its business, not ours.
package struct Symbolizer {
  private let tool: Tool
  package var path: String { tool.path }

  /// Swift's first, as it is at least as new as the compiler; then what the distribution has. `nil`: there is none.
  package init?() {
    if let path = Own.environment("STRIPCHART_SYMBOLIZER"), !path.isEmpty {
      if (try? FileStatus.of(path)) == nil { return nil }
      tool = Tool(path)
      return
    }
    guard let found = Self.found else { return nil }
    tool = found
  }

  private static var found: Tool? {
    if let swift = Tool.named("swift"), let real = FileSystem.absolute(swift.path) {
      let beside = real.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" } + "/llvm-symbolizer"
      if (try? FileStatus.of(beside)) != nil { return Tool(beside) }
    }
    if let tool = Tool.named("llvm-symbolizer") { return tool }
    return (14...30).reversed().lazy.compactMap { Tool.named("llvm-symbolizer-\($0)") }.first
  }

  /// What the addresses in an image mean; those that nothing is known of are left out. Errors: the tool cannot be run.
  package func symbols(of image: StackImage, at addresses: [UInt64]) throws(SystemError) -> ImageSymbols {
    var answers = try ask(image, addresses)
    // What an optimizer has moved or merged belongs to line 0. The nearest instruction before it that has a line tells where the
    // function is, as a debugger shows it.
    let vague = answers.indices.filter { answers[$0].contains(where: \.lacksLine) }
    let nearby = try ask(image, vague.flatMap { index in Self.distances.map { addresses[index] &- $0 } })
    if nearby.count == vague.count * Self.distances.count {
      for (place, index) in vague.enumerated() {
        let before = nearby[place * Self.distances.count..<(place + 1) * Self.distances.count]
        answers[index] = answers[index].map { line in line.lacksLine ? Self.nearest(line, in: before) : line }
      }
    }
    var found: [ImageSymbols.Address] = []
    for (address, lines) in zip(addresses, answers) where !lines.isEmpty {
      found.append(ImageSymbols.Address(address: address, lines: lines))
    }
    return ImageSymbols(image: image, addresses: found)
  }

  private static let distances: [UInt64] = [4, 8, 12, 16, 24, 32, 48, 64]

  /// The same function with a line, from the nearest address that has one.
  private static func nearest(_ line: SymbolLine, in answers: ArraySlice<[SymbolLine]>) -> SymbolLine {
    for answer in answers {
      for other in answer where other.function == line.function && other.file == line.file && other.line > 0 {
        return other
      }
    }
    return line
  }

  private func ask(_ image: StackImage, _ addresses: [UInt64]) throws(SystemError) -> [[SymbolLine]] {
    if addresses.isEmpty { return [] }
    let folder = try PrivateFolder(prefix: "stripchart-symbols-")
    defer { folder.remove() }
    try folder.write(addresses.map { "0x\(String($0, radix: 16))\n" }.joined(), as: "addresses")
    let input = try Descriptor(opening: folder.path + "/addresses")
    let output = try Descriptor(opening: folder.path + "/lines", as: .createNew)
    _ = try tool.run(["--obj=\(image.path)", "--inlines", "--functions=linkage"], reading: input, writing: output)
    return SymbolizerOutput.parse(folder.text(of: "lines") ?? "")
  }
}

extension SymbolLine {
  /// Its file is known, and where in it is not.
  fileprivate var lacksLine: Bool { file != nil && line == 0 }
}
