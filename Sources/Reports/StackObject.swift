internal import StripAnalysis

/// What samples of call stacks say, in the JSON report.
struct StackObject {
  /// Functions beyond these have next to no samples, and a big program has thousands of them.
  static let functionLimit = 500
  private let stacks: StackUsage

  init(_ stacks: StackUsage) { self.stacks = stacks }

  func write(_ json: inout JSONWriter) {
    json.member("period_seconds", Double(stacks.periodNanoseconds) / 1e9)
    json.member("samples", stacks.samples)
    json.member("lost_samples", stacks.lostSamples)
    json.member("kernel", stacks.seesKernel)
    json.member("samples_without_source", stacks.samplesWithoutSource)
    json.member("function_count", stacks.functions.count)
    json.key("functions")
    json.array { json in
      for function in stacks.functions.prefix(Self.functionLimit) { json.object { self.function(function, &$0) } }
    }
    json.key("sources")
    json.array { json in for source in stacks.sources { json.object { self.source(source, &$0) } } }
  }

  private func function(_ function: SampledFunction, _ json: inout JSONWriter) {
    json.member("function", function.name)
    json.member("image", function.image.isEmpty ? nil : function.image)
    json.member("file", function.file)
    json.member("self_samples", function.ownSamples)
    json.member("total_samples", function.totalSamples)
    json.member("self_seconds", stacks.seconds(function.ownSamples))
    json.member("total_seconds", stacks.seconds(function.totalSamples))
    json.member("self_share", Double(function.ownSamples) / Double(stacks.samples))
    json.member("self_share_uncertainty", stacks.uncertainty(function.ownSamples))
  }

  private func source(_ function: FunctionUsage, _ json: inout JSONWriter) {
    json.member("function", function.name)
    json.member("file", function.file)
    json.member("first_line", function.firstLine)
    json.member("self_seconds", Double(function.selfNanoseconds) / 1e9)
    json.member("source_differs", function.isSourceAmbiguous)
    json.member("source_newer", function.isSourceNewer)
    json.key("source")
    json.array { json in for text in function.source { json.value(text) } }
    json.key("lines")
    json.array { json in for line in function.lines { json.object { self.line(line, &$0) } } }
  }

  /// Samples know nothing else of a line.
  private func line(_ line: LineUsage, _ json: inout JSONWriter) {
    json.member("line", line.line)
    json.member("samples", line.hits)
    json.member("self_seconds", Double(line.selfNanoseconds) / 1e9)
    json.member("total_seconds", Double(line.totalNanoseconds) / 1e9)
  }
}

extension StackUsage {
  func seconds(_ samples: UInt64) -> Double { Double(nanoseconds(samples)) / 1e9 }
}
