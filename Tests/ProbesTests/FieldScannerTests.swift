import StripProbes
import Testing

struct FieldScannerTests {
  @Test(
    arguments: [
      ("0", 0), ("7 ", 7), ("  42\n", 42), ("12345678", 12_345_678), ("123456789 1", 123_456_789), ("-1 ", -1),
      ("\t1234567 kB", 1_234_567), ("999999999999999999", 999_999_999_999_999_999),
      ("9223372036854775807", .max), ("9223372036854775808", .max), ("18446744073709551615 0", .max),
      ("99999999999999999999999999999999999999", .max), ("-9223372036854775807", -.max),
      ("00000000000000000000012", 12),
    ] as [(String, Int64)])
  func `a number is read whole, and saturates`(text: String, expected: Int64) {
    #expect(scan(text) { $0.integer() } == expected)
  }

  @Test func `every number of up to nineteen digits is read as Swift reads it, whatever follows`() {
    for tail in ["", " ", "\n", "kB and more text", ":", "/", "\u{00}", "é"] {
      var digits = ""
      for index in 0..<19 {
        digits += "\((index * 7 + 3) % 10)"
        #expect(scan(digits + tail) { $0.integer() } == Int64(digits) ?? .max)
      }
    }
  }

  @Test(arguments: ["", " ", "-", "x1", "\n1", ":1", "kB", "(12)"])
  func `what is no number gives nothing`(text: String) { #expect(scan(text) { $0.integer() } == nil) }

  @Test func `a number stops at its end`() {
    scan("12 34,56") { text in
      #expect(text.integer() == 12)
      #expect(text.integer() == 34)
      #expect(text.integer() == nil)
      #expect(text.byte == UInt8(ascii: ","))
    }
  }

  @Test func `units saturate`() {
    #expect(scan("9007199254740993") { $0.integer(times: 1024) } == .max)
    #expect(scan("3") { $0.integer(times: 1024) } == 3072)
  }

  @Test(arguments: [("1.53 ", 1530), ("0.08", 80), ("12", 12000), ("3.", 3000), ("0.12345", 123), ("1.5", 1500)])
  func `a decimal is read in thousandths`(text: String, expected: Int64) {
    #expect(scan(text) { $0.thousandths() } == expected)
  }

  @Test func `fields are skipped with their blanks, also at the end`() {
    scan("  a bb\tccc 4") { text in
      text.skip(fields: 3)
      #expect(text.integer() == 4)
      text.skip(fields: 3)
      #expect(text.isAtEnd)
    }
  }

  @Test func `lines of every length are skipped`() {
    for length in 0..<200 {
      let line = String(repeating: "x", count: length)
      scan(line + "\n7") { text in
        text.skipLine()
        #expect(text.integer() == 7)
      }
      scan(line) { text in
        text.skipLine()
        #expect(text.isAtEnd)
      }
    }
  }

  @Test func `the last bracket is found from every distance`() {
    for distance in 0..<40 {
      for before in 0..<20 {
        let text = String(repeating: ")", count: before) + ")" + String(repeating: " ", count: distance)
        scan(text + "8") { text in
          let isFound = text.skip(pastLast: UInt8(ascii: ")"))
          #expect(isFound)
          #expect(text.integer() == 8)
        }
      }
    }
    // A subtraction borrows from the byte above a match; the look-alike above is not taken.
    scan(")*******") { text in
      let isFound = text.skip(pastLast: UInt8(ascii: ")"))
      #expect(isFound)
      #expect(text.byte == UInt8(ascii: "*"))
    }
    #expect(!scan("no such") { $0.skip(pastLast: UInt8(ascii: ")")) })
  }

  @Test(arguments: ["Slab:", "MemFree:", "MemAvailable:", "a:", ":"])
  func `a line's key is that of its name, however short the rest`(name: String) {
    let expected: UInt64 =
      switch name {
      case "Slab:": FieldScanner.key("Slab:")
      case "MemFree:": FieldScanner.key("MemFree:")
      case "MemAvailable:": FieldScanner.key("MemAvailable:")
      case "a:": FieldScanner.key("a:")
      default: FieldScanner.key(":")
      }
    for tail in ["", " 1", "        12 kB\n", ":::::::::"] { #expect(scan(name + tail) { $0.key } == expected) }
  }

  @Test(arguments: ["sda", "a", "nvme0n1p1", "a-name-longer-than-thirty-one-bytes"])
  func `names are read whole up to 31 bytes`(name: String) {
    for tail in ["", " 1", "\n", ": 5 6 7 8 9 10"] {
      let read = scan(name + tail) { $0.name(endingAt: UInt8(ascii: ":")) }
      #expect(read?.text == String(name.prefix(31)))
      #expect(read == DeviceName(name))
    }
  }
}
