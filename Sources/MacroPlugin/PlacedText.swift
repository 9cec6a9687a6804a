#if Macros
  import SwiftSyntax

  /// A declaration's text with code put in between, where all that the user wrote keeps its line and column.
  ///
  /// What is put in stands on lines of its own. A `#sourceLocation` before it gives it the line that it belongs to, and
  /// one after it gives the user's text its line back; where that goes on in the middle of a line, it is indented to
  /// its column.
  struct PlacedText {
    private let text: [UInt8]
    private let place: DeclarationPlace
    private var edits: [Edit] = []

    private struct Edit {
      let offset: Int
      let text: String
      /// The number of bytes of the user's text in whose place this stands.
      var replaced = 0
      /// Of two at one place, what ends something comes before what begins something.
      var isEnd = false
    }

    init(of declaration: some DeclSyntaxProtocol, at place: DeclarationPlace) {
      text = Array(declaration.description.utf8)
      self.place = place
    }

    /// Puts `code` before the token or statement at `position`, as code of `line`, or else of the line it stands before.
    mutating func insert(_ code: String, before position: AbsolutePosition, line: Int? = nil) {
      let start = place.lineStart(position)
      let code = directive(line ?? place.line(position)) + code + "\n" + directive(place.line(position))
      if text[start..<position.utf8Offset].allSatisfy(\.isBlank) {
        edits.append(Edit(offset: start, text: code))
      } else {
        edits.append(Edit(offset: position.utf8Offset, text: "\n" + code + indentation(to: position)))
      }
    }

    /// Puts `code` after the brace or the `in` that opens a body, as code of its line.
    mutating func open(_ token: TokenSyntax, with code: String) {
      let end = token.endPositionBeforeTrailingTrivia
      var code = "\n" + directive(place.line(end)) + code
      let rest = text[end.utf8Offset...].prefix { !$0.isLineEnd }
      if !rest.allSatisfy(\.isBlank) {
        code += "\n" + directive(place.line(end)) + indentation(to: end)
      }
      edits.append(Edit(offset: end.utf8Offset, text: code))
    }

    private func directive(_ line: Int) -> String { "#sourceLocation(file: \(place.file), line: \(line))\n" }

    private func indentation(to position: AbsolutePosition) -> String {
      String(repeating: " ", count: place.column(position) - 1)
    }

    /// Puts a word before what stands at `position`, on the same line.
    mutating func insert(word: String, before position: AbsolutePosition) {
      edits.append(Edit(offset: position.utf8Offset, text: word))
    }

    /// Puts a word after what ends at `position`.
    mutating func insert(word: String, after position: AbsolutePosition) {
      edits.append(Edit(offset: position.utf8Offset, text: word, isEnd: true))
    }

    /// Replaces the whole text of `node`, but for what is around it.
    mutating func replace(_ node: some SyntaxProtocol, with code: String) {
      let start = node.positionAfterSkippingLeadingTrivia.utf8Offset
      edits.append(Edit(offset: start, text: code, replaced: node.trimmedLength.utf8Length))
    }

    /// All between the braces of `body`, with the compiler's own count of lines again at its end.
    func inside(_ body: CodeBlockSyntax) -> String {
      var offset = body.leftBrace.endPositionBeforeTrailingTrivia.utf8Offset
      var result: [UInt8] = []
      // Of two alike at one place, the one that was put in first comes first.
      let inOrder = edits.enumerated().sorted { one, other in
        (one.element.offset, one.element.isEnd ? 0 : 1, one.offset)
          < (other.element.offset, other.element.isEnd ? 0 : 1, other.offset)
      }
      for (_, edit) in inOrder {
        result += text[offset..<edit.offset]
        result += edit.text.utf8
        offset = edit.offset + edit.replaced
      }
      result += text[offset..<body.rightBrace.positionAfterSkippingLeadingTrivia.utf8Offset]
      while let last = result.last, last.isBlank || last.isLineEnd { result.removeLast() }
      return String(decoding: result.drop(while: \.isLineEnd), as: UTF8.self) + "\n#sourceLocation()"
    }
  }

  extension UInt8 {
    fileprivate var isBlank: Bool { self == UInt8(ascii: " ") || self == UInt8(ascii: "\t") }
    fileprivate var isLineEnd: Bool { self == UInt8(ascii: "\n") || self == UInt8(ascii: "\r") }
  }
#endif
