internal import StripRecording

/// What a recording's samples of call stacks share, while it is read.
struct StackTables {
  /// Of one sequence.
  private struct Key: Hashable {
    let sequence: Int
    let id: UInt64
  }

  private var paths: [Key: String] = [:]
  private var buildIDs: [Key: [UInt8]] = [:]
  private var images: [Key: StackImage] = [:]
  /// The numbers that a visitor knows.
  private var frames: [Key: Int] = [:]
  private var stacks: [Key: Int] = [:]

  func defaults<Visitor: RecordingVisitor>(_ message: FieldReader, _ visitor: inout Visitor) {
    var message = message
    while message.advance() {
      guard message.number == StackSampleField.timebase, message.wire == WireType.bytes else { continue }
      var timebase = message.message
      while timebase.advance() {
        if timebase.number == StackSampleField.period { visitor.stackPeriod(timebase.value) }
      }
    }
  }

  mutating func interned<Visitor: RecordingVisitor>(
    _ field: UInt32, _ entry: FieldReader, _ sequence: Int, _ visitor: inout Visitor
  ) {
    switch field {
    case InternedField.path, InternedField.buildID: text(field, entry, sequence)
    case InternedField.mapping: mapping(entry, sequence)
    case InternedField.frame: frame(entry, sequence, &visitor)
    case InternedField.stack: stack(entry, sequence, &visitor)
    default: break
    }
  }

  private mutating func text(_ field: UInt32, _ entry: FieldReader, _ sequence: Int) {
    var entry = entry
    var id: UInt64 = 0
    var bytes: [UInt8] = []
    while entry.advance() {
      if entry.number == InternedField.id { id = entry.value }
      if entry.number == InternedField.name, entry.wire == WireType.bytes { bytes = unsafe Array(entry.bytes) }
    }
    let key = Key(sequence: sequence, id: id)
    if field == InternedField.buildID {
      buildIDs[key] = bytes
    } else {
      let text = String(decoding: bytes, as: UTF8.self)
      // What is no file ("[vdso]") had no slash.
      paths[key] = text.first == "[" ? text : "/" + text
    }
  }

  private mutating func mapping(_ entry: FieldReader, _ sequence: Int) {
    var entry = entry
    var id: UInt64 = 0
    var path = ""
    var buildID: [UInt8] = []
    while entry.advance() {
      switch entry.number {
      case InternedField.id: id = entry.value
      case MappingField.path: path += paths[Key(sequence: sequence, id: entry.value)] ?? ""
      case MappingField.buildID: buildID = buildIDs[Key(sequence: sequence, id: entry.value)] ?? []
      default: break
      }
    }
    images[Key(sequence: sequence, id: id)] = StackImage(path: path, buildID: buildID)
  }

  private mutating func frame<Visitor: RecordingVisitor>(
    _ entry: FieldReader, _ sequence: Int, _ visitor: inout Visitor
  ) {
    var entry = entry
    var id: UInt64 = 0
    var address: UInt64 = 0
    var mapping: UInt64 = 0
    while entry.advance() {
      switch entry.number {
      case InternedField.id: id = entry.value
      case FrameField.mapping: mapping = entry.value
      case FrameField.address: address = entry.value
      default: break
      }
    }
    let image = images[Key(sequence: sequence, id: mapping)] ?? StackImage(path: "", buildID: [])
    let number = frames.count
    guard frames.updateValue(number, forKey: Key(sequence: sequence, id: id)) == nil else { return }
    visitor.frame(number, address, in: image)
  }

  private mutating func stack<Visitor: RecordingVisitor>(
    _ entry: FieldReader, _ sequence: Int, _ visitor: inout Visitor
  ) {
    var entry = entry
    var id: UInt64 = 0
    var list: [Int] = []
    while entry.advance() {
      if entry.number == InternedField.id { id = entry.value }
      if entry.number == StackField.frame, let frame = frames[Key(sequence: sequence, id: entry.value)] {
        list.append(frame)
      }
    }
    let number = stacks.count
    guard stacks.updateValue(number, forKey: Key(sequence: sequence, id: id)) == nil else { return }
    visitor.stack(number, frames: list)
  }

  func sample<Visitor: RecordingVisitor>(
    _ message: FieldReader, _ sequence: Int, _ time: UInt64, _ visitor: inout Visitor
  ) {
    var message = message
    var stack: Int?
    var pid: Int32 = 0
    var tid: Int32 = 0
    var cpu: Int32 = 0
    while message.advance() {
      switch message.number {
      case StackSampleField.stack: stack = stacks[Key(sequence: sequence, id: message.value)]
      case StackSampleField.pid: pid = Int32(truncatingIfNeeded: message.value)
      case StackSampleField.tid: tid = Int32(truncatingIfNeeded: message.value)
      case StackSampleField.cpu: cpu = Int32(truncatingIfNeeded: message.value)
      default: break
      }
    }
    guard let stack else { return }
    visitor.stackSample(stack, of: StackThread(pid: pid, tid: tid, cpu: cpu), at: time)
  }

  func symbols<Visitor: RecordingVisitor>(_ message: FieldReader, _ visitor: inout Visitor) {
    var message = message
    var path = ""
    var buildID: [UInt8] = []
    var addresses: [ImageSymbols.Address] = []
    while message.advance() {
      guard message.wire == WireType.bytes else { continue }
      switch message.number {
      case SymbolField.path: path = message.text
      case SymbolField.buildID: buildID = unsafe Array(message.bytes)
      case SymbolField.addressSymbols:
        if let address = address(message.message) { addresses.append(address) }
      default: break
      }
    }
    visitor.symbols(ImageSymbols(image: StackImage(path: path, buildID: buildID), addresses: addresses))
  }

  private func address(_ message: FieldReader) -> ImageSymbols.Address? {
    var message = message
    var address: UInt64 = 0
    var lines: [SymbolLine] = []
    while message.advance() {
      if message.number == SymbolField.address { address = message.value }
      guard message.number == SymbolField.line, message.wire == WireType.bytes else { continue }
      var entry = message.message
      var function = ""
      var file: String?
      var number: UInt32 = 0
      while entry.advance() {
        switch entry.number {
        case SymbolField.function: function = entry.text
        case SymbolField.file: file = entry.text
        case SymbolField.number: number = UInt32(truncatingIfNeeded: entry.value)
        default: break
        }
      }
      lines.append(SymbolLine(function: function, file: file, line: number))
    }
    return lines.isEmpty ? nil : ImageSymbols.Address(address: address, lines: lines)
  }
}
