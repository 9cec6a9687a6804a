#if Macros
  import SwiftSyntax

  extension [CodeBlockItemSyntax] {
    /// A body that is `text`, character by character.
    ///
    /// The compiler is given the description of the items, and puts line breaks between them, which would move all that
    /// follows by a line. So there is one item, and it is never looked into: one token with all of the text.
    init(_ text: String) {
      self = [CodeBlockItemSyntax(item: .expr(ExprSyntax(DeclReferenceExprSyntax(baseName: .identifier(text)))))]
    }

    /// The body as the user wrote it; what a refused declaration keeps, so that there is one error and not two.
    init(asWritten body: CodeBlockSyntax?) {
      self.init(body?.statements.description ?? "")
    }
  }
#endif
