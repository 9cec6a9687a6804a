extension PageScript {
  /// Which functions were on the CPU, and the source of a function with what each of its lines used.
  static let source = #"""
    function buildStacks() {
      head("stacks", [["function", true], ["self"], ["share"], ["total"], ["in", true]]);
      const most = Math.max(1e-12, ...data.stacks.functions.map(each => each.share));
      fillBody("stacks", data.stacks.functions, each => {
        const row = make("tr"), name = make("td", "name text"), share = make("td", "", asShare(each.share));
        if (isKnown(each.source)) {
          const button = make("button", "", each.name);
          button.type = "button";
          button.setAttribute("aria-controls", "source");
          button.addEventListener("click", () => showSource(each.source));
          name.append(button);
        } else name.textContent = each.name;
        name.title = each.name + (each.file ? "\n" + each.file : "");
        share.append(make("small", "dim", " ± " + asShare(each.uncertainty)), bar(each.share / most));
        row.append(name, make("td", "", asTime(each.self)), share, make("td", "", asTime(each.total)),
          make("td", "text dim", each.image));
        return row;
      });
      const others = data.stacks.hidden ? `and ${data.stacks.hidden} more functions, ${asTime(data.stacks.hiddenSelf)}; ` : "";
      byId("stacks").querySelector(".more").textContent = others + data.stacks.legend;
    }
    function buildSource() {
      const list = byId("function"), isMixed = data.functions.some(each => each.sampled) && !data.functions.every(each => each.sampled);
      let group = list, isSampled = null;
      data.functions.forEach((each, index) => {
        if (isMixed && each.sampled !== isSampled) {
          isSampled = each.sampled;
          group = make("optgroup");
          group.label = isSampled ? "by samples of call stacks" : "by counting lines";
          list.append(group);
        }
        const place = each.file ? each.file.split("/").pop() : "";
        const option = make("option", "", `${each.name || "?"}  ${place}  ${asTime(each.self)}`);
        option.value = index;
        group.append(option);
      });
      list.addEventListener("change", fillSource);
    }
    function showSource(index) {
      byId("function").value = index;
      fillSource();
      byId("source").querySelector(".scroll").scrollTop = 0;
      byId("source").scrollIntoView({ block: "nearest" });
    }
    const countedColumns = [["~cpu", line => asTime(line.cpu)], ["~Δrss", line => asGrowth(line.growth)],
      ["~io", line => asBytes(line.io)]];
    const sampledColumns = [["total", line => asTime(line.total)]];
    function fillSource() {
      if (!data.functions.length) return;
      const chosen = data.functions[byId("function").value || 0], columns = chosen.sampled ? sampledColumns : countedColumns;
      head("source", [["line"], [chosen.sampled ? "samples" : "hits"], ["self"], ["", true], ["%"], ...columns.map(([name]) => [name]),
        ["source", true]]);
      byId("source").classList.toggle("sampled", chosen.sampled);
      const most = Math.max(1e-12, ...chosen.lines.map(line => line.self || 0)), lines = [];
      for (const line of chosen.lines) {
        // Between the stretches whose text was recorded.
        if (lines.length && line.line !== lines[lines.length - 1].line + 1) lines.push({ line: "⋮" });
        lines.push(line);
      }
      fillBody("source", lines, line => {
        const isRun = line.hits !== undefined, share = isRun && chosen.self > 0 ? line.self / chosen.self : 0;
        const row = make("tr", share >= 0.2 ? "hot" : ""), cell = make("td", "text");
        const write = figure => make("td", "", isRun ? figure(line) : "");
        if (isRun) cell.append(bar(line.self / most));
        row.append(make("td", "dim", String(line.line)), write(line => asCount(line.hits)), write(line => asTime(line.self)), cell,
          write(() => asShare(share)), ...columns.map(([, figure]) => write(figure)),
          make("td", "code" + (isRun ? "" : " dim"), line.text ?? ""));
        return row;
      });
    }
    """#
}
