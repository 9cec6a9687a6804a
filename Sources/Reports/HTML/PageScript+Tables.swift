extension PageScript {
  /// The tables, which tell of the whole recording or of the range that is selected.
  static let tables = #"""
    const sums = {
      buckets: data.sums.buckets, spans: numbers(data.sums.spans, Uint16Array), places: numbers(data.sums.places, Uint16Array),
      calls: numbers(data.sums.calls, Uint32Array), max: numbers(data.sums.max, Float32Array),
      self: numbers(data.sums.self, Float32Array), cpu: numbers(data.sums.cpu, Float32Array),
      growth: numbers(data.sums.growth, Float32Array), io: numbers(data.sums.io, Float32Array),
    };
    const depthOf = span => { let depth = 0; while ((span = data.spans[span].parent) >= 0) depth++; return depth; };
    /// What the spans used in a range: sums of parts of the time, those at its edges by the share that lies inside.
    function usedIn(part) {
      const count = data.spans.length, used = {};
      for (const name of ["self", "total", "cpu", "growth", "io", "calls", "max"]) used[name] = new Float64Array(count);
      const first = part.from * sums.buckets, last = part.to * sums.buckets;
      for (let row = 0; row < sums.spans.length; row++) {
        const place = sums.places[row], share = Math.min(place + 1, last) - Math.max(place, first);
        if (share <= 0) continue;
        const span = sums.spans[row];
        used.self[span] += share * sums.self[row];
        used.calls[span] += share * sums.calls[row];
        used.max[span] = Math.max(used.max[span], sums.max[row]);
        for (const name of ["cpu", "growth", "io"]) if (sums[name]) used[name][span] += share * sums[name][row];
      }
      used.total.set(used.self);
      for (let span = count - 1; span >= 0; span--) {
        const parent = data.spans[span].parent;
        if (parent < 0 || parent >= span) continue;
        for (const name of ["total", "cpu", "growth", "io"]) used[name][parent] += used[name][span];
      }
      return data.spans.map((span, index) => {
        const row = {};
        for (const name in used) row[name] = used[name][index];
        row.calls = Math.round(row.calls);
        if (row.calls === 0) row.max = null;
        for (const name of ["cpu", "growth", "io"]) if (span[name] === null || span[name] === undefined) row[name] = null;
        return row;
      });
    }
    const sorting = { spans: { by: "tree", isUp: false }, names: { by: "total", isUp: false } };
    const spanColumns = [
      ["tree", "span", null], ["calls", "calls", asCount], ["total", "total", asTime], ["self", "self", asTime],
      ["cpu", "cpu", asTime], ["growth", "Δrss", asGrowth], ["io", "io", asBytes], ["max", "max", asTime],
    ];
    const nameColumns = [
      ["name", "name", null], ["calls", "calls", asCount], ["total", "total", asTime], ["self", "self", asTime],
      ["cpu", "cpu", asTime], ["selfCpu", "self cpu", asTime], ["max", "max", asTime],
      ["depth", "in itself", depth => depth > 1 ? `${depth} deep` : ""], ["callers", "called from", text => text],
      ["place", "where", place => place || ""],
    ];
    const isNameText = by => ["name", "callers", "place"].includes(by);
    function sortableHead(section, columns, isText, sort) {
      head(section, []);
      const row = byId(section).querySelector("thead tr");
      for (const [by, text] of columns) {
        const cell = make("th", isText(by) ? "text" : ""), button = make("button", "", text);
        button.type = "button";
        button.dataset.by = by;
        button.addEventListener("click", () => sort(by));
        cell.scope = "col";
        cell.append(button);
        row.append(cell);
      }
    }
    function fillPage() {
      fillFrame();
      byId("verdict").hidden = !data.verdict.length && !data.answer.length;
      fillFindings();
    }
    function buildTables() {
      if (data.spans.length) {
        sortableHead("spans", spanColumns, by => by === "tree", sortSpans);
        byId("filter").addEventListener("input", fillSpans);
      }
      if (data.names.length) sortableHead("names", nameColumns, isNameText, sortNames);
      if (data.lanes.length) head("curves", [["curve", true], ["least"], ["mean"], ["greatest"]]);
      if (data.processes.length) head("processes", [["process", true], ["PID"], ["CPU"], ["peak RSS"], ["read"], ["written"],
        ["start"], ["end"], ["", true]]);
      if (data.marks.length) head("marks", [["at"], ["mark", true], ["thread", true]]);
      if (data.stacks) buildStacks();
      if (data.functions.length) buildSource();
    }
    function sortSpans(by) {
      const now = sorting.spans;
      if (by === "tree") now.by = now.by === "tree" ? "name" : "tree";
      else { now.isUp = now.by === by ? !now.isUp : false; now.by = by; }
      fillSpans();
    }
    function sortNames(by) {
      const now = sorting.names;
      now.isUp = now.by === by ? !now.isUp : isNameText(by);
      now.by = by;
      fillNames();
    }
    /// Of the whole recording: which of its calls stood in each other is known of that alone.
    function fillNames() {
      if (!data.names.length) return;
      const { by, isUp } = sorting.names, way = isUp ? 1 : -1;
      const rows = data.names.slice().sort((left, right) => {
        if (isNameText(by)) return way * (left[by] || "").localeCompare(right[by] || "");
        return way * ((left[by] ?? -Infinity) - (right[by] ?? -Infinity));
      });
      for (const button of byId("names").querySelectorAll("thead button")) {
        const isThis = button.dataset.by === by, text = nameColumns.find(([name]) => name === button.dataset.by)[1];
        button.parentNode.setAttribute("aria-sort", isThis ? isUp ? "ascending" : "descending" : "none");
        put(button, text + (isThis ? isUp ? " ▴" : " ▾" : ""));
      }
      fillBody("names", rows, named => {
        const row = make("tr"), name = make("td", "name text"), button = make("button", "", named.name);
        button.type = "button";
        button.title = `show ${named.name} among the spans`;
        button.addEventListener("click", () => {
          byId("filter").value = named.name;
          fillSpans();
          byId("spans").scrollIntoView();
        });
        name.append(button);
        row.append(name);
        for (const [key, , write] of nameColumns.slice(1)) {
          row.append(make("td", isNameText(key) ? "text" : "", write(named[key])));
        }
        return row;
      });
    }
    function fillTables() {
      const part = scope();
      const text = !part ? "whole recording" : `${range ? "selected" : "shown"} ${asTime((part.to - part.from) * wall)}`
        + ` from ${asTime(part.from * wall)}`;
      for (const element of document.querySelectorAll(".scope")) element.textContent = text;
      if (part) byId("spans").querySelector(".scope").textContent += `, counted in parts of ${asTime(wall / sums.buckets)}`;
      fillSpans();
      fillNames();
      fillCurves();
      fillSource();
      fillProcesses();
      fillMarks();
    }
    function treeOrder(rows, isShown) {
      const children = new Map(), order = [];
      rows.forEach((row, span) => {
        if (!isShown(span)) return;
        let parent = data.spans[span].parent;
        while (parent >= 0 && !isShown(parent)) parent = data.spans[parent].parent;
        if (!children.has(parent)) children.set(parent, []);
        children.get(parent).push(span);
      });
      const waiting = [[-1, -1]];
      while (waiting.length) {
        const [span, depth] = waiting.pop();
        if (span >= 0) order.push([span, depth]);
        const below = (children.get(span) || []).sort((left, right) => rows[left].total - rows[right].total);
        for (const child of below) waiting.push([child, depth + 1]);
      }
      return order;
    }
    function fillSpans() {
      if (!data.spans.length) return;
      const part = scope(), used = part ? usedIn(part) : data.spans, { by, isUp } = sorting.spans;
      const filter = byId("filter").value.trim().toLowerCase();
      const isShown = span => (!part || used[span].total > 0 || used[span].calls > 0)
        && (!filter || pathOf(span).toLowerCase().includes(filter));
      let order;
      if (by === "tree" && !filter) {
        order = treeOrder(used, isShown);
      } else {
        const rank = by === "tree" ? "total" : by;
        order = data.spans.map((span, index) => [index, 0]).filter(([span]) => isShown(span));
        if (by === "name") order.sort(([left], [right]) => data.spans[left].name < data.spans[right].name ? -1 : 1);
        else order.sort(([left], [right]) => ((used[right][rank] ?? -Infinity) - (used[left][rank] ?? -Infinity)) * (isUp ? -1 : 1));
      }
      for (const button of byId("spans").querySelectorAll("thead button")) {
        const isThis = button.dataset.by === by || (button.dataset.by === "tree" && by === "name");
        const way = by === "tree" ? "none" : by === "name" || isUp ? "ascending" : "descending";
        button.parentNode.setAttribute("aria-sort", isThis ? way : "none");
        const text = spanColumns.find(([name]) => name === button.dataset.by)[1];
        put(button, text + (isThis && by !== "tree" ? way === "ascending" ? " ▴" : " ▾" : ""));
      }
      const longest = Math.max(1e-12, ...used.map(row => row.total)), isTree = by === "tree" && !filter;
      fillBody("spans", order, ([span, depth]) => {
        const row = make("tr", span === chosen ? "chosen" : ""), name = make("td", "name text"), button = make("button");
        const swatch = make("i");
        swatch.dataset.span = span;
        swatch.style.background = spanColor(span);
        button.type = "button";
        button.title = pathOf(span) + (data.spans[span].place ? "\n" + data.spans[span].place : "");
        button.setAttribute("aria-pressed", String(span === chosen));
        button.append(swatch, data.spans[span].name);
        if (!isTree && data.spans[span].parent >= 0) button.append(" ", make("small", "", "in " + pathOf(data.spans[span].parent)));
        if (data.spans[span].task) button.append(" ", make("small", "", "task"));
        button.addEventListener("click", () => { chosen = chosen === span ? -1 : span; changed(); });
        name.style.paddingLeft = 10 + depth * 18 + "px";
        name.append(button);
        row.append(name);
        for (const [key, , write] of spanColumns.slice(1)) {
          const value = used[span][key], cell = make("td", "", write(value));
          if (key === "total") cell.append(bar(value / longest));
          row.append(cell);
        }
        return row;
      });
    }
    function fillProcesses() {
      if (!processes.length) return;
      const part = scope();
      fillBody("processes", processes, process => {
        const life = lifeOf(process), isAway = part && (life.to < part.from || life.from > part.to);
        const row = make("tr", isAway ? "away" : ""), name = make("td", "name text", process.command);
        name.title = process.command;
        name.style.paddingLeft = 10 + Math.min(process.depth, 12) * 18 + "px";
        row.append(name);
        const start = process.begin < 0 && process.begin > -0.02 ? 0 : process.begin;
        for (const text of [process.shownPID, asTime(process.cpu), asBytes(process.peak), asBytes(process.read),
          asBytes(process.written), asTime(start), process.end === null ? missing : asTime(process.end)]) {
          row.append(make("td", "", text));
        }
        row.append(make("td", "text" + (process.failed ? " failed" : ""), process.exit || ""));
        return row;
      });
      if (data.hiddenProcesses) byId("processes").querySelector(".more").append(` ${data.hiddenProcesses} more are not on this page.`);
    }
    function fillMarks() {
      if (!data.marks.length) return;
      const part = scope();
      const shown = data.marks.filter(mark => !part || (mark.at / wall >= part.from && mark.at / wall <= part.to));
      fillBody("marks", shown, mark => {
        const row = make("tr");
        row.append(make("td", "", asTime(mark.at)), make("td", "text", mark.text), make("td", "text", mark.thread || ""));
        return row;
      });
    }
    """#
}
