/// How the page looks. Text has a contrast of at least 4.5 to 1 in both themes.
enum PageStyle {
  static let text = colors + layout + timeline + tables

  private static let colors = #"""

    :root { color-scheme: light dark; --bg: #fff; --panel: #f5f6f8; --ink: #1b1f24; --dim: #57606a; --line: #d5dbe1;
      --faint: #e9edf1; --accent: #0b5cad; --bad: #b3261e; --warn: #8a4b00; --select: #0b5cad22; --memory: #7b3fb5;
      --cpu: #0b6bcb; --machine: #78818c; --read: #0f7b6c; --written: #b65400; --value: #a03273; --mark: #a33b00; }
    @media (prefers-color-scheme: dark) { :root { --dark: 1; --bg: #14171c; --panel: #1c2128; --ink: #e6e8eb;
      --dim: #9da7b3; --line: #363e48; --faint: #242a32; --accent: #74b6ff; --bad: #ff8f85; --warn: #f0b35a;
      --select: #74b6ff2e; --memory: #c493f5; --cpu: #5fb0ff; --machine: #87919d; --read: #4fc9b4;
      --written: #ffab5c; --value: #f08fc4; --mark: #ffb27a; } }
    :root[data-theme="light"] { color-scheme: light; --dark: 0; --bg: #fff; --panel: #f5f6f8; --ink: #1b1f24;
      --dim: #57606a; --line: #d5dbe1; --faint: #e9edf1; --accent: #0b5cad; --bad: #b3261e; --warn: #8a4b00;
      --select: #0b5cad22; --memory: #7b3fb5; --cpu: #0b6bcb; --machine: #78818c; --read: #0f7b6c;
      --written: #b65400; --value: #a03273; --mark: #a33b00; }
    :root[data-theme="dark"] { color-scheme: dark; --dark: 1; --bg: #14171c; --panel: #1c2128; --ink: #e6e8eb;
      --dim: #9da7b3; --line: #363e48; --faint: #242a32; --accent: #74b6ff; --bad: #ff8f85; --warn: #f0b35a;
      --select: #74b6ff2e; --memory: #c493f5; --cpu: #5fb0ff; --machine: #87919d; --read: #4fc9b4;
      --written: #ffab5c; --value: #f08fc4; --mark: #ffb27a; }
    """#

  private static let layout = #"""

    * { box-sizing: border-box; }
    body { margin: 0 auto; max-width: 1800px; padding: 0 20px 24px; background: var(--bg); color: var(--ink);
      font: 14px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
    [hidden] { display: none !important; }
    .unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); margin: 0; }
    header { display: flex; gap: 16px; align-items: flex-start; justify-content: space-between; padding: 18px 0 10px; }
    .heading { min-width: 0; }
    h1 { margin: 0; font-size: 19px; line-height: 1.3; font-weight: 650; overflow-wrap: anywhere; }
    #facts { margin: 2px 0 0; color: var(--dim); }
    h2 { margin: 0; font-size: 15px; font-weight: 650; }
    button, select, input { font: inherit; color: var(--ink); background: var(--bg); border: 1px solid var(--line);
      border-radius: 6px; padding: 3px 10px; min-height: 28px; }
    button { cursor: pointer; background: var(--panel); white-space: nowrap; }
    button:hover:not(:disabled) { border-color: var(--dim); }
    button:disabled { color: var(--dim); cursor: default; }
    :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
    #verdict { border-left: 4px solid var(--accent); background: var(--panel); border-radius: 0 8px 8px 0;
      padding: 10px 16px; margin: 0 0 16px; font-size: 15px; }
    #verdict.grave { border-color: var(--bad); }
    #verdict p { margin: 2px 0; max-width: 110ch; overflow-wrap: anywhere; }
    #verdict .strong { font-weight: 650; }
    #verdict.grave .strong { color: var(--bad); }
    #verdict details { margin-top: 6px; font-size: 14px; }
    #verdict summary { cursor: pointer; color: var(--dim); width: max-content; border-radius: 4px; }
    #verdict ul { margin: 6px 0 0; padding-left: 18px; }
    #verdict li { margin-bottom: 6px; }
    #verdict li.problem::marker { color: var(--bad); }
    #verdict li button { min-height: 0; padding: 0 8px; font-size: 12.5px; background: var(--bg); }
    section { margin-bottom: 26px; }
    kbd { font: 12px ui-monospace, monospace; border: 1px solid var(--line); border-radius: 4px; padding: 0 4px; }
    #keys { margin-top: 8px; color: var(--dim); }
    #keys summary { cursor: pointer; width: max-content; border-radius: 4px; }
    #keys dl, #footer { display: grid; grid-template-columns: max-content 1fr; gap: 2px 16px; margin: 6px 0 0; }
    dd { margin: 0; overflow-wrap: anywhere; }
    footer { border-top: 1px solid var(--line); padding-top: 10px; color: var(--dim); font-size: 13px; }
    #notes ul { margin: 4px 0 0; padding-left: 20px; color: var(--warn); }
    #tip { position: fixed; z-index: 9; max-width: 420px; padding: 6px 10px; background: var(--ink); color: var(--bg);
      border-radius: 6px; font-size: 12.5px; pointer-events: none; white-space: pre-line; overflow-wrap: anywhere; }
    noscript pre { overflow: auto; }
    @media (max-width: 640px) { body { padding: 0 10px 16px; } #keys dl, #footer { grid-template-columns: 1fr; }
      #footer dt { margin-top: 6px; } }
    """#

  private static let timeline = #"""

    #timeline { border-radius: 6px; }
    #tools { display: flex; flex-wrap: wrap; gap: 6px; align-items: center; padding: 6px 0; background: var(--bg);
      position: sticky; top: 0; z-index: 5; }
    #tools output { color: var(--dim); font-variant-numeric: tabular-nums; }
    #shown { margin-left: 8px; }
    #moment { margin-left: auto; }
    #rows { position: relative; border: 1px solid var(--line); border-radius: 8px; overflow: hidden; }
    .row { display: grid; grid-template-columns: var(--gutter, 210px) minmax(0, 1fr);
      border-top: 1px solid var(--line); }
    .row:first-of-type, #overlay + .row { border-top: 0; }
    .gutter { padding: 4px 10px; background: var(--panel); border-right: 1px solid var(--line); min-width: 0;
      font-size: 12.5px; overflow: hidden; }
    .gutter .name { font-weight: 600; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
    .gutter .name small { font-weight: 400; color: var(--dim); font-size: 12px; }
    .series { display: flex; gap: 6px; align-items: center; white-space: nowrap; color: var(--dim); line-height: 1.35; }
    .series i { width: 10px; height: 3px; border-radius: 2px; flex: none; }
    .series b { margin-left: auto; font-weight: 500; color: var(--ink); font-variant-numeric: tabular-nums; }
    .series span { overflow: hidden; text-overflow: ellipsis; }
    .color-memory { background: var(--memory); } .color-cpu { background: var(--cpu); }
    .color-machine { background: var(--machine); } .color-read { background: var(--read); }
    .color-written { background: var(--written); } .color-value { background: var(--value); }
    .names { display: flex; flex-wrap: wrap; gap: 2px 14px; padding: 4px 10px; color: var(--dim); font-size: 12px; min-width: 0; }
    .names span { max-width: 40ch; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
    .names i { display: inline-block; width: 10px; height: 10px; border-radius: 3px; margin-right: 5px; }
    .plot { position: relative; min-width: 0; touch-action: pan-y; }
    .plot canvas { display: block; width: 100%; cursor: crosshair; }
    .axis .plot canvas { cursor: col-resize; }
    #overlay { position: absolute; left: var(--gutter, 210px); right: 0; top: 0; bottom: 0; z-index: 2; overflow: hidden;
      pointer-events: none; }
    #cursor { position: absolute; top: 0; bottom: 0; left: 0; width: 1px; background: var(--ink); display: none; }
    #selection { position: absolute; top: 0; bottom: 0; left: 0; background: var(--select); display: none;
      border: solid var(--accent); border-width: 0 1px; }
    #selection.zoom { border-style: dashed; }
    @media (max-width: 640px) { :root { --gutter: 122px; } .gutter { padding: 4px 6px; font-size: 12px; }
      .series span { display: none; } }
    """#

  private static let tables = #"""

    .bar { display: flex; flex-wrap: wrap; gap: 4px 16px; align-items: baseline; margin-bottom: 6px; }
    .bar p { margin: 0; color: var(--dim); font-size: 13px; }
    #all { min-height: 0; vertical-align: middle; }
    .bar label { margin-left: auto; color: var(--dim); font-size: 13px; }
    #function { max-width: min(60vw, 480px); }
    .scroll { overflow: auto; max-height: 560px; border: 1px solid var(--line); border-radius: 8px; }
    table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: 13px; }
    th { position: sticky; top: 0; background: var(--panel); text-align: right; font-weight: 600; padding: 0; z-index: 1;
      box-shadow: inset 0 -1px var(--line); white-space: nowrap; }
    th.plain { padding: 4px 10px; }
    th button { width: 100%; border: 0; background: none; font-weight: 600; text-align: inherit; padding: 4px 10px;
      border-radius: 0; }
    th button:focus-visible { outline-offset: -2px; }
    th.text, td.text { text-align: left; }
    th button[data-by="total"] { padding-right: 74px; }
    #curves .scroll, #marks .scroll { max-width: 860px; }
    #marks td:first-child { width: 90px; }
    td { text-align: right; padding: 2px 10px; border-top: 1px solid var(--faint); white-space: nowrap; }
    tbody tr:first-child td { border-top: 0; }
    tbody tr:hover td { background: var(--panel); }
    td.name { max-width: 46vw; overflow: hidden; text-overflow: ellipsis; }
    td.name button { border: 0; background: none; padding: 0; min-height: 0; text-align: left; max-width: 100%;
      overflow: hidden; text-overflow: ellipsis; vertical-align: bottom; border-radius: 3px; }
    td.name button:hover { text-decoration: underline; }
    #stacks td.name button { color: var(--accent); }
    td.name small, .dim { color: var(--dim); }
    td.name i { display: inline-block; width: 10px; height: 10px; border-radius: 3px; margin-right: 7px; }
    tr.chosen td { background: var(--select) !important; }
    tr.away td { color: var(--dim); }
    td.failed, td.rise { color: var(--bad); }
    td.fall { color: var(--read); }
    td .share { display: inline-block; vertical-align: middle; width: 56px; height: 8px; margin-left: 8px;
      background: var(--faint); border-radius: 2px; overflow: hidden; }
    td .share i { display: block; height: 100%; background: var(--cpu); }
    td.code { text-align: left; white-space: pre; font: 12.5px/1.5 ui-monospace, "DejaVu Sans Mono", monospace; }
    tr.hot td.code { font-weight: 600; }
    .more { color: var(--dim); margin: 4px 0 0; }
    .more:empty { display: none; }
    """#
}
