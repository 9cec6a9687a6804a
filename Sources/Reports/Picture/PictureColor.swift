internal import StripAnalysis

/// Colours that differ on a screen, on paper and for most who see colours differently (after Okabe and Ito).
enum PictureColor {
  static let background = "#ffffff"
  static let text = "#1c2330"
  static let faintText = "#5d6675"
  static let grid = "#e3e6eb"
  static let limit = "#c0392b"

  static func of(_ series: Timeline.Series.Name) -> String {
    switch series {
    case .resident, .machineUsed, .memoryStall, .gpuOwn: "#0072b2"
    case .processes, .processorStall, .gpuBusy: "#d55e00"
    case .machine, .gpuUsed, .charged, .throttled: "#9aa3b0"
    case .read, .received: "#009e73"
    case .written, .sent, .ioStall, .gpuMemoryBusy: "#cc79a7"
    case .value: "#6a51a3"
    }
  }

  private static let spans = [
    "#8ecae6", "#ffd166", "#95d5b2", "#f4a3a8", "#cdb4db", "#ffc89a", "#b8e0d2", "#d9d9a3",
    "#a9c5ec", "#e5b8c9",
  ]

  /// A colour for each name of a picture: the same in every picture, but where two names of one picture would share it. Only when there
  /// are more names than colours do some have the same.
  struct OfSpans {
    private var colors: [String: String] = [:]

    init(_ names: some Sequence<String>) {
      var taken = Set<Int>()
      for name in names where colors[name] == nil {
        var place = Self.place(of: name)
        if taken.count < spans.count { while taken.contains(place) { place = (place + 1) % spans.count } }
        taken.insert(place)
        colors[name] = spans[place]
      }
    }

    subscript(name: String) -> String { colors[name] ?? spans[Self.place(of: name)] }

    private static func place(of name: String) -> Int {
      var hash: UInt64 = 0xCBF2_9CE4_8422_2325
      for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
      return Int(hash >> 20) % spans.count
    }
  }
}
