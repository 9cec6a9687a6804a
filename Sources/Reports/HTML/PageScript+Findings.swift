extension PageScript {
  /// The findings below the verdict, and the way from each to its place in the timeline.
  static let findings = #"""
    function fillFindings() {
      const list = byId("verdict").querySelector("details"), count = data.findings.length;
      list.hidden = !count;
      put(list.querySelector("summary"), count === 1 ? "1 finding with its figures" : `${count} findings with their figures`);
      for (const finding of data.findings) {
        const entry = make("li", finding.severity);
        entry.append(make("b", "", finding.title + (finding.place ? ": " + finding.place : "")));
        if (isKnown(finding.span) || isKnown(finding.at)) {
          const button = make("button", "", "Show");
          button.type = "button";
          button.setAttribute("aria-label", "Show " + finding.title + " in the timeline");
          button.addEventListener("click", () => showFinding(finding));
          entry.append(" ", button);
        }
        if (!data.verdict.includes(finding.sentence)) entry.append(make("p", "", finding.sentence));
        entry.append(make("p", "dim", [...finding.figures, finding.confidence].join(" · ")));
        list.querySelector("ul").append(entry);
      }
    }
    function showFinding(finding) {
      if (isKnown(finding.span) && finding.span < data.spans.length) chosen = finding.span;
      if (isKnown(finding.at)) cursor = clamp(finding.at / wall, 0, 1);
      byId("timeline").focus({ preventScroll: true });
      byId("rows").scrollIntoView({ block: "nearest" });
      changed();
    }
    """#
}
