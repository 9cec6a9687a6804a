/// One record of the kernel's; perf_event_open(2), "MMAP layout".
enum PerfRecord {
  /// The innermost address first, without the kernel's.
  case sample(addresses: [UInt64], isKernel: Bool, pid: Int32, tid: Int32, time: UInt64)
  case mapped(Mapped, time: UInt64)
  /// The process has executed another program: nothing of its memory is left.
  case executed(pid: Int32, time: UInt64)
  case forked(pid: Int32, parent: Int32, time: UInt64)
  case exited(pid: Int32, time: UInt64)
  /// So many records found no room.
  case lost(UInt64)

  struct Mapped {
    let pid: Int32
    let start: UInt64
    let length: UInt64
    /// Of the start, in the file.
    let offset: UInt64
    let path: String
  }

  var time: UInt64 {
    switch self {
    case .sample(_, _, _, _, let time), .mapped(_, let time), .executed(_, let time), .forked(_, _, let time),
      .exited(_, let time):
      time
    case .lost: 0
    }
  }

  private enum Kind {
    static let map: UInt32 = 1
    static let lost: UInt32 = 2
    static let name: UInt32 = 3
    static let exit: UInt32 = 4
    static let fork: UInt32 = 7
    static let sample: UInt32 = 9
    static let map2: UInt32 = 10
    static let lostSamples: UInt32 = 13
    static let execFlag: UInt16 = 1 << 13
    static let modeMask: UInt16 = 7
    static let kernelMode: UInt16 = 1
  }

  /// Above these a callchain holds no addresses but words on what follows (PERF_CONTEXT_MAX).
  private static let firstContext = UInt64(bitPattern: -4095)
  /// As `kernel.perf_event_max_stack` allows at most.
  private static let deepest = 1024

  /// `nil`: it says nothing to us, or is shorter than its kind.
  init?(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count >= 8 else { return nil }
    func word(_ offset: Int) -> UInt64 {
      // Safe because of the check; a record's fields are eight bytes wide or pairs of four.
      offset + 8 <= bytes.count ? unsafe bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self) : 0
    }
    func half(_ offset: Int) -> Int32 { Int32(truncatingIfNeeded: word(offset & ~7) >> (UInt64(offset & 7) * 8)) }
    // sample_id_all: every record but a sample ends with PID, TID and time.
    let time = word(bytes.count - 8)
    let flags = UInt16(truncatingIfNeeded: word(0) >> 32)
    switch UInt32(truncatingIfNeeded: word(0)) {
    case Kind.sample:
      guard bytes.count >= 40 else { return nil }
      let count = Int(min(word(32), UInt64(Self.deepest), UInt64((bytes.count - 40) / 8)))
      var addresses: [UInt64] = []
      addresses.reserveCapacity(count)
      for index in 0..<count {
        let address = word(40 + 8 * index)
        if address < Self.firstContext { addresses.append(address) }
      }
      let isKernel = flags & Kind.modeMask == Kind.kernelMode
      // Without a callchain (the stack could not be read) the place itself is left.
      if addresses.isEmpty && !isKernel { addresses = [word(8)] }
      self = .sample(addresses: addresses, isKernel: isKernel, pid: half(16), tid: half(20), time: word(24))
    case Kind.map:
      guard bytes.count > 56 else { return nil }
      self = .mapped(
        Mapped(
          pid: half(8), start: word(16), length: word(24), offset: word(32),
          path: unsafe Self.text(UnsafeRawBufferPointer(rebasing: bytes[40..<(bytes.count - 16)]))), time: time)
    case Kind.map2:
      guard bytes.count > 88 else { return nil }
      self = .mapped(
        Mapped(
          pid: half(8), start: word(16), length: word(24), offset: word(32),
          path: unsafe Self.text(UnsafeRawBufferPointer(rebasing: bytes[72..<(bytes.count - 16)]))), time: time)
    case Kind.name:
      guard flags & Kind.execFlag != 0 else { return nil }
      self = .executed(pid: half(8), time: time)
    case Kind.fork:
      // A new thread of the same process changes nothing.
      guard half(8) != half(12) else { return nil }
      self = .forked(pid: half(8), parent: half(12), time: time)
    case Kind.exit:
      guard half(8) == half(16) else { return nil }
      self = .exited(pid: half(8), time: time)
    case Kind.lost: self = .lost(word(16))
    case Kind.lostSamples: self = .lost(word(8))
    default: return nil
    }
  }

  private static func text(_ bytes: UnsafeRawBufferPointer) -> String {
    unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }
}
