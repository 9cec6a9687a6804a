extension PageScript {
  /// What stands around every page's tables, and what these are made of.
  static let parts = #"""
    const rowLimit = 300, unlimited = new Set();
    const pathOf = span => span < 0 ? "" : (data.spans[span].parent >= 0 ? pathOf(data.spans[span].parent) + " › " : "")
      + data.spans[span].name;
    function fillFrame() {
      document.title = data.title + " – stripchart";
      byId("title").textContent = data.title;
      byId("facts").textContent = data.facts.join(" · ");
      byId("verdict").classList.toggle("grave", data.isGrave);
      byId("verdict").prepend(...data.verdict.map(sentence => make("p", "strong", sentence)),
        ...data.answer.map(sentence => make("p", "", sentence)));
      for (const [name, entry] of data.footer) byId("footer").append(make("dt", "", name), make("dd", "", entry));
      for (const note of data.notes) byId("notes").querySelector("ul").append(make("li", "", note));
      byId("notes").hidden = !data.notes.length;
    }
    function head(section, cells) {
      const row = make("tr");
      for (const [text, isText] of cells) {
        const cell = make("th", "plain" + (isText ? " text" : ""), text);
        cell.scope = "col";
        row.append(cell);
      }
      byId(section).querySelector("thead").replaceChildren(row);
      byId(section).hidden = false;
      const scroll = byId(section).querySelector(".scroll");
      scroll.tabIndex = 0;
      scroll.setAttribute("role", "region");
      scroll.setAttribute("aria-labelledby", section + "-title");
    }
    function bar(share) {
      const outer = make("span", "share"), inner = make("i");
      inner.style.width = clamp(share, 0, 1) * 100 + "%";
      outer.append(inner);
      return outer;
    }
    function fillBody(section, entries, rowOf) {
      const shown = unlimited.has(section) ? entries : entries.slice(0, rowLimit);
      byId(section).querySelector("tbody").replaceChildren(...shown.map(rowOf));
      const more = byId(section).querySelector(".more");
      if (!more) return;
      more.replaceChildren();
      if (shown.length < entries.length) {
        const button = make("button", "", `Show all ${entries.length}`);
        button.type = "button";
        button.addEventListener("click", () => { unlimited.add(section); fillTables(); });
        more.append(button);
      } else if (!entries.length) more.textContent = "None here.";
    }
    function fillCurves() {
      const part = scope() || { from: 0, to: 1 }, entries = [];
      for (const lane of data.lanes) for (const series of lane.series) entries.push([lane, series]);
      fillBody("curves", entries, ([lane, series]) => {
        const row = make("tr"), name = make("td", "name text"), swatch = make("i", "color-" + series.color);
        const write = figure[lane.unit], seen = figuresOver(series, part.from, part.to);
        name.append(swatch, series.name ? `${lane.title}, ${series.name}` : lane.title);
        row.append(name, make("td", "", write(seen.low)), make("td", "", write(seen.mean)), make("td", "", write(seen.high)));
        return row;
      });
    }
    """#
}
