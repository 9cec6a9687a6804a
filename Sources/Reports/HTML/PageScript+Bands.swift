extension PageScript {
  /// The spans of threads and tasks, the lifetimes of processes, and the time axis with its marks.
  static let bands = #"""
    const spanHeight = 18, lifeHeight = 15, lifeLimit = 40, most = 4294967295;
    const blocks = {
      begins: numbers(data.blocks.begins, Uint32Array), ends: numbers(data.blocks.ends, Uint32Array),
      spans: numbers(data.blocks.spans, Int16Array), bands: numbers(data.blocks.bands, Uint8Array),
      depths: numbers(data.blocks.depths, Uint8Array), flags: numbers(data.blocks.flags, Uint8Array),
    };
    for (const band of data.bands) band.levels = Array.from({ length: band.depth }, () => ({ places: [], filling: null }));
    for (let place = 0; place < blocks.begins.length; place++) {
      data.bands[blocks.bands[place]].levels[blocks.depths[place]].places.push(place);
    }
    for (const filling of data.fillings) {
      data.bands[filling.band].levels[filling.depth].filling = {
        shares: numbers(filling.shares, Uint8Array), spans: numbers(filling.spans, Int16Array),
        calls: numbers(filling.calls, Uint32Array),
      };
    }
    const spanName = span => span >= 0 ? data.spans[span].name : "other spans";
    /// The first block of a level that ends after a share of the whole; on one level no two overlap.
    function blockAt(places, share) {
      const target = share * most;
      let low = 0, high = places.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (blocks.ends[places[middle]] > target) high = middle; else low = middle + 1;
      }
      return low;
    }
    function drawBand(band, context, width) {
      band.drawn = new Map();
      const scale = width / (view.to - view.from), x = share => (share - view.from) * scale;
      context.font = "11px system-ui, sans-serif";
      context.textBaseline = "middle";
      band.levels.forEach((level, depth) => {
        const top = 2 + depth * spanHeight;
        if (level.filling) drawFilling(band, level.filling, context, x, width, top);
        let lastPixel = -1;
        for (let index = blockAt(level.places, view.from); index < level.places.length; index++) {
          const place = level.places[index], begin = blocks.begins[place] / most;
          if (begin > view.to) break;
          const left = Math.max(x(begin), -4), right = Math.min(x(blocks.ends[place] / most), width + 4);
          if (right - left < 1 && Math.floor(left) === lastPixel) continue;
          lastPixel = Math.floor(right);
          const isNamed = drawBlock(context, blocks.spans[place], left, Math.max(right - left, 1), top, blocks.flags[place]);
          note(band, blocks.spans[place], Math.max(right - left, 1), isNamed);
        }
      });
    }
    /// For the legend: how wide a name was drawn, and whether it could be read somewhere.
    function note(band, span, width, isNamed) {
      const name = spanName(span), entry = band.drawn.get(name) || { span, width: 0, isNamed: false };
      entry.width += width;
      entry.isNamed ||= isNamed;
      band.drawn.set(name, entry);
    }
    /// Whether its name stands in it.
    function drawBlock(context, span, left, width, top, isOpen) {
      context.globalAlpha = chosen >= 0 && span !== chosen ? 0.25 : 1;
      context.fillStyle = spanColor(span);
      const gap = width > 4 ? 1 : 0;
      context.fillRect(left, top, width - gap, spanHeight - 2);
      if (isOpen && width > 6) {
        context.fillStyle = colors.bad;
        context.fillRect(left + width - 3, top, 2, spanHeight - 2);
      }
      context.globalAlpha = 1;
      const from = Math.max(left, 0) + 5, room = left + width - gap - from - 4;
      const text = named(spanName(span), room);
      if (!text) return false;
      context.fillStyle = chosen >= 0 && span !== chosen ? colors.dim : colors.isDark ? "#f2f4f6" : "#14181d";
      context.fillText(text, from, top + spanHeight / 2 - 0.5);
      return true;
    }
    /// A name that fits, or enough of it to be known by; the legend has the others.
    function named(name, room) {
      const text = fitted(name, room);
      return text.length >= Math.min(name.length, 12) ? text : "";
    }
    /// As much of a text as fits, by the width of an ordinary letter.
    function fitted(text, room) {
      const count = Math.floor(room / 6.1);
      if (text.length <= count) return text;
      return count >= 3 ? text.slice(0, count - 1) + "…" : "";
    }
    function drawFilling(band, filling, context, x, width, top) {
      const cells = filling.shares.length, height = spanHeight - 2;
      const first = Math.max(0, Math.floor(view.from * cells)), last = Math.min(cells, Math.ceil(view.to * cells));
      const isWide = x((first + 1) / cells) - x(first / cells) > 60;
      for (let cell = first; cell < last; cell++) {
        if (!filling.shares[cell]) continue;
        const left = x(cell / cells), span = filling.spans[cell], part = filling.shares[cell] / 255;
        context.globalAlpha = (chosen >= 0 && span !== chosen ? 0.15 : 0.4 + 0.45 * part);
        context.fillStyle = spanColor(span);
        const tall = Math.max(2, height * part);
        context.fillRect(left, top + height - tall, x((cell + 1) / cells) - left + 0.4, tall);
        context.globalAlpha = 1;
        const from = Math.max(left, 0) + 5;
        const text = isWide ? named(`${asCount(filling.calls[cell])} × ${spanName(span)}`, x((cell + 1) / cells) - from - 4) : "";
        note(band, span, x((cell + 1) / cells) - left, text !== "");
        if (text) {
          context.fillStyle = colors.ink;
          context.fillText(text, from, top + spanHeight / 2);
        }
      }
    }
    /// What lies under a point of a band.
    function underPoint(band, share, y) {
      const level = band.levels[Math.floor((y - 2) / spanHeight)];
      if (!level) return null;
      const near = 1.5 / rowsWidth() * (view.to - view.from);
      const place = level.places[blockAt(level.places, share - near)];
      if (place !== undefined && blocks.begins[place] / most <= share + near) {
        return { span: blocks.spans[place], from: blocks.begins[place] / most, to: blocks.ends[place] / most,
          isOpen: blocks.flags[place] };
      }
      if (!level.filling) return null;
      const cells = level.filling.shares.length, cell = clamp(Math.floor(share * cells), 0, cells - 1);
      if (!level.filling.shares[cell]) return null;
      return { span: level.filling.spans[cell], from: cell / cells, to: (cell + 1) / cells,
        calls: level.filling.calls[cell], share: level.filling.shares[cell] / 255 };
    }
    /// Processes with their children below them.
    const processes = (() => {
      const byParent = new Map(), own = new Set(data.processes.map(each => each.pid)), ordered = [], seen = new Set();
      for (const process of data.processes) {
        const parent = own.has(process.parent) && process.parent !== process.pid ? process.parent : 0;
        if (!byParent.has(parent)) byParent.set(parent, []);
        byParent.get(parent).push(process);
      }
      const waiting = (byParent.get(0) || []).slice().reverse().map(process => ({ process, depth: 0 }));
      while (waiting.length) {
        const { process, depth } = waiting.pop();
        if (seen.has(process)) continue;
        seen.add(process);
        process.depth = depth;
        ordered.push(process);
        const children = byParent.get(process.pid) || [];
        for (let index = children.length - 1; index >= 0; index--) waiting.push({ process: children[index], depth: depth + 1 });
      }
      for (const process of data.processes) if (!seen.has(process)) { process.depth = 0; ordered.push(process); }
      return ordered;
    })();
    const lives = processes.slice(0, lifeLimit);
    const lifeOf = process => ({ from: clamp(process.begin / wall, 0, 1),
      to: process.end === null ? 1 : clamp(process.end / wall, 0, 1) });
    function drawLives(context, width) {
      const x = share => (share - view.from) / (view.to - view.from) * width;
      context.font = "11px system-ui, sans-serif";
      context.textBaseline = "middle";
      lives.forEach((process, index) => {
        const life = lifeOf(process), top = 2 + index * lifeHeight;
        const left = Math.max(x(life.from), -4), right = Math.min(Math.max(x(life.to), left + 2), width + 4);
        if (right < 0 || left > width) return;
        context.globalAlpha = 0.3;
        context.fillStyle = process.failed ? colors.bad : colors.machine;
        context.fillRect(left, top, right - left, lifeHeight - 2);
        context.globalAlpha = 1;
        context.fillStyle = colors.ink;
        const from = Math.max(left, 0) + 5, text = process.shownPID + "  " + process.command;
        const inside = named(text, right - from - 4);
        if (inside) context.fillText(inside, from, top + lifeHeight / 2 - 0.5);
        else if (right + 60 < width) context.fillText(fitted(text, width - right - 10), right + 4, top + lifeHeight / 2 - 0.5);
      });
    }
    function axisStep(width) {
      const least = (view.to - view.from) * wall / Math.max(width / 90, 1);
      const power = Math.pow(10, Math.floor(Math.log10(least)));
      if (least > 30) { for (const step of [60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 43200, 86400]) {
        if (step >= least) return step;
      } }
      for (const step of [1, 2, 5, 10]) if (step * power >= least) return step * power;
      return 10 * power;
    }
    function drawAxis(context, width, height) {
      const step = axisStep(width), from = view.from * wall, to = view.to * wall;
      context.font = "11px system-ui, sans-serif";
      context.textBaseline = "top";
      context.strokeStyle = colors.line;
      context.fillStyle = colors.dim;
      for (let index = Math.ceil(from / step - 1e-9); index * step <= to; index++) {
        const at = (index * step - from) / (to - from) * width;
        context.beginPath();
        context.moveTo(Math.round(at) + 0.5, 0);
        context.lineTo(Math.round(at) + 0.5, height);
        context.stroke();
        context.fillText(asMoment(index * step, step), at + 4, 4);
      }
      const marks = data.marks.map(mark => ({ text: mark.text, at: (mark.at / wall - view.from) / (view.to - view.from) * width }))
        .filter(mark => mark.at > -100 && mark.at <= width);
      let last = -Infinity, until = -Infinity;
      context.fillStyle = colors.mark;
      marks.forEach(({ text, at }, index) => {
        if (at - last < 3) return;
        context.fillRect(Math.round(at), 18, 1, height - 18);
        if (at - last > 9) {
          context.beginPath();
          context.moveTo(at, 18);
          context.lineTo(at + 8, 22);
          context.lineTo(at, 26);
          context.fill();
        }
        last = at;
        const next = index + 1 < marks.length ? marks[index + 1].at : width;
        const shown = fitted(text, Math.min(150, next - at - 14));
        if (at > until && shown.length > 2) {
          label(context, shown, at + 11, 17, colors.mark);
          until = at + 16 + context.measureText(shown).width;
        }
      });
    }
    """#
}
