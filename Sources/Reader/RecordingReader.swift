package import StripRecording

/// Decodes packets into what a ``RecordingVisitor`` hears. Cost: some ten nanoseconds a span event; memory grows with
/// tracks and names only.
package struct RecordingReader: ~Copyable {
  private var source: PacketSource
  private var tracks: [Track] = []
  private var trackIndices: [UInt64: Int] = [:]
  /// By track. What damage has left without a description has no events: those who listen hear of a track before anything on it.
  private var isDescribed: [Bool] = []
  /// Some sequence named a track before it was described.
  private var isAwaiting = false
  /// The last absolute value of incremental counters, by track.
  private var totals: [Int64] = []
  private var sequences: [Sequence] = []
  private var sequenceIndices: [UInt32: Int] = [:]
  /// For ids below its count: index + 1, or 0.
  private var nearSequences = [Int32](repeating: 0, count: 16384)
  private var nameNumbers: [String: Int] = [:]
  /// By the process's track, then as ``Sequence/names``: what its folded spans are named by.
  private var processNames: [Int: [Int32]] = [:]
  private var stacks = StackTables()
  /// Read from the whole file when the first of them is met; `nil` until then.
  private var namespaces: PIDNamespaces?
  private let isFindingNamespaces: Bool
  package private(set) var packets: UInt64 = 0
  package var size: UInt64 { source.size }

  private struct Sequence {
    var time: UInt64 = 0
    var isIncremental = false
    var track = -1
    /// The track that it names, as long as that is not described.
    var awaited = -1
    var extraTracks: [Int] = []
    /// Name number + 1 by interned id.
    var names: [Int32] = []
    /// What was described on it: a cleared state counts these from zero again.
    var described: [Int] = []
  }

  /// Errors: `cannotOpen`, `notARecording`, `newerVersion`.
  package init(_ path: String) throws(RecordingError) { try self.init(path, isFindingNamespaces: false) }

  private init(_ path: String, isFindingNamespaces: Bool) throws(RecordingError) {
    source = try PacketSource(path)
    self.isFindingNamespaces = isFindingNamespaces
  }

  /// Reads the whole file, or up to the first damage. Errors: `cannotRead`.
  package mutating func read<Visitor: RecordingVisitor>(
    _ visitor: inout Visitor
  ) throws(RecordingError) -> PacketSource.ReadingEnd {
    while let packet = try unsafe source.next() {
      if unsafe !cell(packet, &visitor) {
        guard unsafe PacketCheck.isWhole(packet) else {
          source.reject()
          break
        }
        unsafe self.packet(packet, &visitor)
      }
      packets &+= 1
    }
    for offset in source.tables { table(try source.table(at: offset), &visitor) }
    return source.end
  }

  // MARK: the narrow cell

  /// The two 14-byte forms that ``SpanThread`` writes. `false`: it is something else.
  @inline(__always)
  private mutating func cell<Visitor: RecordingVisitor>(_ body: UnsafeRawBufferPointer, _ visitor: inout Visitor)
    -> Bool
  {
    guard body.count == 14 else { return false }
    // Safe because the body has 14 bytes. 40 d d d d 50 …
    let low = unsafe body.loadUnaligned(as: UInt64.self)
    let high = unsafe body.loadUnaligned(fromByteOffset: 6, as: UInt64.self)
    guard low & 0x0000_FF80_8080_80FF == 0x0000_5000_8080_8040 else { return false }
    let gap = (low >> 8 & 0x7F) | (low >> 9 & 0x3F80) | (low >> 10 & 0x1F_C000) | (low >> 11 & 0xFE0_0000)
    if high & 0x8080_FFFF_FFFF_FF80 == 0x0080_5001_4805_5A00 {
      guard let sequence = nearSequence(Int(high & 0x7F)) else { return true }
      let id = Int(high >> 48 & 0x7F | high >> 49 & 0x3F80)
      let time = advance(sequence, gap)
      let name = id < sequences[sequence].names.count ? Int(sequences[sequence].names[id]) - 1 : -1
      if sequences[sequence].track >= 0 { visitor.begin(sequences[sequence].track, name: max(name, 0), at: time) }
      return true
    }
    if high & 0xFFFF_FFFF_8080_8080 == 0x0248_025A_0080_8080 {
      let id = (high & 0x7F) | (high >> 1 & 0x3F80) | (high >> 2 & 0x1F_C000) | (high >> 3 & 0xFE0_0000)
      guard let sequence = id < 16384 ? nearSequence(Int(id)) : sequenceIndices[UInt32(id)] else { return true }
      let time = advance(sequence, gap)
      if sequences[sequence].track >= 0 { visitor.end(sequences[sequence].track, at: time) }
      return true
    }
    return false
  }

  @inline(__always)
  private func nearSequence(_ id: Int) -> Int? {
    let index = nearSequences[id]
    return index == 0 ? nil : Int(index) - 1
  }

  /// 146 years of nanoseconds. A later time is damage; held to this, those who read may add two of them.
  private static let latestTime: UInt64 = 1 << 62

  @inline(__always)
  private mutating func advance(_ sequence: Int, _ gap: UInt64) -> UInt64 {
    let time = min(sequences[sequence].time &+ gap, Self.latestTime)
    sequences[sequence].time = time
    return time
  }

  private mutating func sequence(_ id: UInt32) -> Int {
    if id < 16384, let near = nearSequence(Int(id)) { return near }
    if let known = sequenceIndices[id] { return known }
    sequences.append(Sequence())
    sequenceIndices[id] = sequences.count - 1
    if id < 16384 { nearSequences[Int(id)] = Int32(sequences.count) }
    return sequences.count - 1
  }

  // MARK: any packet

  private mutating func packet<Visitor: RecordingVisitor>(_ body: UnsafeRawBufferPointer, _ visitor: inout Visitor) {
    // Two passes, as the sequence's id may come after what depends on it.
    var fields = unsafe FieldReader(body)
    var id: UInt32 = 0
    var stamp: UInt64?
    var clock: UInt64?
    while fields.advance() {
      switch fields.number {
      case PacketField.sequenceID: id = UInt32(truncatingIfNeeded: fields.value)
      case PacketField.timestamp: stamp = fields.value
      case PacketField.clockID: clock = fields.value
      case PacketField.sequenceFlags where fields.value & SequenceFlag.cleared != 0:
        let index = sequence(id)
        let described = sequences[index].described
        for track in described { totals[track] = 0 }
        sequences[index] = Sequence()
        sequences[index].described = described
      default: break
      }
    }
    let index = sequence(id)
    fields = unsafe FieldReader(body)
    while fields.advance() {
      guard fields.wire == WireType.bytes else { continue }
      switch fields.number {
      case PacketField.clockSnapshot: snapshot(fields.message, index, &visitor)
      case PacketField.trackDescriptor: descriptor(fields.message, index, &visitor)
      case PacketField.defaults: defaults(fields.message, index, &visitor)
      case PacketField.internedData: interned(fields.message, index, &visitor)
      case PacketField.moduleSymbols: stacks.symbols(fields.message, &visitor)
      default: break
      }
    }
    guard let stamp else { return }
    let isIncremental = clock.map { $0 == ClockID.sequence } ?? sequences[index].isIncremental
    let time = isIncremental ? advance(index, stamp) : min(stamp, Self.latestTime)
    fields = unsafe FieldReader(body)
    while fields.advance() {
      guard fields.wire == WireType.bytes else { continue }
      switch fields.number {
      case PacketField.trackEvent: event(fields.message, index, time, &visitor)
      case PacketField.stackSample: stacks.sample(fields.message, index, time, &visitor)
      default: break
      }
    }
  }

  private mutating func snapshot<Visitor: RecordingVisitor>(
    _ message: FieldReader, _ sequence: Int, _ visitor: inout Visitor
  ) {
    var message = message
    var boottime: UInt64?
    var monotonic: UInt64?
    var realtime: UInt64?
    while message.advance() {
      guard message.number == ClockSnapshotField.clock && message.wire == WireType.bytes else { continue }
      var clock = message.message
      var id: UInt64 = 0
      var time: UInt64 = 0
      while clock.advance() {
        if clock.number == ClockSnapshotField.clockID { id = clock.value }
        if clock.number == ClockSnapshotField.time { time = min(clock.value, Self.latestTime) }
      }
      switch id {
      case ClockID.boottime: boottime = time
      case ClockID.monotonic: monotonic = time
      case ClockID.realtime: realtime = time
      case ClockID.sequence: sequences[sequence].time = time
      default: break
      }
    }
    if let boottime, monotonic != nil || realtime != nil {
      visitor.clocks(boottime: boottime, monotonic: monotonic, realtime: realtime)
    }
  }

  private mutating func defaults<Visitor: RecordingVisitor>(
    _ message: FieldReader, _ sequence: Int, _ visitor: inout Visitor
  ) {
    var message = message
    while message.advance() {
      if message.number == DefaultsField.clockID {
        sequences[sequence].isIncremental = message.value == ClockID.sequence
      }
      if message.number == DefaultsField.stackSample, message.wire == WireType.bytes {
        stacks.defaults(message.message, &visitor)
      }
      guard message.number == DefaultsField.trackEvent, message.wire == WireType.bytes else { continue }
      var event = message.message
      sequences[sequence].extraTracks = []
      while event.advance() {
        if event.number == EventField.track {
          let index = track(event.value)
          sequences[sequence].track = isDescribed[index] ? index : -1
          sequences[sequence].awaited = isDescribed[index] ? -1 : index
          if !isDescribed[index] { isAwaiting = true }
        }
        if event.number == EventField.extraTrack { sequences[sequence].extraTracks.append(track(event.value)) }
      }
    }
  }

  private mutating func interned<Visitor: RecordingVisitor>(
    _ message: FieldReader, _ sequence: Int, _ visitor: inout Visitor
  ) {
    var message = message
    while message.advance() {
      guard message.wire == WireType.bytes else { continue }
      guard message.number == InternedField.eventName else {
        stacks.interned(message.number, message.message, sequence, &visitor)
        continue
      }
      var entry = message.message
      var id = 0
      var text = ""
      while entry.advance() {
        if entry.number == InternedField.id { id = Int(truncatingIfNeeded: min(entry.value, 1 << 20)) }
        if entry.number == InternedField.name { text = entry.text }
      }
      let number = Int32(truncatingIfNeeded: number(of: text, &visitor) + 1)
      Self.set(number, at: id, in: &sequences[sequence].names)
      let thread = sequences[sequence].track
      if thread >= 0, let process = tracks[thread].parent {
        Self.set(number, at: id, in: &processNames[process, default: []])
      }
    }
  }

  private mutating func number<Visitor: RecordingVisitor>(of name: String, _ visitor: inout Visitor) -> Int {
    if let known = nameNumbers[name] { return known }
    let number = nameNumbers.count
    nameNumbers[name] = number
    visitor.name(number, name)
    return number
  }

  private static func set(_ number: Int32, at id: Int, in names: inout [Int32]) {
    while names.count <= id { names.append(0) }
    names[id] = number
  }

  private mutating func track(_ uuid: UInt64) -> Int {
    if let known = trackIndices[uuid] { return known }
    tracks.append(Track(index: tracks.count, parent: nil, name: "", kind: .run))
    totals.append(0)
    isDescribed.append(false)
    trackIndices[uuid] = tracks.count - 1
    return tracks.count - 1
  }

  private mutating func descriptor<Visitor: RecordingVisitor>(
    _ message: FieldReader, _ sequence: Int, _ visitor: inout Visitor
  ) {
    var message = message
    var uuid: UInt64 = 0
    var described = Track(index: 0, parent: nil, name: "", kind: .run)
    var parent: UInt64?
    while message.advance() {
      switch message.number {
      case TrackField.uuid: uuid = message.value
      case TrackField.parent: parent = message.value
      case TrackField.name: described.name = message.text
      case TrackField.process where message.wire == WireType.bytes:
        var process = message.message
        var pid: Int32 = 0
        while process.advance() {
          if process.number == ProcessField.pid { pid = Int32(truncatingIfNeeded: process.value) }
          if process.number == ProcessField.name { described.name = process.text }
        }
        if PlaceholderPID.contains(pid) { described.name = NamespacedProcess.name(in: described.name) }
        described.kind = .process(pid: known(pid, &described))
      case TrackField.thread where message.wire == WireType.bytes:
        var thread = message.message
        var pid: Int32 = 0
        var tid: Int32 = 0
        while thread.advance() {
          if thread.number == ThreadField.pid { pid = Int32(truncatingIfNeeded: thread.value) }
          if thread.number == ThreadField.tid { tid = Int32(truncatingIfNeeded: thread.value) }
          if thread.number == ThreadField.name { described.name = thread.text }
        }
        // The main thread has its process's PID. Others keep their number in their own namespace.
        let isMain = tid == pid
        let known = known(pid, &described)
        described.kind = .thread(pid: known, tid: isMain ? known : tid)
      case TrackField.counter where message.wire == WireType.bytes:
        var counter = message.message
        var isOurs = false
        var unit: UInt64 = 0
        while counter.advance() {
          switch counter.number {
          case CounterField.category: isOurs = counter.text == RecordingLayout.category
          case CounterField.unit: unit = counter.value
          case CounterField.multiplier: described.multiplier = max(1, counter.signed)
          case CounterField.isIncremental: described.isIncremental = counter.value != 0
          default: break
          }
        }
        described.kind = .counter(isOurs: isOurs, unit: unit)
      default: break
      }
    }
    let index = track(uuid)
    let parentIndex = parent.map { track($0) }
    if case .run = described.kind, let parentIndex {
      switch tracks[parentIndex].kind {
      case .thread: described.kind = .task
      case .process where described.name.utf8.starts(with: SpanRecorder.laneName.utf8): described.kind = .task
      default: break
      }
    }
    tracks[index] = Track(
      index: index, parent: parentIndex, name: described.name, kind: described.kind,
      namespacePID: described.namespacePID, multiplier: described.multiplier, isIncremental: described.isIncremental)
    if described.isIncremental { sequences[sequence].described.append(index) }
    if !isDescribed[index] {
      isDescribed[index] = true
      for waiting in isAwaiting ? sequences.indices : 0..<0 where sequences[waiting].awaited == index {
        sequences[waiting].track = index
        sequences[waiting].awaited = -1
      }
    }
    visitor.describe(tracks[index])
  }

  /// The PID that the recorder knows a process by, where the recording tells; otherwise the placeholder itself.
  private mutating func known(_ pid: Int32, _ described: inout Track) -> Int32 {
    guard PlaceholderPID.contains(pid), !isFindingNamespaces else { return pid }
    if namespaces == nil {
      var found = PIDNamespaces()
      // What cannot be read here is reported by whoever reads on.
      if var whole = try? RecordingReader(source.path, isFindingNamespaces: true) { _ = try? whole.read(&found) }
      found.match()
      namespaces = found
    }
    described.namespacePID = namespaces?.ownPID(of: pid)
    return namespaces?.recorderPID(of: pid) ?? pid
  }

  private mutating func event<Visitor: RecordingVisitor>(
    _ message: FieldReader, _ sequence: Int, _ time: UInt64, _ visitor: inout Visitor
  ) {
    var message = message
    var type: UInt64 = 0
    var nameID: UInt64?
    var name = ""
    var category = ""
    var track = sequences[sequence].track
    var value: Int64?
    var real: Double?
    var extra = 0
    var annotations: [Annotation] = []
    var task: Int?
    while message.advance() {
      switch message.number {
      case EventField.type: type = message.value
      case EventField.nameID: nameID = message.value
      case EventField.track: track = self.track(message.value)
      case EventField.name: name = message.text
      case EventField.category: category = message.text
      case EventField.value: value = message.signed
      case EventField.doubleValue where message.wire == WireType.fixed64: real = message.double
      case EventField.extraValue:
        if extra < sequences[sequence].extraTracks.count {
          count(sequences[sequence].extraTracks[extra], message.signed, time, &visitor)
        }
        extra += 1
      case EventField.flow where message.wire == WireType.fixed64: task = trackIndices[message.value]
      case EventField.annotation where message.wire == WireType.bytes:
        if let annotation = annotation(message.message) { annotations.append(annotation) }
      default: break
      }
    }
    guard !message.isDamaged, track >= 0, isDescribed[track] else { return }
    switch type {
    case EventType.begin:
      let id = Int(truncatingIfNeeded: min(nameID ?? 0, 1 << 20))
      let number = id < sequences[sequence].names.count ? Int(sequences[sequence].names[id]) - 1 : -1
      if annotations.isEmpty && category.isEmpty && task == nil {
        visitor.begin(track, name: max(number, 0), at: time)
      } else {
        var detail = SpanDetail()
        detail.arguments = annotations
        detail.isResumed = category == "resumed"
        detail.task = task
        visitor.begin(track, name: max(number, 0), at: time, detail)
      }
    case EventType.end:
      if annotations.isEmpty {
        visitor.end(track, at: time)
      } else {
        visitor.end(track, at: time, Self.ending(annotations))
      }
    case EventType.counter:
      if let value { count(track, value, time, &visitor) }
      if let real, real.isFinite { visitor.value(track, real, at: time) }
    case EventType.instant where category == RecordingLayout.category:
      visitor.note(name, on: track, at: time, annotations)
    case EventType.instant where category == "mark": visitor.mark(name, on: track, at: time, annotations)
    default: break
    }
  }

  @inline(__always)
  private mutating func count<Visitor: RecordingVisitor>(
    _ track: Int, _ value: Int64, _ time: UInt64, _ visitor: inout Visitor
  ) {
    guard isDescribed[track] else { return }
    var absolute = value &* tracks[track].multiplier
    if tracks[track].isIncremental {
      absolute = absolute &+ totals[track]
      totals[track] = absolute
    }
    visitor.count(track, absolute, at: time)
  }

  /// What an end says: how the span was left, and arguments that were known only then.
  private static func ending(_ annotations: [Annotation]) -> SpanDetail {
    var detail = SpanDetail()
    for annotation in annotations {
      switch (annotation.name, annotation.value) {
      case ("exception", .text(let type)): detail.exception = type
      case ("left", .text): detail.isLeftOpen = true
      default: detail.arguments.append(annotation)
      }
    }
    return detail
  }

  private func annotation(_ message: FieldReader) -> Annotation? {
    var message = message
    var name = ""
    var value: Annotation.Value?
    var texts: [String] = []
    var integers: [Int64] = []
    while message.advance() {
      switch message.number {
      case AnnotationField.name: name = message.text
      case AnnotationField.integer: value = .integer(message.signed)
      case AnnotationField.unsigned: value = .integer(message.signed)
      case AnnotationField.bool: value = .flag(message.value != 0)
      case AnnotationField.double: value = .real(message.double)
      case AnnotationField.string: value = .text(message.text)
      case AnnotationField.arrayValue where message.wire == WireType.bytes:
        var element = message.message
        while element.advance() {
          if element.number == AnnotationField.string { texts.append(element.text) }
          if element.number == AnnotationField.integer { integers.append(element.signed) }
        }
      default: break
      }
    }
    if !integers.isEmpty { value = .integers(integers) }
    if !texts.isEmpty { value = .texts(texts) }
    return value.map { Annotation(name: name, value: $0) }
  }

  // MARK: tables

  private mutating func table<Visitor: RecordingVisitor>(_ bytes: [UInt8], _ visitor: inout Visitor) {
    guard let table = TableBytes(bytes) else { return }
    let process = track(table.process)
    switch table.kind {
    case .lines:
      visitor.lines(RecordedLines(process: process, readings: table.readings, events: table.events, lines: table.lines))
    case .foldedSpans:
      let thread = track(table.thread)
      for entry in 0..<table.count { fold(table, entry, process, thread, &visitor) }
    }
  }

  private mutating func fold<Visitor: RecordingVisitor>(
    _ table: TableBytes, _ entry: Int, _ process: Int, _ thread: Int, _ visitor: inout Visitor
  ) {
    // Numbers of names begin at 1: an entry without one is not written yet.
    let id = table.half(entry, 0)
    let parent = table.half(entry, 4)
    guard id != 0 else { return }
    visitor.folded(
      RecordedFold(
        process: process, thread: thread, name: foldedName(id, process, &visitor),
        parent: parent == 0 ? nil : foldedName(parent, process, &visitor), count: table.word(entry, 8),
        totalNanoseconds: table.word(entry, 16), leastNanoseconds: table.word(entry, 24),
        greatestNanoseconds: table.word(entry, 32), cpuNanoseconds: table.signed(entry, 40),
        residentGrowthBytes: table.signed(entry, 48), storageBytes: table.word(entry, 56),
        firstFolded: table.word(entry, 64), open: table.word(entry, 72),
        buckets: (0..<RecordedFold.bucketCount).map { table.half(entry, 80 + 4 * $0) }))
  }

  private mutating func foldedName<Visitor: RecordingVisitor>(
    _ id: UInt32, _ process: Int, _ visitor: inout Visitor
  ) -> Int {
    if let names = processNames[process], id < UInt32(names.count), names[Int(id)] != 0 {
      return Int(names[Int(id)]) - 1
    }
    return number(of: "(unnamed)", &visitor)
  }
}
