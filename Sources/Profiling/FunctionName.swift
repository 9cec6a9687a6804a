/// A function's name as its programmer wrote it, from the one that the linker knows.
enum FunctionName {
  /// Of Swift's runtime, in every program of the language: `swift::Demangle`. The result is to be freed.
  @_silgen_name("swift_demangle")
  private static func demangle(
    _ name: UnsafePointer<CChar>, _ length: Int, _ output: UnsafeMutablePointer<CChar>?,
    _ size: UnsafeMutablePointer<Int>?, _ flags: UInt32
  ) -> UnsafeMutablePointer<CChar>?

  /// Names of other languages are as the symbolizer demangled them.
  static func shown(_ linkage: String) -> String {
    guard linkage.hasPrefix("$s") || linkage.hasPrefix("$S") || linkage.hasPrefix("_T0") || linkage.hasPrefix("$e")
    else {
      return linkage
    }
    guard let text = unsafe demangle(linkage, linkage.utf8.count, nil, nil, 0) else { return linkage }
    defer { unsafe text.deallocate() }
    return short(unsafe String(cString: text))
  }

  /// What the compiler made of a function says " of " or " for " before the function's own name.
  private static let makings = [
    "generic ", "function signature specialization", "merged ", "partial apply forwarder", "specialized ", "outlined ",
    "suspend resume partial function", "await resume partial function", "reabstraction thunk", "protocol witness for",
    "dispatch thunk", "closure capture specialization", "inlined generic function", "lazy ", "key path ",
    "implicit closure", "thunk ",
  ]

  /// `Lib.Histogram.(add in _1C0F)(_: Swift.String) throws -> ()` → `Histogram.add(_:)`: without the module, what the compiler did, types
  /// of arguments and results.
  static func short(_ demangled: String) -> String {
    var name = demangled
    while let found = made(name) { name = found }
    if let context = topLevel(" in ", in: name), name.hasPrefix("closure #") {
      let closure = name[..<context].prefix { $0 != "(" }.split(separator: " ").joined(separator: " ")
      return "\(closure) in \(short(String(name[name.index(context, offsetBy: 4)...])))"
    }
    if let arrow = topLevel(" -> ", in: name) { name = String(name[..<arrow]) }
    if let kind = topLevel(" : ", in: name) { name = String(name[..<kind]) }
    return withoutModule(labelled(name))
  }

  /// The function itself; `nil`: this is it.
  private static func made(_ name: String) -> String? {
    var rest = Substring(name)
    // "(1) await resume partial function for …"
    if rest.first == "(", let close = rest.firstIndex(of: ")"), rest[..<close].dropFirst().allSatisfy(\.isNumber) {
      rest = rest[rest.index(after: close)...].drop { $0 == " " }
    }
    guard makings.contains(where: { rest.hasPrefix($0) }) else { return nil }
    let text = String(rest)
    let places = [topLevel(" of ", in: text), topLevel(" for ", in: text)].compactMap { $0 }
    if let place = places.min() { return String(text[text.index(after: place)...].drop { $0 != " " }.dropFirst()) }
    return text.hasPrefix("merged ") ? String(text.dropFirst("merged ".count)) : nil
  }

  /// `Type.(add in _1C0F)<A>(_: Swift.Int, at: Swift.Int) throws` → `Type.add(_:at:)`.
  private static func labelled(_ name: String) -> String {
    var result = ""
    var rest = Substring(name)
    while let character = rest.first {
      guard character == "(" || character == "<" else {
        result.append(character)
        rest.removeFirst()
        continue
      }
      guard let inside = bracketed(rest) else { return result + rest }
      rest = rest[inside.endIndex...].dropFirst()
      if character == "<" && !result.isEmpty && result.last != "." && result.last != " " { continue }
      if character == "<" {
        result += "<\(inside)>"
      } else if result.isEmpty || result.last == "." || result.last == " " {
        // "(name in _DISCRIMINATOR)", "(extension in Module)".
        result += inside.hasPrefix("extension in ") ? "" : inside.components(before: " in ")
        if rest.first == ":" { rest.removeFirst() }
      } else {
        result += "(\(labels(inside)))"
        // Effects.
        return result
      }
    }
    return result
  }

  /// What stands between a bracket and the one that closes it.
  private static func bracketed(_ text: Substring) -> Substring? {
    let end = depths(text).first { $0.depth == 0 }
    return end.map { text[text.index(after: text.startIndex)..<$0.index] }
  }

  private static func labels(_ arguments: Substring) -> String {
    guard !arguments.isEmpty else { return "" }
    var labels = ""
    var rest = String(arguments)
    while !rest.isEmpty {
      let end = topLevel(", ", in: rest)
      let argument = end.map { String(rest[..<$0]) } ?? rest
      labels += (topLevel(": ", in: argument).map { String(argument[..<$0]) } ?? "_") + ":"
      rest = end.map { String(rest[rest.index($0, offsetBy: 2)...]) } ?? ""
    }
    return labels
  }

  /// Outside of brackets.
  private static func topLevel(_ words: String, in text: String) -> String.Index? {
    depths(text[...]).first { $0.depth == 0 && text[$0.index...].hasPrefix(words) }?.index
  }

  /// Each character with how many brackets are open after it; the one of an arrow closes none.
  private static func depths(_ text: Substring) -> some Sequence<(index: String.Index, depth: Int)> {
    var depth = 0
    var last: Character = " "
    return text.indices.lazy.map { index in
      switch text[index] {
      case "(", "<", "[": depth += 1
      case ">" where last == "-": break
      case ")", ">", "]": depth -= 1
      default: break
      }
      last = text[index]
      return (index, depth)
    }
  }

  /// `Lib.Histogram.add(_:)` → `Histogram.add(_:)`; `static Lib.Kind.make()` → `static Kind.make()`.
  private static func withoutModule(_ name: String) -> String {
    let start = name.hasPrefix("static ") ? name.index(name.startIndex, offsetBy: "static ".count) : name.startIndex
    let path = name[start...]
    guard let dot = path.firstIndex(of: "."), path[..<dot].allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" })
    else {
      return name
    }
    return String(name[..<start] + path[path.index(after: dot)...])
  }
}

extension Substring {
  /// Up to the first of these words, or all of it.
  fileprivate func components(before words: String) -> String {
    for index in indices where self[index...].hasPrefix(words) { return String(self[..<index]) }
    return String(self)
  }
}
