@testable import StripRecording

/// Protobuf encoded as its specification says it, by other code than the module's: what the tests let the reader read.
struct Wire {
  private(set) var bytes: [UInt8] = []

  init(_ build: (inout Wire) -> Void = { _ in }) { build(&self) }

  private mutating func varint(_ value: UInt64) {
    var rest = value
    repeat {
      bytes.append(UInt8(rest & 0x7F) | (rest > 0x7F ? 0x80 : 0))
      rest >>= 7
    } while rest > 0
  }

  mutating func number(_ field: UInt64, _ value: some BinaryInteger) {
    varint(field << 3)
    varint(UInt64(truncatingIfNeeded: value))
  }

  mutating func fixed(_ field: UInt64, _ value: UInt64) {
    varint(field << 3 | 1)
    bytes += value.littleEndianBytes
  }

  mutating func bytes(_ field: UInt64, _ value: [UInt8]) {
    varint(field << 3 | 2)
    varint(UInt64(value.count))
    bytes += value
  }

  mutating func text(_ field: UInt64, _ value: String) { bytes(field, Array(value.utf8)) }
  mutating func message(_ field: UInt64, _ build: (inout Wire) -> Void) { bytes(field, Wire(build).bytes) }
}

extension FixedWidthInteger {
  var littleEndianBytes: [UInt8] { withUnsafeBytes(of: littleEndian) { Array($0) } }
}

/// A recording made by hand: packets and tables, each in a block of its own.
struct HandRecording {
  private(set) var bytes: [UInt8]
  static let process: UInt64 = 1 << 40
  static let thread = process + 1
  private static let sequence: UInt64 = 7

  /// Block 0 is an empty recording's.
  init(_ scratch: Scratch) throws {
    let file = try scratch.recording("empty.pftrace")
    file.close()
    bytes = Array(try contents(file.path).prefix(8192))
  }

  /// One block with these packets.
  mutating func block(_ packets: [Wire]) {
    var block: [UInt8] = []
    for packet in packets { block += Wire { $0.bytes(1, packet.bytes) }.bytes }
    let left = 8192 - block.count
    precondition(left > 3)
    block += [0x7A, UInt8((left - 3) & 0x7F) | 0x80, UInt8((left - 3) >> 7)]
    bytes += block + [UInt8](repeating: 0, count: left - 3)
  }

  /// What a span writer begins with: its process's track, its thread's, and the sequence's state, with these readings' tracks.
  mutating func writer(names: [(UInt64, String)] = [], readings: [(UInt64, String)] = []) {
    var packets = [
      Wire {
        $0.number(10, Self.sequence)
        $0.message(60) {
          $0.number(1, Self.process)
          $0.message(3) { $0.number(1, 42) }
        }
      },
      Wire {
        $0.number(10, Self.sequence)
        $0.message(60) {
          $0.number(1, Self.thread)
          $0.number(5, Self.process)
          $0.message(4) {
            $0.number(1, 42)
            $0.number(2, 43)
            $0.text(5, "main")
          }
        }
      },
    ]
    for (track, name) in readings { packets.append(Self.counterTrack(track, name, parent: Self.thread)) }
    packets.append(
      Wire {
        $0.number(10, Self.sequence)
        $0.number(13, 1)
        $0.message(59) {
          $0.message(11) {
            $0.number(11, Self.thread)
            for (track, _) in readings { $0.number(31, track) }
          }
        }
      })
    packets.append(Self.names(names))
    block(packets)
  }

  static func names(_ names: [(UInt64, String)]) -> Wire {
    Wire {
      $0.number(10, sequence)
      $0.number(13, 2)
      $0.message(12) {
        for (iid, name) in names {
          $0.message(2) {
            $0.number(1, iid)
            $0.text(2, name)
          }
        }
      }
    }
  }

  static func counterTrack(_ uuid: UInt64, _ name: String, parent: UInt64, category: String = "stripchart") -> Wire {
    Wire {
      $0.number(10, sequence)
      $0.message(60) {
        $0.number(1, uuid)
        $0.text(2, name)
        $0.number(5, parent)
        $0.message(8) { $0.text(2, category) }
      }
    }
  }

  /// An event at an absolute time.
  static func event(_ time: UInt64, type: UInt64, _ build: (inout Wire) -> Void = { _ in }) -> Wire {
    Wire {
      $0.number(8, time)
      $0.number(58, 6)
      $0.number(10, sequence)
      $0.message(11) {
        $0.number(9, type)
        build(&$0)
      }
    }
  }

  mutating func table(
    kind: UInt32, entrySize: UInt32? = nil, thread: UInt64 = 0, count: UInt32? = nil, readings: UInt64 = 0,
    _ entries: [[UInt8]]
  ) {
    var block: [UInt8] = [0x7A, 0xFD, 0x3F, 0, 0, 0, 0, 0]
    block += Array("STRIPTBL".utf8) + kind.littleEndianBytes
    block += (entrySize ?? UInt32(entries.first?.count ?? 80)).littleEndianBytes
    block += Self.process.littleEndianBytes + thread.littleEndianBytes
    block += (count ?? UInt32(entries.count)).littleEndianBytes + [0, 0, 0, 0]
    block += readings.littleEndianBytes + (0 as UInt64).littleEndianBytes
    block += entries.joined()
    bytes += block + [UInt8](repeating: 0, count: 8192 - block.count)
  }

  static func line(_ code: UInt32, _ line: UInt32, _ values: [Int64]) -> [UInt8] {
    code.littleEndianBytes + line.littleEndianBytes + values.flatMap(\.littleEndianBytes)
      + [UInt8](repeating: 0, count: 72 - 8 * values.count)
  }

  static func fold(_ name: UInt32, parent: UInt32, _ values: [Int64], buckets: [Int: UInt32] = [:]) -> [UInt8] {
    name.littleEndianBytes + parent.littleEndianBytes + values.flatMap(\.littleEndianBytes)
      + [UInt8](repeating: 0, count: 72 - 8 * values.count)
      + (0..<108).flatMap { (buckets[$0] ?? 0).littleEndianBytes }
  }
}
