package import StripAnalysis

/// A recording as a file for speedscope (https://www.speedscope.app/file-format-schema.json): a profile a thread.
///
/// Either *evented*, with every begin and end in order, or *sampled*, with one weight for each different stack, in which calls that
/// have no times of their own count too.
package struct Speedscope {
  /// More events than this are merged: the viewer takes some hundred bytes for each.
  package static let eventLimit = 2_000_000

  private let summary: RecordingSummary

  package init(_ summary: RecordingSummary) { self.summary = summary }

  package func write(_ events: ThreadEvents, to sink: @escaping RowSink) {
    var json = JSONStream(to: sink)
    begin(events.names, &json)
    for thread in events.threads {
      profile("evented", thread.process, thread.name, &json)
      json.key("endValue")
      json.integer(max(wallNanoseconds, thread.events.last?.nanoseconds ?? 0))
      json.key("events")
      json.beginArray()
      json.endLine()
      for event in thread.events {
        json.beginObject()
        json.key("type")
        json.encoded(event.isBegin ? Self.open : Self.close)
        json.key("frame")
        json.integer(Int64(event.name))
        json.key("at")
        json.integer(event.nanoseconds)
        json.endObject()
        json.endLine()
      }
      json.endArray()
      json.endObject()
      json.endLine()
    }
    end(
      longest(
        of: events.threads.map {
          ($0.events.last?.nanoseconds ?? 0) - ($0.events.first?.nanoseconds ?? 0)
        }), &json)
  }

  package func write(_ stacks: ThreadStacks, to sink: @escaping RowSink) {
    var json = JSONStream(to: sink)
    begin(stacks.names, &json)
    let sums = stacks.threads.map {
      $0.stacks.reduce(Int64(0)) { $0 &+ Int64(clamping: $1.wallNanoseconds) }
    }
    for (thread, sum) in zip(stacks.threads, sums) {
      profile("sampled", thread.process, thread.name, &json)
      json.key("endValue")
      json.integer(sum)
      json.key("samples")
      json.beginArray()
      json.endLine()
      for stack in thread.stacks {
        json.beginArray()
        for frame in stack.frames { json.integer(Int64(frame)) }
        json.endArray()
        json.endLine()
      }
      json.endArray()
      json.key("weights")
      json.beginArray()
      for stack in thread.stacks {
        json.integer(Int64(clamping: stack.wallNanoseconds))
        json.endLine()
      }
      json.endArray()
      json.endObject()
      json.endLine()
    }
    end(longest(of: sums), &json)
  }

  private static let open = JSONStream.quoted("O")
  private static let close = JSONStream.quoted("C")

  private var wallNanoseconds: Int64 {
    Int64(bitPattern: max(summary.run.end, summary.run.start) - summary.run.start)
  }

  private func begin(_ names: [String], _ json: inout JSONStream) {
    var places: [String: SourcePlace] = [:]
    for span in summary.spans { if let place = span.place { places[span.name] = place } }
    json.beginObject()
    json.key("$schema")
    json.string("https://www.speedscope.app/file-format-schema.json")
    json.key("exporter")
    json.string("stripchart \(summary.run.version)")
    json.key("name")
    json.string(
      summary.run.command.isEmpty ? summary.path : ShellCommand.quoted(summary.run.command))
    json.key("shared")
    json.beginObject()
    json.key("frames")
    json.beginArray()
    json.endLine()
    for name in names {
      json.beginObject()
      json.key("name")
      json.string(name.isEmpty ? "(unnamed)" : name)
      if let place = places[name] {
        json.key("file")
        json.string(place.file)
        if place.line > 0 {
          json.key("line")
          json.integer(place.line)
        }
      }
      json.endObject()
      json.endLine()
    }
    json.endArray()
    json.endObject()
    json.key("profiles")
    json.beginArray()
    json.endLine()
  }

  private func profile(
    _ type: String, _ process: String, _ thread: String, _ json: inout JSONStream
  ) {
    json.beginObject()
    json.key("type")
    json.string(type)
    json.key("name")
    json.string("\(process): \(thread)")
    json.key("unit")
    json.string("nanoseconds")
    json.key("startValue")
    json.integer(0)
  }

  /// `active`: the profile that the viewer shows first.
  private func end(_ active: Int?, _ json: inout JSONStream) {
    json.endArray()
    if let active {
      json.key("activeProfileIndex")
      json.integer(Int64(active))
    }
    json.endObject()
    json.endLine()
    json.flush()
  }

  private func longest(of lengths: [Int64]) -> Int? {
    lengths.indices.max { lengths[$0] < lengths[$1] }
  }
}
