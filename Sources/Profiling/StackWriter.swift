package import StripRecording

/// Writes samples of call stacks as Perfetto's own `PerfSample` packets, so that any Perfetto tool shows them; one owner.
///
/// What samples share is written once and named by a number after that: a mapped file, a frame in it, a stack of frames. A stack is a
/// node of a tree of frames, so that looking one up costs a dictionary entry a frame and allocates nothing.
package struct StackWriter: ~Copyable {
  private var writer: PacketWriter
  private var builder = PacketBuilder()
  private let sequence: UInt32
  private var mappings: UInt64 = 0
  private var frames: [StackFrame: UInt32] = [:]
  /// By the number of the node above and the frame.
  private var nodes: [UInt64: UInt32] = [:]
  /// By node: its frame, the node above, and whether it was written as a stack.
  private var tree: [Node] = [Node(frame: 0, parent: 0, isWritten: true)]
  /// Of paths and build ids, by the field that holds them.
  private var numbers: [UInt32: [[UInt8]: UInt64]] = [:]
  /// Samples that found no room, in the file or among the stacks.
  package private(set) var lostSamples: UInt64 = 0
  package private(set) var samples: UInt64 = 0
  /// Different frames and stacks: what a program without end could make grows no further.
  private static let most = 1 << 20

  private struct Node {
    let frame: UInt32
    let parent: UInt32
    var isWritten = false
  }

  /// Begins the sequence. `period`: nanoseconds of CPU time that a sample stands for.
  package init(_ file: RecordingFile, period: UInt64) {
    writer = PacketWriter(file)
    sequence = file.control.nextCounterSequence()
    begin(flags: SequenceFlag.cleared)
    let defaults = builder.open(PacketField.defaults)
    let sample = builder.open(DefaultsField.stackSample)
    let timebase = builder.open(StackSampleField.timebase)
    builder.field(StackSampleField.period, period)
    builder.field(StackSampleField.counter, StackSampleField.cpuClock)
    builder.close(timebase)
    builder.close(sample)
    builder.close(defaults)
    writer.append(builder)
  }

  private mutating func begin(flags: UInt64) {
    builder.clear()
    builder.field(PacketField.sequenceID, UInt64(sequence))
    builder.field(PacketField.sequenceFlags, flags)
  }

  /// Every place that a recorded stack went through, once.
  package var places: [StackFrame] { Array(frames.keys) }

  // MARK: what samples share

  /// A file's executable part in the memory of a process. `bias`: what to add to a place in the file for the address that its
  /// symbols know.
  package mutating func mapping(
    _ path: String, buildID: [UInt8], start: UInt64, end: UInt64, offset: UInt64, bias: UInt64
  ) -> UInt32 {
    // Perfetto puts a slash before each part of a path.
    let pathID = number(
      Array(path.utf8.dropFirst(path.utf8.first == UInt8(ascii: "/") ? 1 : 0)), in: InternedField.path)
    let identity = buildID.isEmpty ? 0 : number(buildID, in: InternedField.buildID)
    mappings += 1
    begin(flags: SequenceFlag.needsState)
    let data = builder.open(PacketField.internedData)
    let mapping = builder.open(InternedField.mapping)
    builder.field(InternedField.id, mappings)
    if identity != 0 { builder.field(MappingField.buildID, identity) }
    builder.field(MappingField.offset, offset)
    builder.field(MappingField.start, start)
    builder.field(MappingField.end, end)
    builder.field(MappingField.bias, bias)
    builder.field(MappingField.path, pathID)
    builder.close(mapping)
    builder.close(data)
    writer.append(builder)
    return UInt32(truncatingIfNeeded: mappings)
  }

  /// `nil`: there are too many.
  private mutating func frame(_ frame: StackFrame) -> UInt32? {
    if let known = frames[frame] { return known }
    guard frames.count < Self.most else { return nil }
    let number = UInt32(frames.count + 1)
    frames[frame] = number
    begin(flags: SequenceFlag.needsState)
    let data = builder.open(PacketField.internedData)
    let entry = builder.open(InternedField.frame)
    builder.field(InternedField.id, UInt64(number))
    builder.field(FrameField.mapping, UInt64(frame.mapping))
    builder.field(FrameField.address, frame.address)
    builder.close(entry)
    builder.close(data)
    writer.append(builder)
    return number
  }

  /// The number of a stack, the outermost frame first. `nil`: there are too many.
  private mutating func stack(_ stack: [StackFrame]) -> UInt32? {
    var node: UInt32 = 0
    for each in stack {
      guard let frame = frame(each) else { return nil }
      let key = UInt64(node) << 32 | UInt64(frame)
      if let known = nodes[key] {
        node = known
        continue
      }
      guard tree.count < Self.most else { return nil }
      tree.append(Node(frame: frame, parent: node))
      node = UInt32(tree.count - 1)
      nodes[key] = node
    }
    if !tree[Int(node)].isWritten { write(node) }
    return node
  }

  private mutating func write(_ node: UInt32) {
    tree[Int(node)].isWritten = true
    var frames: [UInt32] = []
    var at = node
    while at != 0 {
      frames.append(tree[Int(at)].frame)
      at = tree[Int(at)].parent
    }
    begin(flags: SequenceFlag.needsState)
    let data = builder.open(PacketField.internedData)
    let stack = builder.open(InternedField.stack)
    builder.field(InternedField.id, UInt64(node))
    for frame in frames.reversed() { builder.field(StackField.frame, UInt64(frame)) }
    builder.close(stack)
    builder.close(data)
    writer.append(builder)
  }

  /// The number of a text or of bytes. Perfetto counts those of each field by themselves.
  private mutating func number(_ bytes: [UInt8], in field: UInt32) -> UInt64 {
    if let known = numbers[field]?[bytes] { return known }
    let number = UInt64((numbers[field]?.count ?? 0) + 1)
    numbers[field, default: [:]][bytes] = number
    begin(flags: SequenceFlag.needsState)
    let data = builder.open(PacketField.internedData)
    let entry = builder.open(field)
    builder.field(InternedField.id, number)
    unsafe bytes.withUnsafeBytes { unsafe builder.field(InternedField.name, $0) }
    builder.close(entry)
    builder.close(data)
    writer.append(builder)
    return number
  }

  // MARK: samples

  /// One sample. `stack`: the outermost frame first.
  package mutating func sample(_ stack: [StackFrame], of thread: StackThread, isKernel: Bool, at time: UInt64) {
    guard let stack = self.stack(stack) else {
      lostSamples += 1
      return
    }
    let lost = writer.lostPackets
    begin(flags: SequenceFlag.needsState)
    builder.field(PacketField.timestamp, time)
    let sample = builder.open(PacketField.stackSample)
    builder.field(StackSampleField.cpu, UInt64(thread.cpu))
    builder.field(StackSampleField.pid, UInt64(UInt32(bitPattern: thread.pid)))
    builder.field(StackSampleField.tid, UInt64(UInt32(bitPattern: thread.tid)))
    if stack != 0 { builder.field(StackSampleField.stack, UInt64(stack)) }
    builder.field(StackSampleField.mode, isKernel ? StackSampleField.kernel : StackSampleField.user)
    builder.close(sample)
    writer.append(builder)
    if writer.lostPackets > lost { lostSamples += 1 } else { samples += 1 }
  }

  /// What the addresses of a file mean. They must have been in samples: Perfetto gives the names to frames it knows.
  package mutating func symbols(_ symbols: ImageSymbols) {
    var rest = symbols.addresses[...]
    while !rest.isEmpty {
      builder.clear()
      builder.field(PacketField.sequenceID, UInt64(sequence))
      let module = builder.open(PacketField.moduleSymbols)
      builder.field(SymbolField.path, symbols.image.path)
      unsafe symbols.image.buildID.withUnsafeBytes { unsafe builder.field(SymbolField.buildID, $0) }
      while let next = rest.first, builder.count < 4096 {
        let before = builder.count
        let entry = builder.open(SymbolField.addressSymbols)
        builder.field(SymbolField.address, next.address)
        for line in next.lines.prefix(24) { add(line) }
        builder.close(entry)
        if builder.overflowed { builder.cut(to: before) }
        rest.removeFirst()
      }
      builder.close(module)
      writer.append(builder)
    }
  }

  private mutating func add(_ line: SymbolLine) {
    let start = builder.open(SymbolField.line)
    builder.field(SymbolField.function, line.function, limit: 400)
    if let file = line.file { builder.field(SymbolField.file, file, limit: 1000) }
    if line.line > 0 { builder.field(SymbolField.number, UInt64(line.line)) }
    builder.close(start)
  }
}
