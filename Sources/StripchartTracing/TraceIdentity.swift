#if Tracing
  /// Which span of which trace, between programs: the W3C's *Trace Context*, version 00.
  struct TraceIdentity: Sendable, Equatable {
    let trace: (high: UInt64, low: UInt64)
    let span: UInt64

    static func == (one: Self, other: Self) -> Bool { one.trace == other.trace && one.span == other.span }

    init(trace: (high: UInt64, low: UInt64), span: UInt64) {
      self.trace = trace
      self.span = span
    }

    /// `nil`: it is not `VERSION-TRACE-SPAN-FLAGS` in small hexadecimal digits, or a number is zero.
    init?(header: String) {
      let parts = header.split(separator: "-", omittingEmptySubsequences: false)
      guard parts.count >= 4, parts[0].utf8.count == 2, parts[0] != "ff", parts[0] != "00" || parts.count == 4,
        parts[1].utf8.count == 32, parts[2].utf8.count == 16, parts[3].utf8.count == 2,
        Self.number(parts[0]) != nil, Self.number(parts[3]) != nil,
        let high = Self.number(parts[1].prefix(16)), let low = Self.number(parts[1].suffix(16)),
        let span = Self.number(parts[2]), high | low != 0, span != 0
      else { return nil }
      self.init(trace: (high, low), span: span)
    }

    var header: String { "00-\(traceText)-\(spanText)-01" }
    var traceText: String { Self.text(trace.high) + Self.text(trace.low) }
    var spanText: String { Self.text(span) }

    private static func number(_ digits: Substring) -> UInt64? {
      guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }) else { return nil }
      return UInt64(digits, radix: 16)
    }

    static func text(_ number: UInt64) -> String {
      let digits = String(number, radix: 16)
      return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }

    /// Of this program's start, so that numbers of two programs differ.
    static let seed = (UInt64.random(in: 1...UInt64.max), UInt64.random(in: 1...UInt64.max))
  }
#endif
