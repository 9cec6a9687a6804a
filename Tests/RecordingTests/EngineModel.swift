import StripReader
/// What Perfetto's trace processor makes of counter packets, with the limits that were found by running it: it drops a packet of
/// more than 1 + 8 values, an extra value that is zero hides those after it, and a sequence's snapshots must not go back.
struct EngineModel {
  struct Track {
    var parent: UInt64 = 0
    var name = ""
    var isIncremental = false
    var multiplier: Int64 = 1
    var total: Int64 = 0
    var values: [(time: UInt64, value: Int64)] = []
  }

  private struct Sequence {
    var snapshot: UInt64 = 0
    var time: UInt64 = 0
    var countsFromPacketToPacket = false
    var track: UInt64 = 0
    var extraTracks: [UInt64] = []
    var described: Set<UInt64> = []
  }

  private(set) var tracks: [UInt64: Track] = [:]
  private var sequences: [UInt64: Sequence] = [:]

  init(_ packets: [ArraySlice<UInt8>]) throws { for packet in packets { try read(wireFields(packet)) } }

  func track(_ name: String, of parent: String) -> Track? {
    tracks.values.first { $0.name == name && tracks[$0.parent]?.name == parent }
  }

  private mutating func read(_ packet: [WireField]) throws {
    let id = packet.first(10)?.value ?? 0
    var sequence = sequences[id] ?? Sequence()
    defer { sequences[id] = sequence }
    if (packet.first(13)?.value ?? 0) & 1 != 0 {
      for track in sequence.described { tracks[track]?.total = 0 }
      sequence = Sequence(snapshot: sequence.snapshot, described: sequence.described)
    }
    if let snapshot = try packet.first(6)?.message { try read(snapshot, &sequence) }
    if let descriptor = try packet.first(60)?.message { try describe(descriptor, &sequence) }
    if let defaults = try packet.first(59)?.message {
      sequence.countsFromPacketToPacket = defaults.first(58)?.value == 64
      if let event = try defaults.first(11)?.message {
        sequence.track = event.first(11)?.value ?? 0
        sequence.extraTracks = event.all(31).map(\.value)
      }
    }
    guard let event = try packet.first(11)?.message, let stamp = packet.first(8)?.value else { return }
    if sequence.countsFromPacketToPacket { sequence.time += stamp }
    let time = sequence.countsFromPacketToPacket ? sequence.time : stamp
    guard event.first(9)?.value == 4, let value = event.first(30) else { return }
    try count(event.first(11)?.value ?? sequence.track, value.value, time)
    let extra = event.all(12)
    guard extra.count <= 8 else { throw WireError("\(extra.count) extra values") }
    for (index, value) in extra.enumerated() {
      guard index < sequence.extraTracks.count else { throw WireError("an extra value without a track") }
      let absolute = try count(sequence.extraTracks[index], value.value, time)
      if absolute == 0 { throw WireError("an extra value is zero at \(time)") }
    }
  }

  private mutating func read(_ snapshot: [WireField], _ sequence: inout Sequence) throws {
    for clock in try snapshot.all(1).map({ try $0.message }) {
      let time = clock.first(2)?.value ?? 0
      if clock.first(1)?.value == 64 { sequence.time = time }
      guard clock.first(1)?.value == 6 else { continue }
      if time < sequence.snapshot { throw WireError("a snapshot goes back to \(time)") }
      sequence.snapshot = time
    }
  }

  private mutating func describe(_ descriptor: [WireField], _ sequence: inout Sequence) throws {
    guard let uuid = descriptor.first(1)?.value else { throw WireError("a track without a UUID") }
    var track = tracks[uuid] ?? Track()
    track.parent = descriptor.first(5)?.value ?? 0
    track.name = descriptor.first(2)?.text ?? ""
    if let counter = try descriptor.first(8)?.message {
      track.isIncremental = counter.first(5)?.value == 1
      track.multiplier = Int64(counter.first(4)?.value ?? 1)
      sequence.described.insert(uuid)
    }
    tracks[uuid] = track
  }

  @discardableResult
  private mutating func count(_ uuid: UInt64, _ raw: UInt64, _ time: UInt64) throws -> Int64 {
    guard var track = tracks[uuid] else { throw WireError("a value of an unknown track") }
    var value = Int64(bitPattern: raw) * track.multiplier
    if track.isIncremental {
      value += track.total
      track.total = value
    }
    track.values.append((time, value))
    tracks[uuid] = track
    return value
  }
}
