internal import StripAnalysis

/// What programs say of themselves, in the JSON report: lines, curves, marks, and what recording that took.
struct ProgramObjects {
  private let summary: RecordingSummary

  init(_ summary: RecordingSummary) { self.summary = summary }

  func write(_ json: inout JSONWriter) {
    json.key("lines")
    json.array { json in for function in summary.functions { json.object { self.function(function, &$0) } } }
    json.key("stacks")
    if let stacks = summary.stacks { json.object(StackObject(stacks).write) } else { json.null() }
    json.key("counters")
    json.array { json in for counter in summary.counters { json.object { self.counter(counter, &$0) } } }
    json.key("marks")
    json.array { json in for mark in summary.marks { json.object { self.mark(mark, &$0) } } }
    json.member("mark_count", summary.markCount)
    json.key("libraries")
    json.array { json in for library in summary.libraries { json.object { self.library(library, &$0) } } }
    json.key("misuses")
    json.array { json in for misuse in summary.misuses { json.object { self.misuse(misuse, &$0) } } }
    json.key("unmatched_patterns")
    json.array { json in
      for pattern in summary.unmatchedPatterns {
        json.object {
          $0.member("option", pattern.option)
          $0.member("pattern", pattern.pattern)
          $0.member("near", pattern.near)
        }
      }
    }
  }

  private func function(_ function: FunctionUsage, _ json: inout JSONWriter) {
    json.member("function", function.name)
    json.member("file", function.file)
    json.member("first_line", function.name == nil ? nil : function.firstLine)
    json.member("self_seconds", Double(function.selfNanoseconds) / 1e9)
    json.key("source")
    json.array { json in for text in function.source { json.value(text) } }
    json.member("source_differs", function.isSourceAmbiguous)
    json.key("lines")
    json.array { json in for line in function.lines { json.object { self.line(line, &$0) } } }
  }

  private func line(_ line: LineUsage, _ json: inout JSONWriter) {
    json.member("line", line.line)
    json.member("hits", line.hits)
    json.member("self_seconds", Double(line.selfNanoseconds) / 1e9)
    json.member("total_seconds", Double(line.totalNanoseconds) / 1e9)
    json.member("max_seconds", Double(line.greatestNanoseconds) / 1e9)
    json.member("cpu_seconds", Double(line.cpuNanoseconds) / 1e9)
    json.member("rss_growth_bytes", line.residentGrowthBytes)
    json.member("storage_bytes", line.storageBytes)
    json.member("minor_faults", line.minorFaults)
    json.member("open_since_seconds", line.openSinceSeconds)
  }

  private func counter(_ counter: UserCounter, _ json: inout JSONWriter) {
    json.member("name", counter.name)
    json.member("pid", counter.pid)
    json.member("count", counter.count)
    json.member("first", counter.first)
    json.member("last", counter.last)
    json.member("min", counter.least)
    json.member("max", counter.greatest)
    json.member("mean", counter.mean)
    json.member("mean_is_weighted", counter.isMeanWeighted)
  }

  private func mark(_ mark: UserMark, _ json: inout JSONWriter) {
    json.member("text", mark.text)
    json.member("at_seconds", mark.atSeconds)
    json.member("pid", mark.pid)
    json.member("thread", mark.thread)
    json.key("arguments")
    json.object { json in for argument in mark.arguments { json.member(argument) } }
  }

  private func library(_ library: LibraryUsage, _ json: inout JSONWriter) {
    json.member("pid", library.pid)
    json.member("library", library.library)
    json.member("bound_nanoseconds", library.boundNanoseconds)
    json.member("reading_nanoseconds", library.readingNanoseconds)
    json.member("span_nanoseconds", library.eventNanoseconds)
    json.member("line_nanoseconds", library.lineNanoseconds)
    json.member("span_events", library.events)
    json.member("folded_calls", library.foldedCalls)
    json.member("readings", library.readings)
    json.member("line_hits", library.lineHits)
    json.member("line_events", library.lineEvents)
    json.member("measured_overhead_seconds", Double(library.measuredNanoseconds) / 1e9)
    json.member("estimated_overhead_seconds", library.overheadSeconds)
  }

  private func misuse(_ misuse: Misuse, _ json: inout JSONWriter) {
    json.member("pid", misuse.pid)
    json.member("kind", misuse.kind)
    json.member("name", misuse.name)
    json.member("count", misuse.count)
  }
}
