/// Where a process has mapped what it runs.
struct AddressSpace {
  struct Region {
    let start: UInt64
    let end: UInt64
    /// Of the start, in the file.
    let offset: UInt64
    let path: String
    /// What the recording calls it, once a sample has met it.
    var mapping: UInt32?
    /// To be added to an address for the one that the file's symbols know.
    var bias: UInt64 = 0
  }

  /// In the order of addresses; none overlaps another.
  private(set) var regions: [Region] = []

  /// Takes the place of whatever was mapped there.
  mutating func map(_ region: Region) {
    guard region.start < region.end else { return }
    var kept: [Region] = []
    for old in regions {
      if old.end <= region.start || old.start >= region.end {
        kept.append(old)
        continue
      }
      if old.start < region.start { kept.append(old.part(from: old.start, to: region.start)) }
      if old.end > region.end { kept.append(old.part(from: region.end, to: old.end)) }
    }
    let place = kept.firstIndex { $0.start > region.start } ?? kept.count
    kept.insert(region, at: place)
    regions = kept
  }

  /// The place of the region that holds an address.
  func place(of address: UInt64) -> Int? {
    var low = 0
    var high = regions.count
    while low < high {
      let middle = (low + high) / 2
      if regions[middle].end <= address { low = middle + 1 } else { high = middle }
    }
    return low < regions.count && regions[low].start <= address ? low : nil
  }

  mutating func name(_ place: Int, as mapping: UInt32, bias: UInt64) {
    regions[place].mapping = mapping
    regions[place].bias = bias
  }

  /// proc_pid_maps(5): the executable lines of a process that runs already.
  init(maps text: [UInt8]) {
    for line in text.split(separator: UInt8(ascii: "\n")) {
      let fields = line.split(separator: UInt8(ascii: " "), maxSplits: 5, omittingEmptySubsequences: true)
      guard fields.count >= 5, fields[1].count == 4, fields[1][fields[1].startIndex + 2] == UInt8(ascii: "x") else {
        continue
      }
      let range = fields[0].split(separator: UInt8(ascii: "-"))
      guard range.count == 2, let start = Self.hexadecimal(range[0]), let end = Self.hexadecimal(range[1]),
        let offset = Self.hexadecimal(fields[2])
      else { continue }
      // Paths stand in a column of their own; they may hold blanks.
      let path =
        fields.count == 6 ? String(decoding: fields[5].drop { $0 == UInt8(ascii: " ") }, as: UTF8.self) : "//anon"
      map(Region(start: start, end: end, offset: offset, path: path))
    }
  }

  init() {}

  private static func hexadecimal(_ digits: ArraySlice<UInt8>) -> UInt64? {
    UInt64(String(decoding: digits, as: UTF8.self), radix: 16)
  }
}

extension AddressSpace.Region {
  fileprivate func part(from start: UInt64, to end: UInt64) -> Self {
    var part = Self(start: start, end: end, offset: offset &+ (start - self.start), path: path)
    // The same file at the same distance: its name and bias hold for each part.
    part.mapping = mapping
    part.bias = bias
    return part
  }
}
