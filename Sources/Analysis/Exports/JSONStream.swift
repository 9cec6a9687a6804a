internal import StripRecording

/// JSON text (RFC 8259) on its way to a sink, some tens of kilobytes at a time: for documents of any length. Without indentation.
///
/// Any string becomes a valid one, and what would act on a terminal is escaped in it; a number that is not finite becomes `null`.
package struct JSONStream {
  private var bytes: [UInt8] = []
  private var isFirst = true
  private var isAfterKey = false
  private let sink: RowSink
  private static let blockSize = 1 << 16

  package init(to sink: @escaping RowSink) {
    self.sink = sink
    bytes.reserveCapacity(Self.blockSize + 1024)
  }

  // MARK: structure

  package mutating func beginObject() { begin(0x7B) }
  package mutating func endObject() { end(0x7D) }
  package mutating func beginArray() { begin(0x5B) }
  package mutating func endArray() { end(0x5D) }

  @inline(__always)
  package mutating func key(_ name: StaticString) {
    separate()
    bytes.append(0x22)
    name.withUTF8Buffer { bytes.append(contentsOf: $0) }
    bytes.append(0x22)
    bytes.append(0x3A)
    isAfterKey = true
  }

  /// What ``quoted(_:)`` has made.
  @inline(__always)
  mutating func encodedKey(_ name: [UInt8]) {
    encoded(name)
    bytes.append(0x3A)
    isAfterKey = true
  }

  /// A name in two parts.
  @inline(__always)
  mutating func key(_ name: StaticString, _ suffix: StaticString) {
    separate()
    bytes.append(0x22)
    name.withUTF8Buffer { bytes.append(contentsOf: $0) }
    suffix.withUTF8Buffer { bytes.append(contentsOf: $0) }
    bytes.append(0x22)
    bytes.append(0x3A)
    isAfterKey = true
  }

  package mutating func key(_ name: String) {
    string(name)
    bytes.append(0x3A)
    isAfterKey = true
  }

  /// Between values, where a reader may want a line of its own. The only place where anything is handed on.
  package mutating func endLine() {
    bytes.append(0x0A)
    if bytes.count >= Self.blockSize { flush() }
  }

  /// The next value begins another document.
  package mutating func startOver() { isFirst = true }

  package mutating func flush() {
    guard !bytes.isEmpty else { return }
    sink(bytes)
    bytes.removeAll(keepingCapacity: true)
  }

  // MARK: values

  package mutating func null() { raw("null") }
  package mutating func flag(_ value: Bool) { raw(value ? "true" : "false") }

  /// One of our own words.
  @inline(__always)
  mutating func word(_ word: StaticString) {
    separate()
    bytes.append(0x22)
    word.withUTF8Buffer { bytes.append(contentsOf: $0) }
    bytes.append(0x22)
  }

  package mutating func string(_ text: String) { encoded(Self.quoted(text)) }

  /// What ``quoted(_:)`` has made, or any other value.
  @inline(__always)
  package mutating func encoded(_ value: [UInt8]) {
    separate()
    bytes.append(contentsOf: value)
  }

  @inline(__always)
  package mutating func integer(_ value: Int64) { decimal(value, places: 0) }

  /// `value` / 10^`places`, exactly.
  @inline(__always)
  package mutating func decimal(_ value: Int64, places: Int) {
    separate()
    if value < 0 { bytes.append(0x2D) }
    var digits = InlineArray<20, UInt8>(repeating: 0x30)
    var count = 0
    var rest = value.magnitude
    while rest > 0 || count <= places {
      digits[count] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
      count += 1
    }
    // No zeros at the end of a fraction.
    var last = 0
    while last < places, digits[last] == 0x30 { last += 1 }
    var at = count
    while at > last {
      if at == places { bytes.append(0x2E) }
      at -= 1
      bytes.append(digits[at])
    }
  }

  /// Nanoseconds as seconds, exactly.
  package mutating func seconds(_ nanoseconds: Int64) { decimal(nanoseconds, places: 9) }

  package mutating func real(_ value: Double) {
    guard value.isFinite else { return null() }
    separate()
    bytes.append(contentsOf: "\(value)".utf8)
  }

  /// One object; of equal names the last counts, for most readers.
  mutating func object(_ annotations: [Annotation]) {
    beginObject()
    for annotation in annotations {
      key(annotation.name)
      switch annotation.value {
      case nil: null()
      case .integer(let value): integer(value)
      case .real(let value): real(value)
      case .flag(let value): flag(value)
      case .text(let value): string(value)
      case .integers(let values):
        beginArray()
        for value in values { integer(value) }
        endArray()
      case .texts(let values):
        beginArray()
        for value in values { string(value) }
        endArray()
      }
    }
    endObject()
  }

  /// A string as a JSON value, in UTF-8.
  package static func quoted(_ text: String) -> [UInt8] {
    var quoted: [UInt8] = [0x22]
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += [0x5C, 0x22]
      // Perfetto's reader (v52) takes a quotation mark after a doubled backslash for an escaped one.
      case "\\": quoted += "\\u005c".utf8
      default:
        if scalar.isHarmful {
          for unit in String(scalar).utf16 {
            let digits = String(unit, radix: 16)
            quoted += "\\u".utf8
            quoted += String(repeating: "0", count: 4 - digits.utf8.count).utf8
            quoted += digits.utf8
          }
        } else {
          quoted += String(scalar).utf8
        }
      }
    }
    quoted.append(0x22)
    return quoted
  }

  // MARK: bytes

  private mutating func raw(_ text: StaticString) {
    separate()
    text.withUTF8Buffer { bytes.append(contentsOf: $0) }
  }

  private mutating func begin(_ bracket: UInt8) {
    separate()
    bytes.append(bracket)
    isFirst = true
  }

  private mutating func end(_ bracket: UInt8) {
    bytes.append(bracket)
    isFirst = false
  }

  @inline(__always)
  private mutating func separate() {
    if isAfterKey {
      isAfterKey = false
    } else if isFirst {
      isFirst = false
    } else {
      bytes.append(0x2C)
    }
  }
}
