extension PageScript {
  /// What part is shown, where the cursor stands and what is selected: shares of the whole, 0 to 1.
  static let state = #"""
    const wall = data.wallSeconds;
    const view = { from: 0, to: 1 };
    let cursor = null, range = null, chosen = -1, colors = {};
    const narrowest = Math.min(1, Math.max(16 / 4294967295, 1e-8 / wall));
    const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
    const isZoomed = () => view.to - view.from < 1;
    /// What the tables tell of; null: the whole recording.
    const scope = () => range || (isZoomed() ? { from: view.from, to: view.to } : null);
    function show(from, to) {
      const width = clamp(to - from, narrowest, 1);
      const middle = (from + to) / 2;
      view.from = clamp(middle - width / 2, 0, 1 - width);
      view.to = view.from + width;
      changed();
    }
    function zoom(factor, around) {
      const width = view.to - view.from, next = clamp(width * factor, narrowest, 1);
      const at = around === undefined || around === null || around < view.from || around > view.to
        ? (view.from + view.to) / 2 : around;
      const from = clamp(at - (at - view.from) * next / width, 0, 1 - next);
      view.from = from;
      view.to = from + next;
      changed();
    }
    function pan(share) {
      const width = view.to - view.from, from = clamp(view.from + share * width, 0, 1 - width);
      view.from = from;
      view.to = from + width;
      changed();
    }
    function select(from, to) {
      range = from === null ? null : { from: clamp(Math.min(from, to), 0, 1), to: clamp(Math.max(from, to), 0, 1) };
      if (range && range.to - range.from <= 0) range = null;
      changed();
    }
    function reset() {
      if (range || chosen >= 0) { range = null; chosen = -1; changed(); } else { show(0, 1); }
    }
    let isDrawing = false, isTabling = 0;
    /// Draws in the next frame, and fills the tables when nothing has changed for a moment.
    function changed() {
      redraw();
      clearTimeout(isTabling);
      isTabling = setTimeout(fillTables, 60);
    }
    function redraw() {
      if (isDrawing) return;
      isDrawing = true;
      requestAnimationFrame(() => { isDrawing = false; draw(); });
    }
    function takeColors() {
      const style = getComputedStyle(document.documentElement);
      for (const name of ["bg", "panel", "ink", "dim", "line", "faint", "accent", "bad", "memory", "cpu", "machine", "read",
        "written", "value", "mark"]) colors[name] = style.getPropertyValue("--" + name).trim();
      colors.isDark = style.getPropertyValue("--dark").trim() === "1";
      spanColors.clear();
      for (const swatch of document.querySelectorAll("[data-span]")) swatch.style.background = spanColor(+swatch.dataset.span);
      redraw();
    }
    const spanColors = new Map(), nameOrder = new Map();
    for (const span of data.spans) if (!nameOrder.has(span.name)) nameOrder.set(span.name, nameOrder.size);
    /// The same for all spans of a name; neighbours differ most.
    function spanColor(span) {
      const name = span >= 0 ? data.spans[span].name : null;
      let color = spanColors.get(name);
      if (color) return color;
      const place = nameOrder.get(name), hue = Math.round(205 + place * 137.508) % 360, shift = place % 3 * 4;
      color = span < 0 ? (colors.isDark ? "#4a525c" : "#c3cad2")
        : colors.isDark ? `hsl(${hue} 40% ${30 + shift}%)` : `hsl(${hue} 60% ${74 + shift}%)`;
      spanColors.set(name, color);
      return color;
    }
    """#
}
