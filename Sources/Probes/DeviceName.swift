/// The name of a disk or a network interface, held without allocation.
///
/// Shape: at most 31 bytes (DISK_NAME_LEN and IFNAMSIZ of the kernel are 32 and 16 with their NUL); a longer one is cut.
package struct DeviceName: Hashable, Sendable {
  /// The unused bytes are 0; a name has none.
  private var words: InlineArray<4, UInt64>

  @inline(__always)
  init(word: UInt64) { words = [word, 0, 0, 0] }

  @inline(never)
  init(_ bytes: UnsafeRawBufferPointer) {
    words = InlineArray(repeating: 0)
    let count = min(bytes.count, 31)
    var index = 0
    while index < count {
      // Safe because `index` is below the buffer's count. `index` >> 3 is below 4.
      words[index >> 3] |= UInt64(unsafe bytes[index]) << UInt64(8 * (index & 7))
      index += 1
    }
  }

  package init(_ text: String) {
    var text = text
    self = text.withUTF8 { unsafe DeviceName(UnsafeRawBufferPointer($0)) }
  }

  package var text: String {
    var bytes: [UInt8] = []
    for index in 0..<count { bytes.append(byte(index)) }
    return String(decoding: bytes, as: UTF8.self)
  }

  private var count: Int {
    var count = 0
    while count < 31, byte(count) != 0 { count += 1 }
    return count
  }

  private func byte(_ index: Int) -> UInt8 { UInt8(truncatingIfNeeded: words[index >> 3] >> UInt64(8 * (index & 7))) }

  @inline(__always)
  package static func == (left: DeviceName, right: DeviceName) -> Bool {
    left.words[0] == right.words[0] && left.words[1] == right.words[1] && left.words[2] == right.words[2]
      && left.words[3] == right.words[3]
  }

  package func hash(into hasher: inout Hasher) {
    for index in 0..<4 { hasher.combine(words[index]) }
  }

  package func starts(with text: StaticString) -> Bool {
    guard text.utf8CodeUnitCount <= count else { return false }
    // Safe because `index` is below the literal's count.
    for index in 0..<text.utf8CodeUnitCount where unsafe text.utf8Start[index] != byte(index) { return false }
    return true
  }

  /// A digit as the last byte.
  var endsInDigit: Bool { count > 0 && byte(count - 1) &- UInt8(ascii: "0") <= 9 }

  /// A `p` and digits at the end, after a digit: `nvme0n1p2`, `mmcblk0p1`.
  var endsInPartition: Bool {
    var index = count
    while index > 0, byte(index - 1) &- UInt8(ascii: "0") <= 9 { index -= 1 }
    return index < count && index >= 2 && byte(index - 1) == UInt8(ascii: "p")
      && byte(index - 2) &- UInt8(ascii: "0") <= 9
  }
}
