internal import StripModel

/// proc_pid_net(5), /proc/net/dev: of the network namespace of the process that opened it.
extension MachineProbe {
  static let network = MachineProbe(
    name: "network", file: "net/dev", subject: .networks, tier: .often, metrics: [], parse: NetworkProbe.parse)
}

package enum NetworkProbe {
  package static func parse(_ text: FieldScanner, into reading: inout MachineReading) {
    var text = text
    // Two lines of headings.
    text.skipLine()
    text.skipLine()
    while !text.isAtEnd {
      defer { text.skipLine() }
      guard let name = text.name(endingAt: UInt8(ascii: ":")), text.skip(past: UInt8(ascii: ":")) else { continue }
      reading.networks.update(name) { sample in
        sample[.receivedBytes] = text.integer()
        sample[.receivedPackets] = text.integer()
        sample[.receiveErrors] = text.integer()
        text.skip(fields: 5)  // drop fifo frame compressed multicast
        sample[.sentBytes] = text.integer()
        sample[.sentPackets] = text.integer()
        sample[.sendErrors] = text.integer()
      }
    }
  }
}
