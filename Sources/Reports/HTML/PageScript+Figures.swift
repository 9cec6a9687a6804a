extension PageScript {
  /// Numbers as text, as the other reports write them.
  static let figures = #"""
    const missing = "—";
    function digits(value) {
      const size = Math.abs(value);
      if (size === 0) return "0";
      if (size < 0.0009995) return "<0.001";
      return value.toFixed(size < 0.009995 ? 5 : size < 0.09995 ? 4 : size < 0.9995 ? 3 : size < 9.995 ? 2 : size < 99.95 ? 1 : 0);
    }
    const isKnown = value => value !== null && value !== undefined && !Number.isNaN(value);
    function asBytes(value) {
      if (!isKnown(value)) return missing;
      if (Math.abs(value) < 1024) return Math.round(value) + " B";
      const units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
      let unit = 0;
      value /= 1024;
      while (Math.abs(value) >= 999.5 && unit < units.length - 1) { value /= 1024; unit++; }
      return digits(value) + " " + units[unit];
    }
    const asGrowth = value => isKnown(value) ? (value > 0 ? "+" : "") + asBytes(value) : missing;
    function asTime(seconds) {
      if (!isKnown(seconds)) return missing;
      const size = Math.abs(seconds);
      if (size === 0) return "0 s";
      if (size < 999.5e-9) return digits(seconds * 1e9) + " ns";
      if (size < 999.5e-6) return digits(seconds * 1e6) + " µs";
      if (size < 999.5e-3) return digits(seconds * 1e3) + " ms";
      if (size < 999.5) return digits(seconds) + " s";
      const whole = Math.round(size), sign = seconds < 0 ? "-" : "", two = value => String(value).padStart(2, "0");
      if (whole < 3600) return `${sign}${Math.floor(whole / 60)}m ${two(whole % 60)}s`;
      if (whole < 86400) return `${sign}${Math.floor(whole / 3600)}h ${two(Math.floor(whole % 3600 / 60))}m`;
      return `${sign}${Math.floor(whole / 86400)}d ${two(Math.floor(whole % 86400 / 3600))}h`;
    }
    /// A moment, with as many digits as `step` seconds can be told apart by.
    function asMoment(seconds, step) {
      if (!(step > 0)) step = 1e-3;
      const places = Math.min(9, Math.max(0, -Math.floor(Math.log10(step) + 1e-9)));
      const sign = seconds < 0 ? "-" : "";
      const size = Math.abs(seconds);
      if (size < 600) return sign + size.toFixed(places) + " s";
      const hours = Math.floor(size / 3600), minutes = Math.floor(size % 3600 / 60);
      const rest = (size % 60).toFixed(places).padStart(places ? places + 3 : 2, "0");
      return sign + (hours ? hours + ":" + String(minutes).padStart(2, "0") : minutes) + ":" + rest;
    }
    const asShare = value => isKnown(value) ? digits(value * 100) + " %" : missing;
    const asCount = value => !isKnown(value) ? missing
      : value < 1e7 ? String(Math.round(value)) : value < 9.995e9 ? digits(value / 1e6) + " M" : digits(value / 1e9) + " G";
    function asNumber(value) {
      if (!isKnown(value)) return missing;
      // Curves are drawn from numbers of single precision.
      if (!Number.isFinite(value)) return value > 0 ? "> 3.4e+38" : "< -3.4e+38";
      const size = Math.abs(value);
      if (Number.isInteger(value) && size < 1e6) return String(value);
      if (size < 1e-4 || size >= 1e6) return value.toExponential(2);
      return size >= 1000 ? String(Math.round(value)) : String(+value.toPrecision(3));
    }
    const figure = {
      bytes: asBytes, rate: value => isKnown(value) ? asBytes(value) + "/s" : missing, share: asShare, number: asNumber,
      cpus: value => isKnown(value) ? digits(value) + (value === 1 ? " CPU" : " CPUs") : missing,
    };
    """#
}
