extension PageScript {
  /// Mouse, touch and keys.
  static let input = #"""
    /// What is being drawn over with the mouse.
    let drawn = null;
    function shareOf(event) {
      const box = rows[0].canvas.getBoundingClientRect();
      return view.from + clamp((event.clientX - box.left) / box.width, 0, 1) * (view.to - view.from);
    }
    const rowOf = event => rows.find(row => row.plot.contains(event.target));
    function listen() {
      const area = byId("rows");
      let press = null, scrolled = -Infinity;
      area.addEventListener("pointerdown", event => {
        const row = rowOf(event);
        if (event.button !== 0 || !row) return;
        press = { row, x: event.clientX, share: shareOf(event), from: view.from, isPan: event.shiftKey, isMoved: false };
        area.setPointerCapture(event.pointerId);
        event.preventDefault();
        byId("timeline").focus({ preventScroll: true });
      });
      area.addEventListener("pointermove", event => {
        if (!press) {
          const row = rowOf(event);
          cursor = row ? shareOf(event) : null;
          hint(event, row);
          return redraw();
        }
        if (Math.abs(event.clientX - press.x) > 3) press.isMoved = true;
        if (!press.isMoved) return;
        hint(null);
        if (press.isPan) {
          const width = view.to - view.from;
          view.from = clamp(press.from - (event.clientX - press.x) / rowsWidth() * width, 0, 1 - width);
          view.to = view.from + width;
          return changed();
        }
        const at = shareOf(event);
        cursor = at;
        drawn = { from: Math.min(press.share, at), to: Math.max(press.share, at), isZoom: press.row.kind === "axis" };
        redraw();
      });
      const release = event => {
        if (!press) return;
        const { row, isMoved } = press, done = drawn;
        press = null;
        drawn = null;
        if (done && event.type === "pointerup") {
          if (done.isZoom) show(done.from, done.to); else select(done.from, done.to);
        } else if (!isMoved) click(event, row);
        redraw();
      };
      area.addEventListener("pointerup", release);
      area.addEventListener("pointercancel", release);
      area.addEventListener("pointerleave", () => { if (!press) { cursor = null; hint(null); redraw(); } });
      area.addEventListener("dblclick", event => {
        // The area took the pointer at the first press, so it is the target.
        const row = rows.find(row => row.plot.contains(document.elementFromPoint(event.clientX, event.clientY)));
        const hit = row && under(event, row);
        if (hit) show(hit.from - (hit.to - hit.from) * 0.05, hit.to + (hit.to - hit.from) * 0.05);
        else if (row) zoom(0.25, shareOf(event));
      });
      area.addEventListener("wheel", event => {
        const row = rowOf(event);
        if (!row) return;
        if (Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey) {
          event.preventDefault();
          return pan((event.deltaX || event.deltaY) / rowsWidth());
        }
        // All is shown and there is nothing to zoom out of: the page scrolls, and goes on while it is at it.
        const now = performance.now();
        if (!event.ctrlKey && !isZoomed() && (event.deltaY > 0 || now - scrolled < 350)) { scrolled = now; return; }
        event.preventDefault();
        const lines = event.deltaMode === 1 ? 16 : 1;
        zoom(Math.exp(clamp(event.deltaY * lines, -240, 240) * 0.0022), shareOf(event));
      }, { passive: false });
      byId("zoom-in").addEventListener("click", () => zoom(0.5, cursor));
      byId("zoom-out").addEventListener("click", () => zoom(2, cursor));
      byId("zoom-range").addEventListener("click", zoomToRange);
      byId("reset").addEventListener("click", () => { range = null; chosen = -1; show(0, 1); });
      byId("theme").addEventListener("click", nextTheme);
      matchMedia("(prefers-color-scheme: dark)").addEventListener("change", takeColors);
      document.addEventListener("keydown", key);
      window.addEventListener("scroll", redraw, { passive: true });
      new ResizeObserver(redraw).observe(area);
    }
    function zoomToRange() {
      if (!range) return;
      const { from, to } = range;
      range = null;
      show(from, to);
    }
    function under(event, row) {
      const box = row.canvas.getBoundingClientRect(), y = event.clientY - box.top, share = shareOf(event);
      if (row.band) return underPoint(row.band, share, y);
      if (row.kind === "lives") {
        const process = lives[Math.floor((y - 2) / lifeHeight)];
        return process ? { ...lifeOf(process), process } : null;
      }
      return null;
    }
    function click(event, row) {
      const hit = under(event, row);
      if (hit && hit.span >= 0) chosen = hit.span;
      if (hit) return select(hit.from, hit.to);
      chosen = -1;
      select(null);
    }
    function hint(event, row) {
      const tip = byId("tip"), hit = event && row && hintText(event, row);
      tip.hidden = !hit;
      if (!hit) return;
      put(tip, hit);
      const box = tip.getBoundingClientRect();
      tip.style.left = clamp(event.clientX + 14, 4, window.innerWidth - box.width - 4) + "px";
      tip.style.top = (event.clientY + 18 + box.height > window.innerHeight ? event.clientY - box.height - 10
        : event.clientY + 18) + "px";
    }
    function hintText(event, row) {
      if (row.kind === "axis") {
        const near = 6 / rowsWidth() * (view.to - view.from), share = shareOf(event);
        const marks = data.marks.filter(mark => Math.abs(mark.at / wall - share) < near).slice(0, 8);
        return marks.map(mark => `${asTime(mark.at)}  ${mark.text}`).join("\n");
      }
      const hit = under(event, row);
      if (!hit) return "";
      const length = asTime((hit.to - hit.from) * wall);
      if (hit.process) {
        const { shownPID, command, cpu, peak, exit } = hit.process;
        return `${shownPID}  ${command}\n${length}, CPU ${asTime(cpu)}, peak ${asBytes(peak)}${exit ? ", " + exit : ""}`;
      }
      if (hit.calls !== undefined) {
        return `${asCount(hit.calls)} spans begin within ${length}, ${asShare(hit.share)} of the time\n`
          + (hit.span >= 0 ? `most of it: ${pathOf(hit.span)}` : "of many names");
      }
      const whole = hit.span >= 0 ? data.spans[hit.span] : null;
      return `${hit.span >= 0 ? pathOf(hit.span) : "a span"}\n${length}${hit.isOpen ? ", never ended" : ""}`
        + ` from ${asTime(hit.from * wall)}` + (whole && whole.place ? `\n${whole.place}` : "");
    }
    function nextTheme() {
      const root = document.documentElement, next = { "": "light", light: "dark", dark: "" }[root.dataset.theme || ""];
      if (next) root.dataset.theme = next; else delete root.dataset.theme;
      byId("theme").textContent = "Theme: " + (next || "auto");
      byId("theme").setAttribute("aria-label", "Theme: " + (next || "as the system has it"));
      takeColors();
    }
    function key(event) {
      const isTyping = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "Escape" && isTyping) return event.target.blur();
      if (isTyping) return;
      if (event.key === "/") { event.preventDefault(); byId("filter").focus(); return; }
      if (event.key === "Enter" && event.target.tagName === "BUTTON") return;
      if (event.key === "Enter" && event.target.tagName === "SUMMARY") return;
      if (/^Arrow/.test(event.key) && event.target.classList.contains("scroll")) return;
      const actions = {
        "+": () => zoom(0.5, cursor), "=": () => zoom(0.5, cursor), "-": () => zoom(2, cursor),
        "Escape": reset, "0": () => { range = null; chosen = -1; show(0, 1); }, "Enter": zoomToRange,
        "ArrowLeft": () => event.shiftKey ? extend(-1) : pan(-0.1), "ArrowRight": () => event.shiftKey ? extend(1) : pan(0.1),
        ",": () => moveCursor(-1), ".": () => moveCursor(1),
      };
      const action = actions[event.key];
      if (!action) return;
      event.preventDefault();
      action();
    }
    function moveCursor(direction) {
      const step = (view.to - view.from) / 100;
      cursor = clamp((cursor === null ? (view.from + view.to) / 2 : cursor) + direction * step, view.from, view.to);
      redraw();
    }
    let anchor = null;
    function extend(direction) {
      if (cursor === null) moveCursor(0);
      if (!range || anchor === null) anchor = cursor;
      moveCursor(direction);
      select(anchor, cursor);
    }
    """#
}
