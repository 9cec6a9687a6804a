internal import StripPlatform

/// A block of the file that holds sums instead of events: one padding field, whose entries are updated in place, so that a kill
/// loses nothing of them. `Docs/recording-format.md` has the layout.
@safe package struct TableBlock {
  package enum Kind: UInt32 {
    case lines = 1
    case foldedSpans = 2

    package var entrySize: Int {
      switch self {
      case .lines: 80
      case .foldedSpans: 512
      }
    }
  }

  package static let magic: UInt64 = 0x4C42_5450_4952_5453
  package static let headerSize = 64
  private static let countOffset = 40
  private static let readingsOffset = 48

  private let base: UnsafeMutableRawPointer
  private let entrySize: Int
  private let capacity: Int
  private(set) var count = 0

  /// Claims a block. `nil`: the file is full.
  init?(_ kind: Kind, in file: RecordingFile, process: UInt64, thread: UInt64) {
    guard let block = unsafe file.claim(1, for: .sampler) else { return nil }
    let (tag, low, high) = RecordingLayout.wideBlank(RecordingLayout.blockSize)
    // Safe because the block is ours, zeroed, and longer than the header.
    unsafe block.storeBytes(of: kind.rawValue, toByteOffset: 16, as: UInt32.self)
    unsafe block.storeBytes(of: UInt32(kind.entrySize), toByteOffset: 20, as: UInt32.self)
    unsafe block.storeBytes(of: process, toByteOffset: 24, as: UInt64.self)
    unsafe block.storeBytes(of: thread, toByteOffset: 32, as: UInt64.self)
    Publish.fence()
    unsafe Publish.cell(block, UInt64(tag) | UInt64(low) << 8 | UInt64(high) << 16, Self.magic)
    unsafe base = block
    entrySize = kind.entrySize
    capacity = (RecordingLayout.blockSize - Self.headerSize) / kind.entrySize
  }

  /// The next free entry, set up by `body` before it counts. `nil`: the block is full.
  mutating func add(_ body: (UnsafeMutableRawPointer) -> Void) -> UnsafeMutableRawPointer? {
    guard count < capacity else { return nil }
    let entry = unsafe base + Self.headerSize + count * entrySize
    unsafe body(entry)
    Publish.fence()
    count += 1
    unsafe base.storeBytes(of: UInt32(count), toByteOffset: Self.countOffset, as: UInt32.self)
    return unsafe entry
  }

  /// More events of lines, and readings that these took.
  func count(readings: UInt64, events: UInt64) {
    // Safe because both words lie in the block's header.
    let words = unsafe (base + Self.readingsOffset).assumingMemoryBound(to: UInt64.self)
    unsafe words[0] &+= readings
    unsafe words[1] &+= events
  }
}
