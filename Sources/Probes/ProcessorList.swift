/// /proc/cpuinfo: `key<tab>: value` lines, an empty line after each processor. Every architecture has its own keys.
enum ProcessorList {
  /// The name a person knows; of ARM, which has none, the part's numbers.
  static func model(_ information: [UInt8]) -> String? {
    let keys: [StaticString] = ["model name", "cpu model", "Model", "Hardware", "cpu", "uarch"]
    for key in keys {
      if let model = value(key, in: information) { return model }
    }
    guard let implementer = value("CPU implementer", in: information), let part = value("CPU part", in: information)
    else {
      return nil
    }
    return "ARM implementer " + implementer + " part " + part
  }

  /// How many different pairs of package and core there are. `nil`: not said.
  static func cores(_ information: [UInt8]) -> Int? {
    unsafe information.withUnsafeBytes { bytes in
      var seen: Set<UInt64> = []
      var package: UInt64 = 0
      var text = unsafe FieldScanner(bytes)
      while !text.isAtEnd {
        defer { text.skipLine() }
        let isPackage = text.take("physical id")
        guard isPackage || text.take("core id"), text.skip(past: UInt8(ascii: ":")), let number = text.integer() else {
          continue
        }
        let id = UInt64(UInt32(truncatingIfNeeded: number))
        if isPackage { package = id } else { seen.insert(package << 32 | id) }
      }
      return seen.isEmpty ? nil : seen.count
    }
  }

  private static func value(_ key: StaticString, in information: [UInt8]) -> String? {
    for line in MachineDescription.lines(information) {
      if let (found, value) = split(line), matches(found, key), !value.isEmpty {
        return String(decoding: value, as: UTF8.self)
      }
    }
    return nil
  }

  private static func split(_ line: ArraySlice<UInt8>) -> (key: ArraySlice<UInt8>, value: ArraySlice<UInt8>)? {
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return nil }
    return (trimmed(line[..<colon]), trimmed(line[(colon + 1)...]))
  }

  private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var bytes = bytes
    while let first = bytes.first, first <= UInt8(ascii: " ") { bytes.removeFirst() }
    while let last = bytes.last, last <= UInt8(ascii: " ") { bytes.removeLast() }
    return bytes
  }

  private static func matches(_ bytes: ArraySlice<UInt8>, _ text: StaticString) -> Bool {
    // Safe because the count is the literal's own.
    let text = unsafe UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    return unsafe bytes.elementsEqual(text)
  }
}
