#if Tracing
  internal import StripRecording
  internal import Tracing

  extension SpanAttributes {
    /// In the order of their names, so that two spans of a kind read alike.
    func write(to builder: inout PacketBuilder) {
      if isEmpty { return }
      var all: [(name: String, value: SpanAttribute)] = []
      all.reserveCapacity(count)
      forEach { all.append(($0, $1)) }
      all.sort { $0.name < $1.name }
      for (name, value) in all { value.write(name, to: &builder) }
    }
  }

  extension SpanAttribute {
    fileprivate func write(_ name: String, to builder: inout PacketBuilder) {
      switch self {
      case .int32(let value): builder.argument(name, Int64(value))
      case .int64(let value): builder.argument(name, value)
      case .double(let value): builder.argument(name, value)
      case .bool(let value): builder.argument(name, value)
      case .string(let value): builder.argument(name, value)
      case .stringConvertible(let value): builder.argument(name, value.description)
      case .int32Array(let values): builder.argument(name, Self.text(values))
      case .int64Array(let values): builder.argument(name, Self.text(values))
      case .doubleArray(let values): builder.argument(name, Self.text(values))
      case .boolArray(let values): builder.argument(name, Self.text(values))
      case .stringArray(let values): builder.argument(name, Self.text(values))
      case .stringConvertibleArray(let values): builder.argument(name, Self.text(values.map(\.description)))
      default: break
      }
    }

    private static func text(_ values: [some CustomStringConvertible]) -> String {
      values.map(\.description).joined(separator: ", ")
    }
  }
#endif
