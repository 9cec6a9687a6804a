/// The field numbers of the Perfetto protobufs that a recording uses (perfetto/trace/*.proto, stable by protobuf's rules).
/// StripRecording, StripReader and StripProfiling each have them as their own, by a link: public constants would be symbols in every program.
enum TraceField {
  static let packet: UInt32 = 1
  /// Not a field of `Trace`: readers skip it, so its bytes are ours. The control block and unused space live in such fields.
  static let padding: UInt32 = 15
}

enum PacketField {
  static let processTree: UInt32 = 2
  static let clockSnapshot: UInt32 = 6
  static let timestamp: UInt32 = 8
  static let sequenceID: UInt32 = 10
  static let trackEvent: UInt32 = 11
  static let internedData: UInt32 = 12
  static let sequenceFlags: UInt32 = 13
  static let systemInfo: UInt32 = 45
  static let clockID: UInt32 = 58
  static let defaults: UInt32 = 59
  static let trackDescriptor: UInt32 = 60
  static let moduleSymbols: UInt32 = 61
  static let stackSample: UInt32 = 66
  static let uuid: UInt32 = 89
}

enum SequenceFlag {
  static let cleared: UInt64 = 1
  static let needsState: UInt64 = 2
}

enum ClockSnapshotField {
  static let clock: UInt32 = 1
  static let clockID: UInt32 = 1
  static let time: UInt32 = 2
  static let isIncremental: UInt32 = 3
}

enum ClockID {
  static let realtime: UInt64 = 1
  static let monotonic: UInt64 = 3
  static let boottime: UInt64 = 6
  /// The first of the ids that belong to a sequence: nanoseconds since the sequence's last packet.
  static let sequence: UInt64 = 64
}

enum DefaultsField {
  static let trackEvent: UInt32 = 11
  static let stackSample: UInt32 = 12
  static let clockID: UInt32 = 58
}

enum TrackField {
  static let uuid: UInt32 = 1
  static let name: UInt32 = 2
  static let process: UInt32 = 3
  static let thread: UInt32 = 4
  static let parent: UInt32 = 5
  static let counter: UInt32 = 8
}

enum CounterField {
  static let category: UInt32 = 2
  static let unit: UInt32 = 3
  static let multiplier: UInt32 = 4
  static let isIncremental: UInt32 = 5
}

enum ProcessField {
  static let pid: UInt32 = 1
  static let commandLine: UInt32 = 2
  static let name: UInt32 = 6
}

enum ThreadField {
  static let pid: UInt32 = 1
  static let tid: UInt32 = 2
  static let name: UInt32 = 5
}

enum ProcessTreeField {
  static let process: UInt32 = 1
  static let pid: UInt32 = 1
  static let parent: UInt32 = 2
  static let commandLine: UInt32 = 3
  static let user: UInt32 = 5
}

enum EventField {
  static let annotation: UInt32 = 4
  static let type: UInt32 = 9
  static let nameID: UInt32 = 10
  static let track: UInt32 = 11
  static let extraValue: UInt32 = 12
  static let category: UInt32 = 22
  static let name: UInt32 = 23
  static let value: UInt32 = 30
  static let extraTrack: UInt32 = 31
  static let doubleValue: UInt32 = 44
  /// fixed64
  static let flow: UInt32 = 47
}

enum EventType {
  static let begin: UInt64 = 1
  static let end: UInt64 = 2
  static let instant: UInt64 = 3
  static let counter: UInt64 = 4
}

enum AnnotationField {
  static let bool: UInt32 = 2
  static let unsigned: UInt32 = 3
  static let integer: UInt32 = 4
  static let double: UInt32 = 5
  static let string: UInt32 = 6
  static let name: UInt32 = 10
  static let arrayValue: UInt32 = 12
}

enum InternedField {
  static let eventName: UInt32 = 2
  static let frame: UInt32 = 6
  static let stack: UInt32 = 7
  static let buildID: UInt32 = 16
  static let path: UInt32 = 17
  static let mapping: UInt32 = 19
  static let id: UInt32 = 1
  static let name: UInt32 = 2
}

/// profiling/profile_common.proto: `Mapping`, `Frame` and `Callstack`.
enum MappingField {
  static let buildID: UInt32 = 2
  static let offset: UInt32 = 3
  static let start: UInt32 = 4
  static let end: UInt32 = 5
  static let bias: UInt32 = 6
  static let path: UInt32 = 7
}

enum FrameField {
  static let mapping: UInt32 = 3
  static let address: UInt32 = 4
}

enum StackField {
  /// The outermost first.
  static let frame: UInt32 = 2
}

/// profiling/profile_packet.proto: `PerfSample` and its defaults.
enum StackSampleField {
  static let cpu: UInt32 = 1
  static let pid: UInt32 = 2
  static let tid: UInt32 = 3
  static let stack: UInt32 = 4
  static let mode: UInt32 = 5
  static let kernel: UInt64 = 1
  static let user: UInt64 = 2
  static let lost: UInt32 = 17
  /// In the defaults, and inside of it the period in nanoseconds and what is counted.
  static let timebase: UInt32 = 1
  static let period: UInt32 = 1
  static let counter: UInt32 = 4
  static let cpuClock: UInt64 = 1
}

/// profiling/profile_common.proto: `ModuleSymbols`, `AddressSymbols`, `Line`.
enum SymbolField {
  static let path: UInt32 = 1
  static let buildID: UInt32 = 2
  static let addressSymbols: UInt32 = 3
  static let address: UInt32 = 1
  static let line: UInt32 = 2
  static let function: UInt32 = 1
  static let file: UInt32 = 2
  static let number: UInt32 = 3
}

enum WireType {
  static let varint: UInt32 = 0
  static let fixed64: UInt32 = 1
  static let bytes: UInt32 = 2
  static let fixed32: UInt32 = 5
}
