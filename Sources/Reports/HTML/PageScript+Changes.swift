extension PageScript {
  /// Of a comparison: what changed, in all and by span. The figures are texts already.
  static let changes = #"""
    const fillPage = fillFrame;
    const figureHeads = [["", true], ["A"], ["B"], ["change"], [""], ["95 % of cases"]];
    function buildTables() {
      head("totals", figureHeads);
      byId("totals").querySelector("tbody").replaceChildren(...data.totals.map(figures => {
        const row = make("tr");
        addFigures(row, figures);
        return row;
      }));
      if (data.lanes.length) head("curves", [["curve", true], ["least"], ["mean"], ["greatest"]]);
      if (!data.changes.length) return;
      head("changes", [["span", true], ...figureHeads]);
      byId("filter").addEventListener("input", fillChanges);
      byId("all").addEventListener("change", fillChanges);
    }
    function addFigures(row, figures) {
      const way = figures.judgement === "more" ? " rise" : figures.judgement === "less" ? " fall" : "";
      row.append(make("td", "text" + way, figures.sign + " " + figures.name), make("td", "", figures.before),
        make("td", "", figures.after), make("td", way, figures.difference), make("td", way, figures.share),
        make("td", "dim", figures.interval));
    }
    function fillTables() {
      const part = scope();
      for (const element of document.querySelectorAll(".scope")) {
        element.textContent = !part ? "whole recordings" : `${range ? "selected" : "shown"} `
          + `${asTime((part.to - part.from) * wall)} from ${asTime(part.from * wall)}`;
      }
      fillCurves();
      fillChanges();
    }
    function fillChanges() {
      if (!data.changes.length) return;
      const filter = byId("filter").value.trim().toLowerCase(), isAll = byId("all").checked, entries = [];
      for (const change of data.changes) {
        if (filter && !change.path.join(" › ").toLowerCase().includes(filter)) continue;
        const figures = change.figures.filter(each => isAll || each.isShown);
        figures.forEach((each, index) => entries.push([change, each, index === 0]));
      }
      fillBody("changes", entries, ([change, figures, isFirst]) => {
        const span = change.span, row = make("tr", span >= 0 && span === chosen ? "chosen" : "");
        const cell = make("td", "name text");
        if (isFirst) {
          const button = make("button"), swatch = make("i");
          if (span >= 0) swatch.dataset.span = span;
          swatch.style.background = spanColor(span);
          button.type = "button";
          button.title = change.path.join(" › ") + (change.place ? "\n" + change.place : "");
          button.setAttribute("aria-pressed", String(span >= 0 && span === chosen));
          button.append(swatch, change.path[change.path.length - 1]);
          if (change.path.length > 1) button.append(" ", make("small", "", "in " + change.path.slice(0, -1).join(" › ")));
          if (change.task) button.append(" ", make("small", "", "task"));
          button.addEventListener("click", () => { chosen = chosen === span ? -1 : span; changed(); });
          cell.append(button);
        }
        row.append(cell);
        addFigures(row, figures);
        return row;
      });
    }
    """#
}
