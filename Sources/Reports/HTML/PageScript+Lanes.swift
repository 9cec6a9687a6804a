extension PageScript {
  /// The curves: decoding, drawing, and their values at a moment or over a range.
  static let lanes = #"""
    for (const lane of data.lanes) {
      for (const series of lane.series) {
        series.levels = series.levels.map(level => {
          const means = numbers(level.means, Float32Array);
          return { ends: numbers(level.ends, Uint16Array), means, least: numbers(level.least, Float32Array) || means,
            greatest: numbers(level.greatest, Float32Array) || means };
        });
        series.fine = series.levels[series.levels.length - 1];
      }
    }
    /// The first step that ends after a share of the whole.
    function stepAt(ends, place) {
      let low = 0, high = ends.length;
      while (low < high) { const middle = (low + high) >> 1; if (ends[middle] > place) high = middle; else low = middle + 1; }
      return low;
    }
    function levelFor(series, width) {
      for (const level of series.levels) {
        if (level.ends.length * (view.to - view.from) >= width * 1.5) return level;
      }
      return series.fine;
    }
    function valueAt(series, share) {
      const step = stepAt(series.fine.ends, share * series.buckets);
      return step < series.fine.means.length ? series.fine.means[step] : NaN;
    }
    /// Least, mean by time, and greatest from one share of the whole to another.
    function figuresOver(series, from, to) {
      const { ends, means, least, greatest } = series.fine;
      const first = from * series.buckets, last = to * series.buckets;
      let low = Infinity, high = -Infinity, sum = 0, weight = 0;
      for (let step = stepAt(ends, first); step < ends.length; step++) {
        const begin = Math.max(step ? ends[step - 1] : 0, first), end = Math.min(ends[step], last);
        if (begin >= last) break;
        if (Number.isNaN(means[step])) continue;
        low = Math.min(low, least[step]);
        high = Math.max(high, greatest[step]);
        sum += means[step] * (end - begin);
        weight += end - begin;
      }
      return weight > 0 ? { low, high, mean: sum / weight } : { low: NaN, high: NaN, mean: NaN };
    }
    /// A round number at or above a value.
    function round(value, unit) {
      if (!(value > 0)) return 1;
      const base = unit === "bytes" || unit === "rate" ? 1024 : 10;
      let scale = 1;
      if (base === 1024) { while (value / scale >= 1024) scale *= 1024; }
      const rest = value / scale, power = Math.pow(10, Math.floor(Math.log10(rest)));
      for (const step of [1, 1.5, 2, 3, 4, 5, 6, 8, 10]) {
        const top = step * power;
        if (rest <= top * 1.0001) return (base === 1024 && top >= 1000 ? 1024 : top) * scale;
      }
      return 10 * power * scale;
    }
    function scaleOf(lane) {
      let low = Infinity, high = -Infinity;
      for (const series of lane.series) {
        const seen = figuresOver(series, view.from, view.to);
        if (seen.high >= seen.low) { low = Math.min(low, seen.low); high = Math.max(high, seen.high); }
      }
      if (!(high >= low)) return { low: 0, high: 1 };
      if (lane.unit === "number") {
        if (low === high) return low > 0 ? { low: 0, high: low * 2 } : low < 0 ? { low: low * 2, high: 0 } : { low: -1, high: 1 };
        const edge = (high - low) * 0.08;
        return { low: low >= 0 && low < high * 0.4 ? 0 : low - edge, high: high + edge };
      }
      if (lane.unit === "share") return { low: 0, high: Math.min(1, round(Math.max(high, 0.001), "share")) };
      if (lane.limit && high > lane.limit * 0.35) high = Math.max(high, lane.limit * 1.04);
      else high = round(high * 1.02, lane.unit);
      return { low: 0, high: high > 0 ? high : 1 };
    }
    function drawLane(lane, context, width, height) {
      const scale = scaleOf(lane), write = figure[lane.unit], top = 5, bottom = height - 4;
      const y = value => bottom - (clamp(value, scale.low, scale.high) - scale.low) / (scale.high - scale.low) * (bottom - top);
      context.strokeStyle = colors.faint;
      context.lineWidth = 1;
      for (const part of [0, 0.5, 1]) line(context, 0, Math.round(top + (bottom - top) * part) + 0.5, width);
      for (const series of lane.series) drawSeries(series, context, width, y, bottom, series === lane.series[0]);
      const isLimited = lane.limit && lane.limit <= scale.high, limitColor = lane.unit === "bytes" ? colors.bad : colors.dim;
      if (isLimited) {
        context.strokeStyle = limitColor;
        context.setLineDash([5, 4]);
        line(context, 0, Math.round(y(lane.limit)) + 0.5, width);
        context.setLineDash([]);
      }
      context.font = "11px system-ui, sans-serif";
      context.textBaseline = "top";
      if (!isLimited) label(context, write(scale.high), 4, top + 1, colors.dim);
      context.textBaseline = "bottom";
      if (scale.low !== 0) label(context, write(scale.low), 4, bottom, colors.dim);
      if (lane.limit) {
        const text = lane.limitName + write(lane.limit) + (isLimited ? "" : " ↑");
        context.textAlign = "right";
        context.textBaseline = "top";
        label(context, text, width - 6, isLimited ? y(lane.limit) + 2 : top + 1, isLimited ? limitColor : colors.dim);
        context.textAlign = "left";
      }
    }
    function line(context, x, y, to) {
      context.beginPath();
      context.moveTo(x, y);
      context.lineTo(to, y);
      context.stroke();
    }
    /// Text that a curve behind it leaves readable.
    function label(context, text, x, y, color) {
      context.lineWidth = 3;
      context.strokeStyle = colors.bg;
      context.lineJoin = "round";
      context.strokeText(text, x, y);
      context.fillStyle = color;
      context.fillText(text, x, y);
      context.lineWidth = 1;
    }
    function drawSeries(series, context, width, y, bottom, isFirst) {
      const { ends, means, least, greatest } = levelFor(series, width);
      const x = end => (end / series.buckets - view.from) / (view.to - view.from) * width;
      const color = colors[series.color];
      const area = new Path2D(), curve = new Path2D();
      /// What falls on one column of pixels is drawn once, by its mean; its least and greatest are drawn over it.
      let column = null, end = 0, isOpen = false;
      const finish = () => {
        if (!column) return;
        const at = y(column.sum / column.weight);
        if (isOpen) curve.lineTo(column.begin, at);
        else { curve.moveTo(column.begin, at); area.moveTo(column.begin, bottom); }
        curve.lineTo(column.end, at);
        area.lineTo(column.begin, at);
        area.lineTo(column.end, at);
        isOpen = true;
        if (column.greatest > column.least) {
          const high = y(column.greatest);
          context.fillRect(column.begin, high, Math.max(column.end - column.begin, 0.7), Math.max(y(column.least) - high, 0.7));
        }
        column = null;
      };
      const close = () => {
        finish();
        if (isOpen) area.lineTo(end, bottom);
        isOpen = false;
      };
      context.fillStyle = color;
      context.globalAlpha = 0.4;
      for (let step = stepAt(ends, view.from * series.buckets); step < ends.length; step++) {
        const begin = Math.max(step ? x(ends[step - 1]) : x(0), -10);
        if (begin > width) break;
        if (Number.isNaN(means[step])) { close(); continue; }
        end = Math.min(x(ends[step]), width + 10);
        if (column && end - column.begin > 1) finish();
        if (!column) column = { begin, end, sum: 0, weight: 0, least: least[step], greatest: greatest[step] };
        column.end = end;
        column.sum += means[step] * (end - begin || 1e-9);
        column.weight += end - begin || 1e-9;
        column.least = Math.min(column.least, least[step]);
        column.greatest = Math.max(column.greatest, greatest[step]);
      }
      close();
      context.fillStyle = color;
      context.globalAlpha = isFirst ? 0.16 : 0.05;
      context.fill(area);
      context.globalAlpha = 1;
      context.strokeStyle = color;
      context.lineWidth = 1.3;
      context.stroke(curve);
      context.lineWidth = 1;
    }
    """#
}
