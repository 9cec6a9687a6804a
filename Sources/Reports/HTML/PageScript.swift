/// What the page does, the same for every recording: a script in strict mode that loads nothing and changes nothing but the page.
///
/// Text of the recording reaches the page through `textContent` and canvas text only.
enum PageScript {
  static let text = [begin, figures, state, lanes, bands, rows, input, parts, tables, source, findings, end]
    .joined(separator: "\n")
  /// Of the page that compares two recordings.
  static let comparison = [begin, figures, state, lanes, bands, rows, input, parts, changes, end].joined(
    separator: "\n")

  private static let begin = #"""

    "use strict";
    (() => {
    const data = JSON.parse(document.getElementById("data").textContent);
    const byId = id => document.getElementById(id);
    /// An element with a class and a text.
    function make(tag, name, text) {
      const element = document.createElement(tag);
      if (name) element.className = name;
      if (text !== undefined && text !== null) element.textContent = text;
      return element;
    }
    function bytes(text) {
      const raw = atob(text), array = new Uint8Array(raw.length);
      for (let index = 0; index < raw.length; index++) array[index] = raw.charCodeAt(index);
      return array;
    }
    const numbers = (text, Kind) => text === undefined ? null : new Kind(bytes(text).buffer);
    """#

  private static let end = #"""
    fillPage();
    buildRows();
    buildTables();
    listen();
    takeColors();
    changed();
    document.documentElement.dataset.ready = "yes";
    })();
    """#
}
