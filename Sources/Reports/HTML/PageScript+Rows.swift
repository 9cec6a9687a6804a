extension PageScript {
  /// The rows of the timeline: a title at the left, a canvas at the right, and one cursor over all of them.
  static let rows = #"""
    const rows = [];
    function addRow(kind, height, draw, description) {
      const element = make("div", "row " + kind), gutter = make("div", "gutter"), plot = make("div", "plot");
      const canvas = make("canvas");
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", description);
      canvas.style.height = height + "px";
      plot.append(canvas);
      element.append(gutter, plot);
      byId("rows").append(element);
      const row = { kind, element, gutter, plot, canvas, height, draw, width: 0, ratio: 0 };
      rows.push(row);
      return row;
    }
    function title(row, text, small) {
      const name = make("div", "name", text);
      name.title = text;
      if (small) name.append(" ", make("small", "", small));
      row.gutter.append(name);
    }
    function buildRows() {
      const axis = addRow("axis", data.marks.length ? 36 : 22, (context, row) => drawAxis(context, row.width, row.height),
        `Time from 0 to ${asTime(wall)}, ${data.markCount} marks`);
      title(axis, "Time", data.marks.length ? `${asCount(data.markCount)} mark${data.markCount === 1 ? "" : "s"}` : "");
      // What stayed at zero all the time stands in the table of curves alone.
      for (const lane of data.lanes) if (lane.unit === "number" || lane.series.some(series => series.peak > 0)) buildLane(lane);
      const names = new Set(data.bands.map(band => band.pid));
      for (const band of data.bands) {
        const what = band.task ? "Task" : "Thread";
        const row = addRow("band", band.depth * spanHeight + 4, (context, row) => drawBand(band, context, row.width),
          `${what} ${band.name}: spans, at most ${band.depth} inside each other. The table of spans has their figures.`);
        row.band = band;
        title(row, band.name || what, names.size > 1 && band.pid ? `PID ${band.pid}` : band.task ? "task" : "");
      }
      if (data.hiddenBands) {
        const row = addRow("band", 20, () => {}, "");
        title(row, "", `and ${data.hiddenBands} more threads and tasks`);
      }
      if (data.bands.length) buildLegend();
      if (lives.length) {
        const row = addRow("lives", lives.length * lifeHeight + 4, (context, row) => drawLives(context, row.width),
          `Lifetimes of ${lives.length} processes. The table of processes has their figures.`);
        title(row, "Processes", lives.length < processes.length ? `${lives.length} of ${processes.length}` : "");
      }
      byId("rows").append(byId("overlay"));
    }
    /// Which colour is which span, of those whose names no block has room for.
    let legend = null;
    const legendLimit = 30;
    function buildLegend() {
      const row = make("div", "row legend"), gutter = make("div", "gutter");
      gutter.append(make("div", "name", "Colours"));
      legend = make("div", "names");
      row.append(gutter, legend);
      row.hidden = true;
      byId("rows").append(row);
    }
    function showLegend() {
      if (!legend) return;
      const widths = new Map(), spans = new Map(), named = new Set();
      for (const band of data.bands) {
        for (const [name, entry] of band.drawn || []) {
          widths.set(name, (widths.get(name) || 0) + entry.width);
          spans.set(name, entry.span);
          if (entry.isNamed) named.add(name);
        }
      }
      const names = [...widths.keys()].filter(name => name && !named.has(name)).sort((a, b) => widths.get(b) - widths.get(a));
      const shown = names.slice(0, legendLimit).sort((a, b) => nameOrder.get(a) - nameOrder.get(b));
      const text = shown.join("\n") + names.length;
      if (legend.dataset.shown === text) return;
      legend.dataset.shown = text;
      legend.replaceChildren(...shown.map(name => {
        const entry = make("span"), swatch = make("i");
        swatch.dataset.span = spans.get(name);
        swatch.style.background = spanColor(spans.get(name));
        entry.append(swatch, name);
        entry.title = name;
        return entry;
      }));
      if (names.length > shown.length) legend.append(make("span", "", `and ${names.length - shown.length} more`));
      legend.parentElement.hidden = !names.length;
    }
    function buildLane(lane) {
      const write = figure[lane.unit];
      const text = lane.series.map(series => `${series.name} peak ${write(series.peak)} `
        + `at ${asTime(series.peakShare * wall)}, mean ${write(series.mean)}`).join("; ");
      const limit = lane.limit ? `; limit ${write(lane.limit)}` : "";
      const row = addRow("lane", lane.unit === "number" ? 56 : 76,
        (context, row) => drawLane(lane, context, row.width, row.height), `${lane.title}: ${text}${limit}`);
      row.lane = lane;
      title(row, lane.title);
      for (const series of lane.series) {
        const entry = make("div", "series"), value = make("b");
        entry.append(make("i", "color-" + series.color), make("span", "", series.name), value);
        row.gutter.append(entry);
        series.value = value;
      }
    }
    const rowsWidth = () => rows.length ? rows[0].canvas.clientWidth || 1 : 1;
    function draw() {
      const ratio = window.devicePixelRatio || 1, width = rowsWidth(), height = window.innerHeight;
      for (const row of rows) {
        const box = row.plot.getBoundingClientRect();
        if (box.bottom < -200 || box.top > height + 200) continue;
        if (row.width !== width || row.ratio !== ratio) {
          row.width = width;
          row.ratio = ratio;
          row.canvas.width = Math.round(width * ratio);
          row.canvas.height = Math.round(row.height * ratio);
        }
        const context = row.canvas.getContext("2d");
        context.setTransform(ratio, 0, 0, ratio, 0, 0);
        context.clearRect(0, 0, width, row.height);
        row.draw(context, row);
      }
      showLegend();
      drawOverlay(width);
      showFigures();
    }
    function drawOverlay(width) {
      const x = share => (share - view.from) / (view.to - view.from) * width;
      const line = byId("cursor"), box = byId("selection"), shown = drawn || range;
      const isSeen = cursor !== null && cursor >= view.from && cursor <= view.to;
      line.style.display = isSeen ? "block" : "none";
      if (isSeen) line.style.transform = `translateX(${Math.round(x(cursor))}px)`;
      box.style.display = shown ? "block" : "none";
      box.className = drawn && drawn.isZoom ? "zoom" : "";
      if (shown) {
        const left = clamp(x(shown.from), -2, width + 2), right = clamp(x(shown.to), -2, width + 2);
        box.style.transform = `translateX(${left}px)`;
        box.style.width = Math.max(right - left, 1) + "px";
      }
    }
    /// The values at the cursor, or where it stands nowhere the peaks.
    function showFigures() {
      const step = (view.to - view.from) * wall / rowsWidth(), part = scope();
      for (const lane of data.lanes) {
        for (const series of lane.series) {
          if (!series.value) continue;
          const write = figure[lane.unit];
          put(series.value, cursor !== null ? write(valueAt(series, cursor))
            : "peak " + write(part ? figuresOver(series, part.from, part.to).high : series.peak));
        }
      }
      put(byId("moment"), cursor === null ? "" : "cursor " + asMoment(cursor * wall, step));
      const moment = share => asMoment(share * wall, step);
      put(byId("shown"), !part ? `whole recording, ${asTime(wall)}`
        : `${range ? "selected" : "shown"} ${moment(part.from)} – ${moment(part.to)} (${asTime((part.to - part.from) * wall)})`);
      byId("zoom-range").disabled = !range;
      byId("reset").disabled = !range && !isZoomed() && chosen < 0;
    }
    function put(element, text) { if (element.textContent !== text) element.textContent = text; }
    """#
}
