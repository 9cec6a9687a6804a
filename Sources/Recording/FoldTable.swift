internal import StripPlatform

/// The folded spans of one thread: sums for each name and parent in table blocks, and those that are open.
///
/// Never freed, like the pen that it belongs to.
@safe struct FoldTable {
  @safe private struct Open {
    var begin: UInt64
    var entry: UnsafeMutablePointer<FoldEntry>?
    var reading: OwnReading
  }

  private let open: UnsafeMutablePointer<Open>
  private var openCount = 0
  private static let openCapacity = SpanThread.stackCapacity
  /// By a hash of name and parent; open addressing.
  private let slots: UnsafeMutablePointer<UnsafeMutablePointer<FoldEntry>?>
  private var used = 0
  private static let slotCount = 1024
  private var block: TableBlock?

  init() {
    unsafe open = .allocate(capacity: Self.openCapacity)
    unsafe slots = .allocate(capacity: Self.slotCount)
    unsafe slots.initialize(repeating: nil, count: Self.slotCount)
  }

  /// A span begins. `latest`: the thread's latest reading. `true`: its entry is new.
  mutating func begin(
    _ name: UInt32, parent: UInt32, at time: UInt64, _ latest: OwnReading, in file: RecordingFile, process: UInt64,
    thread: UInt64
  ) -> Bool {
    defer { openCount += 1 }
    guard openCount < Self.openCapacity else { return false }
    let before = used
    let entry = unsafe entry(name, parent, at: time, in: file, process: process, thread: thread)
    // Safe because the count is below the capacity; entries lie in the mapped file for ever.
    if let entry = unsafe entry { unsafe entry.pointee.open &+= 1 }
    unsafe (open + openCount).initialize(to: Open(begin: time, entry: entry, reading: latest))
    return used > before
  }

  /// The one that was begun last ends.
  mutating func end(at time: UInt64, _ latest: OwnReading) {
    guard openCount > 0 else { return }
    openCount -= 1
    guard openCount < Self.openCapacity else { return }
    let span = unsafe open[openCount]
    guard let entry = unsafe span.entry else { return }
    unsafe FoldEntry.add(time &- span.begin, since: span.reading, until: latest, to: entry)
  }

  /// The entry of a name under a parent, made when it is first needed.
  private mutating func entry(
    _ name: UInt32, _ parent: UInt32, at time: UInt64, in file: RecordingFile, process: UInt64, thread: UInt64
  ) -> UnsafeMutablePointer<FoldEntry>? {
    // Where too many pairs were seen, what is left is the name.
    let parent = used < Self.slotCount * 3 / 4 ? parent : 0
    let key = UInt64(parent) << 32 | UInt64(name)
    var slot = Int((key &* 0x9E37_79B9_7F4A_7C15) >> 54)
    while let known = unsafe slots[slot] {
      if unsafe known.pointee.name == name && known.pointee.parent == parent { return unsafe known }
      slot = (slot + 1) & (Self.slotCount - 1)
    }
    guard used < Self.slotCount - 1 else { return nil }
    func set(_ raw: UnsafeMutableRawPointer) {
      let entry = unsafe raw.assumingMemoryBound(to: FoldEntry.self)
      unsafe entry.pointee.name = name
      unsafe entry.pointee.parent = parent
      unsafe entry.pointee.least = .max
      unsafe entry.pointee.firstFolded = time
    }
    var raw = unsafe block?.add { unsafe set($0) }
    if unsafe raw == nil {
      block = TableBlock(.foldedSpans, in: file, process: process, thread: thread)
      unsafe raw = block?.add { unsafe set($0) }
    }
    guard let raw = unsafe raw else { return nil }
    let entry = unsafe raw.assumingMemoryBound(to: FoldEntry.self)
    unsafe slots[slot] = entry
    used += 1
    return unsafe entry
  }
}

/// An entry of a table of folded spans, as it stands in the file; 80 bytes, and 108 counts of durations after them.
struct FoldEntry {
  var name: UInt32
  var parent: UInt32
  var count: UInt64
  var total: UInt64
  var least: UInt64
  var greatest: UInt64
  var cpu: Int64
  var growth: Int64
  var storage: UInt64
  var firstFolded: UInt64
  var open: UInt64

  static let bucketCount = 108

  /// Four buckets an octave from 32 ns on.
  static func bucket(_ nanoseconds: UInt64) -> Int {
    guard nanoseconds >= 32 else { return 0 }
    let exponent = 63 - nanoseconds.leadingZeroBitCount
    let quarter = Int(nanoseconds >> UInt64(exponent - 2)) & 3
    return min(4 * (exponent - 5) + quarter, bucketCount - 1)
  }

  /// A span ended. `entry` lies in a table, its buckets behind it.
  static func add(
    _ duration: UInt64, since before: OwnReading, until after: OwnReading, to entry: UnsafeMutablePointer<FoldEntry>
  ) {
    unsafe entry.pointee.total &+= duration
    if unsafe duration < entry.pointee.least { unsafe entry.pointee.least = duration }
    if unsafe duration > entry.pointee.greatest { unsafe entry.pointee.greatest = duration }
    unsafe entry.pointee.cpu &+= Int64(bitPattern: after.threadCPU &- before.threadCPU)
    unsafe entry.pointee.growth &+= Int64(bitPattern: after.resident &- before.resident)
    unsafe entry.pointee.storage &+= after.storageBytes &- before.storageBytes
    // Safe because an entry of 512 bytes has 108 counts after its first 80.
    let buckets = unsafe (UnsafeMutableRawPointer(entry) + 80).assumingMemoryBound(to: UInt32.self)
    unsafe buckets[bucket(duration)] &+= 1
    unsafe entry.pointee.count &+= 1
    unsafe entry.pointee.open &-= 1
  }
}
