/// Walks over a kernel's text and takes out words and numbers: no copy, no allocation, and no trap whatever the text is.
///
/// A scanner is valid while the buffer it was made from is. Every read is checked against the end; numbers that do not
/// fit saturate.
@safe package struct FieldScanner {
  private let base: UnsafeRawPointer
  private let count: Int
  private var position = 0

  @inline(__always)
  package init(_ bytes: UnsafeRawBufferPointer) {
    // Safe because an empty buffer may have no address, and then `count` keeps every read away from this one.
    unsafe base = bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 1).unsafelyUnwrapped
    count = bytes.count
  }

  @inline(__always)
  package var isAtEnd: Bool { position >= count }

  /// The next byte; 0 at the end.
  @inline(__always)
  package var byte: UInt8 { position < count ? at(position) : 0 }

  @inline(__always)
  private func at(_ index: Int) -> UInt8 {
    // Safe because every caller has compared `index` with `count`.
    unsafe base.load(fromByteOffset: index, as: UInt8.self)
  }

  /// Eight bytes, the first in the lowest bits. `index` + 8 must not pass the end.
  @inline(__always)
  private func word(_ index: Int) -> UInt64 {
    // Safe because every caller has compared `index` + 8 with `count`.
    UInt64(littleEndian: unsafe base.loadUnaligned(fromByteOffset: index, as: UInt64.self))
  }

  // MARK: numbers

  /// The next decimal number of this line, after blanks. `nil`: something else stands there, and it is still there.
  @inline(__always)
  package mutating func integer() -> Int64? {
    skipBlanks()
    let isNegative = byte == UInt8(ascii: "-")
    let start = isNegative ? position + 1 : position
    var at = start
    var value: UInt64 = 0
    if count - start >= 8 {
      let (digits, length) = Self.digits(word(start))
      value = digits
      at += length
    }
    if at == start + 8 || count - start < 8 {
      while at < count {
        let digit = self.at(at) &- UInt8(ascii: "0")
        if digit > 9 { break }
        value = value &* 10 &+ UInt64(digit)
        at += 1
      }
      if at - start > 18 { value = saturated(from: start, to: at) }
    }
    if at == start { return nil }
    position = at
    return isNegative ? 0 &- Int64(bitPattern: value) : Int64(bitPattern: value)
  }

  /// The number that the digits at the start of eight bytes make, and how many digits these are; no branch depends on that.
  @inline(__always)
  private static func digits(_ bytes: UInt64) -> (value: UInt64, length: Int) {
    let values = bytes ^ (ones &* UInt64(UInt8(ascii: "0")))
    // A mark in the top bit of each byte that is 10 and more; exact up to the lowest one.
    let marks = ((values &+ ones &* 0x76) | values) & tops
    let length = marks.trailingZeroBitCount / 8
    if length == 0 { return (0, 0) }
    // Leading zeros in the low bytes, then pairs, then all: (a·10 + b)·10⁶ + … in two multiplications.
    var value = values &<< UInt64(64 &- 8 &* length)
    value = value &* 10 &+ value &>> 8
    let pairs: UInt64 = 0x0000_00FF_0000_00FF
    value = (value & pairs) &* (100 + 1_000_000 << 32) &+ (value &>> 16 & pairs) &* (1 + 10_000 << 32)
    return (value &>> 32, length)
  }

  /// Digits `start` to `end` again, with care: nineteen digits may not fit.
  @inline(never)
  private func saturated(from start: Int, to end: Int) -> UInt64 {
    var value: Int64 = 0
    for index in start..<end {
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = product.addingReportingOverflow(Int64(at(index) &- UInt8(ascii: "0")))
      if overflow || carry { return UInt64(Int64.max) }
      value = sum
    }
    return UInt64(bitPattern: value)
  }

  /// A number times its unit; too large saturates.
  @inline(__always)
  package mutating func integer(times unit: Int64) -> Int64? {
    guard let value = integer() else { return nil }
    return scaled(value, by: unit)
  }

  /// `1.53` as 1530.
  package mutating func thousandths() -> Int64? {
    guard var value = integer(times: 1000) else { return nil }
    guard take(UInt8(ascii: ".")) else { return value }
    var place: Int64 = 100
    while byte &- UInt8(ascii: "0") <= 9 {
      value = value.addingReportingOverflow(Int64(byte &- UInt8(ascii: "0")) * place).partialValue
      place /= 10
      position += 1
    }
    return value
  }

  // MARK: words

  /// Steps over spaces and tabs.
  @inline(__always)
  package mutating func skipBlanks() {
    while position < count {
      let byte = at(position)
      if byte != UInt8(ascii: " ") && byte != UInt8(ascii: "\t") { return }
      position += 1
    }
  }

  /// Steps over `fields` words and the blanks before each.
  @inline(__always)
  package mutating func skip(fields: Int) {
    var left = fields
    while left > 0 {
      skipBlanks()
      while position < count, at(position) > UInt8(ascii: " ") { position += 1 }
      left &-= 1
    }
  }

  /// A word up to a blank, a line's end or `end`, cut to what a ``DeviceName`` holds. `nil`: there is none.
  @inline(__always)
  package mutating func name(endingAt end: UInt8 = 0) -> DeviceName? {
    skipBlanks()
    let start = position
    if count - start >= 8 {
      let bytes = word(start)
      // Bytes up to a blank are below 0x21; exact up to the lowest mark.
      let low = (bytes &- Self.ones &* 0x21) & ~bytes & Self.tops
      let ends = low | Self.zeroBytes(bytes ^ (Self.ones &* UInt64(end)))
      if ends != 0 {
        let length = ends.trailingZeroBitCount / 8
        position += length
        return length == 0 ? nil : DeviceName(word: bytes & ((1 &<< UInt64(8 &* length)) &- 1))
      }
    }
    while position < count, at(position) > UInt8(ascii: " "), at(position) != end { position += 1 }
    if position == start { return nil }
    // Safe because start and position are within the buffer.
    return unsafe DeviceName(UnsafeRawBufferPointer(start: base + start, count: position - start))
  }

  @inline(__always)
  package mutating func take(_ byte: UInt8) -> Bool {
    guard position < count, at(position) == byte else { return false }
    position += 1
    return true
  }

  /// Steps over `text` if it stands here.
  @inline(__always)
  package mutating func take(_ text: StaticString) -> Bool {
    let length = text.utf8CodeUnitCount
    guard count - position >= length else { return false }
    var index = 0
    while index < length {
      // Safe because `index` is below the literal's count.
      if unsafe text.utf8Start[index] != at(position + index) { return false }
      index += 1
    }
    position += length
    return true
  }

  /// Steps over the next `byte` of this line. `false`: it has none, and the scanner stands at the line's end.
  @inline(__always)
  package mutating func skip(past byte: UInt8) -> Bool {
    while position < count {
      let found = at(position)
      if found == UInt8(ascii: "\n") { return false }
      position += 1
      if found == byte { return true }
    }
    return false
  }

  /// Steps over the last `byte` of the whole text. `false`: there is none after the scanner, which stays.
  @inline(__always)
  package mutating func skip(pastLast byte: UInt8) -> Bool {
    var end = count
    while end - position >= 8 {
      let hits = Self.zeroBytes(word(end - 8) ^ (Self.ones &* UInt64(byte)))
      // The highest mark of a borrow may be one byte too high, so the bytes of a marked word are looked at one by one.
      if hits != 0 { break }
      end -= 8
    }
    while end > position {
      if at(end - 1) == byte {
        position = end
        return true
      }
      end -= 1
    }
    return false
  }

  // MARK: lines

  /// Steps over the rest of the line and its end.
  @inline(__always)
  package mutating func skipLine() {
    var words = 0
    while count - position >= 8 {
      let hits = Self.zeroBytes(word(position) ^ (Self.ones &* UInt64(UInt8(ascii: "\n"))))
      if hits != 0 {
        position += hits.trailingZeroBitCount / 8 + 1
        return
      }
      position += 8
      words &+= 1
      if words == 8 { skipBlocks() }
    }
    while position < count {
      let byte = at(position)
      position += 1
      if byte == UInt8(ascii: "\n") { return }
    }
  }

  /// Steps over blocks without a line's end: /proc/stat has a line of kilobytes.
  @inline(never)
  private mutating func skipBlocks() {
    let newlines = Self.ones &* UInt64(UInt8(ascii: "\n"))
    while count - position >= 32 {
      let first = Self.zeroBytes(word(position) ^ newlines) | Self.zeroBytes(word(position + 8) ^ newlines)
      let second = Self.zeroBytes(word(position + 16) ^ newlines) | Self.zeroBytes(word(position + 24) ^ newlines)
      if first | second != 0 { return }
      position += 32
    }
  }

  /// The first eight bytes from here up to and with a `:`, to be compared with ``key(_:)``.
  @inline(__always)
  package var key: UInt64 {
    var bytes: UInt64 = 0
    if count - position >= 8 {
      bytes = word(position)
    } else {
      var index = count
      while index > position {
        index -= 1
        bytes = bytes << 8 | UInt64(at(index))
      }
    }
    let colons = Self.zeroBytes(bytes ^ (Self.ones &* UInt64(UInt8(ascii: ":"))))
    // From the lowest colon's mark, all bits up to it.
    return colons == 0 ? bytes : bytes & (colons ^ (colons &- 1))
  }

  /// What ``key`` is at a line that starts with `text`; folded at compile time. Longer names share a key when their first eight bytes
  /// are the same.
  @inline(__always)
  package static func key(_ text: StaticString) -> UInt64 {
    var bytes: UInt64 = 0
    var index = min(text.utf8CodeUnitCount, 8)
    while index > 0 {
      index -= 1
      // Safe because `index` is below the literal's count.
      bytes = bytes << 8 | UInt64(unsafe text.utf8Start[index])
    }
    return bytes
  }

  /// FNV-1a of the bytes from here to before `end`, which is stepped over with the last one of the text.
  @inline(__always)
  mutating func hash(upToLast end: UInt8) -> UInt64? {
    let start = position
    guard skip(pastLast: end) else { return nil }
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for index in start..<(position - 1) { hash = (hash ^ UInt64(at(index))) &* 0x100_0000_01b3 }
    return hash
  }

  @inline(__always)
  private static var ones: UInt64 { 0x0101_0101_0101_0101 }
  @inline(__always)
  private static var tops: UInt64 { 0x8080_8080_8080_8080 }

  /// A mark in the top bit of each zero byte; exact up to the lowest one.
  @inline(__always)
  private static func zeroBytes(_ word: UInt64) -> UInt64 { (word &- ones) & ~word & tops }
}

/// A product that saturates: what a file says must not trap.
@inline(__always)
package func scaled(_ value: Int64, by unit: Int64) -> Int64 {
  let (product, overflow) = value.multipliedReportingOverflow(by: unit)
  return overflow ? (value < 0 ? .min : .max) : product
}

/// A sum that saturates.
@inline(__always)
package func added(_ left: Int64, _ right: Int64) -> Int64 {
  let (sum, overflow) = left.addingReportingOverflow(right)
  return overflow ? (left < 0 ? .min : .max) : sum
}
