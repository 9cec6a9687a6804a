/// A sentence with its figures and names kept apart from its words, so that each report writes them in its own way and nothing
/// of a recorded program passes for words of ours: `"\(path: span) grew \(bytes: growth) a call"`.
package struct FindingSentence: Equatable, Sendable, ExpressibleByStringInterpolation {
  package enum Part: Equatable, Sendable {
    case words(String)
    /// A name of the recorded program's.
    case name(String)
    case path([String])
    case place(SourcePlace)
    case amount(FindingFigure.Amount)
    case signal(Int32)
  }

  package private(set) var parts: [Part]

  package struct StringInterpolation: StringInterpolationProtocol {
    fileprivate var parts: [Part] = []

    package init(literalCapacity: Int, interpolationCount: Int) { parts.reserveCapacity(2 * interpolationCount + 1) }

    package mutating func appendLiteral(_ literal: String) { if !literal.isEmpty { parts.append(.words(literal)) } }
    package mutating func appendInterpolation(name: String) { parts.append(.name(name)) }
    package mutating func appendInterpolation(path: [String]) { parts.append(.path(path)) }
    package mutating func appendInterpolation(place: SourcePlace) { parts.append(.place(place)) }
    package mutating func appendInterpolation(bytes: Double) { parts.append(.amount(.bytes(bytes))) }
    package mutating func appendInterpolation(bytes: Int64) { parts.append(.amount(.bytes(Double(bytes)))) }
    package mutating func appendInterpolation(seconds: Double) { parts.append(.amount(.seconds(seconds))) }
    package mutating func appendInterpolation(share: Double) { parts.append(.amount(.share(share))) }
    package mutating func appendInterpolation(count: Double) { parts.append(.amount(.count(count))) }
    package mutating func appendInterpolation(count: Int) { parts.append(.amount(.count(Double(count)))) }
    package mutating func appendInterpolation(count: UInt64) { parts.append(.amount(.count(Double(count)))) }
    package mutating func appendInterpolation(signal: Int32) { parts.append(.signal(signal)) }
    package mutating func appendInterpolation(_ sentence: FindingSentence) { parts += sentence.parts }
  }

  package init(stringLiteral words: String) { parts = words.isEmpty ? [] : [.words(words)] }
  package init(stringInterpolation: StringInterpolation) { parts = stringInterpolation.parts }

  package static func + (left: FindingSentence, right: FindingSentence) -> FindingSentence {
    var sum = left
    sum.parts += right.parts
    return sum
  }
}
