/// A place in a mapped file, on a call stack.
package struct StackFrame: Hashable, Sendable {
  /// What ``StackWriter/mapping(_:buildID:start:end:offset:bias:)`` returned.
  package let mapping: UInt32
  /// As the file's symbols count, so it is the same in every process. Of a caller: inside the call, not after it.
  package let address: UInt64

  package init(mapping: UInt32, address: UInt64) {
    self.mapping = mapping
    self.address = address
  }
}

/// Where a sample was taken.
package struct StackThread: Equatable, Sendable {
  package let pid: Int32
  package let tid: Int32
  package let cpu: Int32

  package init(pid: Int32, tid: Int32, cpu: Int32) {
    self.pid = pid
    self.tid = tid
    self.cpu = cpu
  }
}

/// A program or library that was mapped.
package struct StackImage: Hashable, Sendable {
  package let path: String
  /// Of its note NT_GNU_BUILD_ID; empty: it has none.
  package let buildID: [UInt8]

  package init(path: String, buildID: [UInt8]) {
    self.path = path
    self.buildID = buildID
  }
}

/// What addresses in an image mean.
package struct ImageSymbols: Equatable, Sendable {
  package struct Address: Equatable, Sendable {
    package let address: UInt64
    /// The innermost inlined function first. Not empty.
    package let lines: [SymbolLine]

    package init(address: UInt64, lines: [SymbolLine]) {
      self.address = address
      self.lines = lines
    }
  }

  package let image: StackImage
  package let addresses: [Address]

  package init(image: StackImage, addresses: [Address]) {
    self.image = image
    self.addresses = addresses
  }
}

/// A function and where in it.
package struct SymbolLine: Hashable, Sendable {
  package let function: String
  package let file: String?
  /// 0: the debug information does not say.
  package let line: UInt32

  package init(function: String, file: String?, line: UInt32) {
    self.function = function
    self.file = file
    self.line = line
  }
}
