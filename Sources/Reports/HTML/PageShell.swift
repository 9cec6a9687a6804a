/// What a page is wrapped in: its policy lets nothing run or be loaded but the script and the style that stand in it.
struct PageShell {
  let title: String
  let body: String
  let script: String
  /// JSON.
  let data: String
  /// For readers without scripts.
  let plain: String

  var text: String {
    let style = PageStyle.text
    let policy =
      "default-src 'none'; script-src '\(Self.source(script))'; style-src '\(Self.source(style))'; "
      + "base-uri 'none'; form-action 'none'"
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta http-equiv="Content-Security-Policy" content="\(policy)">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <meta name="referrer" content="no-referrer">
      <title>\(MarkupText.escaped(title)) – stripchart</title>
      <style>\(style)</style>
      </head>
      <body>
      \(body)
      <noscript><pre>\(MarkupText.escaped(plain))</pre></noscript>
      <script type="application/json" id="data">\(PageText.inScript(data))</script>
      <script>\(script)</script>
      </body>
      </html>

      """
  }

  /// As a Content-Security-Policy names an inline script or style.
  private static func source(_ text: String) -> String { "sha256-" + Base64.text(SHA256.digest(Array(text.utf8))) }
}
