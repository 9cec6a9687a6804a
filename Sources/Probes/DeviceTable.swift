package import StripModel

/// One device and what was read of it.
package struct Device<Metrics: MetricCatalogue>: Sendable {
  package let name: DeviceName
  /// Empty when the device was not there at the last reading.
  package internal(set) var sample = Sample<Metrics>()
}

/// The devices of one kind met so far. Devices are only ever appended, so an index means the same device for ever.
///
/// Whether a name is wanted is decided once, when it is first met. No allocation while no new name appears.
package struct DeviceTable<Metrics: MetricCatalogue>: Sendable {
  package private(set) var devices: [Device<Metrics>] = []

  private struct Known: Sendable {
    let name: DeviceName
    /// −1: not wanted.
    let index: Int
  }

  /// Every name met, in the order of the file, so that the next one is nearly always the one expected.
  private var known: [Known] = []
  private var expected = 0
  private let isWanted: @Sendable (DeviceName) -> Bool

  init(where isWanted: @escaping @Sendable (DeviceName) -> Bool) { self.isWanted = isWanted }

  /// Starts a reading: nothing is there until it is met again.
  mutating func begin() {
    expected = 0
    for index in devices.indices { devices[index].sample.clear() }
  }

  /// Hands the sample of `name` to `body`, or nothing if the device is not wanted.
  @inline(__always)
  mutating func update(_ name: DeviceName, _ body: (inout Sample<Metrics>) -> Void) {
    let index = index(of: name)
    if index >= 0 { body(&devices[index].sample) }
  }

  @inline(__always)
  private mutating func index(of name: DeviceName) -> Int {
    if expected < known.count, known[expected].name == name {
      expected += 1
      return known[expected - 1].index
    }
    return search(name)
  }

  @inline(never)
  private mutating func search(_ name: DeviceName) -> Int {
    if let place = known.firstIndex(where: { $0.name == name }) {
      expected = place + 1
      return known[place].index
    }
    var index = -1
    if isWanted(name) {
      index = devices.count
      devices.append(Device(name: name))
    }
    known.append(Known(name: name, index: index))
    expected = known.count
    return index
  }
}
