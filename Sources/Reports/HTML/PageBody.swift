/// The page without its data; the script fills it.
enum PageBody {
  static let text = timeline + "\n" + tables
  static let comparison = timeline + "\n" + changes

  private static let timeline = #"""
    <header id="head">
    <div class="heading"><h1 id="title"></h1><p id="facts"></p></div>
    <button type="button" id="theme" aria-label="Theme: as the system has it">Theme: auto</button>
    </header>
    <section id="verdict" aria-label="Verdict"><details hidden><summary></summary><ul></ul></details></section>
    <main>
    <section id="timeline" aria-label="Timeline" tabindex="0" aria-describedby="keys-short">
    <div id="tools" role="toolbar" aria-label="Timeline">
    <button type="button" id="zoom-out" aria-label="Zoom out">−</button>
    <button type="button" id="zoom-in" aria-label="Zoom in">+</button>
    <button type="button" id="zoom-range" disabled>Zoom to selection</button>
    <button type="button" id="reset" disabled>Reset</button>
    <output id="shown" aria-live="polite"></output>
    <output id="moment"></output>
    </div>
    <p id="keys-short" class="unseen">Arrows pan, plus and minus zoom, comma and full stop move the cursor,
    Shift and an arrow select, Enter zooms to the selection, Escape resets.</p>
    <div id="rows"><div id="overlay" aria-hidden="true"><div id="selection"></div><div id="cursor"></div></div></div>
    <details id="keys"><summary>Mouse and keys</summary><dl>
    <dt>Wheel, <kbd>+</kbd> <kbd>−</kbd></dt><dd>zoom where the cursor is</dd>
    <dt>Drag</dt><dd>select a range: the tables follow it</dd>
    <dt>Drag on the time axis</dt><dd>zoom to what was drawn over</dd>
    <dt>Click on a span</dt><dd>select its time; double click zooms to it</dd>
    <dt>Shift and drag, <kbd>←</kbd> <kbd>→</kbd></dt><dd>pan</dd>
    <dt><kbd>,</kbd> <kbd>.</kbd></dt><dd>move the cursor</dd>
    <dt><kbd>Shift</kbd> and <kbd>←</kbd> <kbd>→</kbd></dt><dd>select from the cursor</dd>
    <dt><kbd>Enter</kbd></dt><dd>zoom to the selection</dd>
    <dt><kbd>Esc</kbd>, <kbd>0</kbd></dt><dd>drop the selection, then show the whole recording</dd>
    <dt><kbd>/</kbd></dt><dd>filter the spans</dd>
    </dl></details>
    </section>
    """#

  private static let tables = #"""
    <section id="spans" aria-labelledby="spans-title" hidden>
    <div class="bar"><h2 id="spans-title">Spans</h2><p class="scope"></p>
    <label>Filter <input type="search" id="filter" autocomplete="off" spellcheck="false"></label></div>
    <div class="scroll"><table><thead></thead><tbody></tbody></table></div>
    <p class="more"></p>
    </section>
    <section id="names" aria-labelledby="names-title" hidden>
    <div class="bar"><h2 id="names-title">By name</h2><p>whole recording; what calls itself counts once</p></div>
    <div class="scroll"><table><thead></thead><tbody></tbody></table></div>
    <p class="more"></p>
    </section>
    <section id="curves" aria-labelledby="curves-title" hidden>
    <div class="bar"><h2 id="curves-title">Curves</h2><p class="scope"></p></div>
    <div class="scroll"><table><thead></thead><tbody></tbody></table></div>
    </section>
    <section id="stacks" aria-labelledby="stacks-title" hidden>
    <div class="bar"><h2 id="stacks-title">On the CPU</h2><p>whole recording</p></div>
    <div class="scroll"><table><thead></thead><tbody></tbody></table></div>
    <p class="more"></p>
    </section>
    <section id="source" aria-labelledby="source-title" hidden>
    <div class="bar"><h2 id="source-title">Source</h2>
    <label>Function <select id="function"></select></label><p>whole recording</p></div>
    <div class="scroll"><table><thead></thead><tbody></tbody></table></div>
    <p class="more"></p>
    </section>
    <section id="processes" aria-labelledby="processes-title" hidden>
    <div class="bar"><h2 id="processes-title">Processes</h2><p class="scope"></p></div>
    <div class="scroll"><table><thead></thead><tbody></tbody></table></div>
    <p class="more"></p>
    </section>
    <section id="marks" aria-labelledby="marks-title" hidden>
    <div class="bar"><h2 id="marks-title">Marks</h2><p class="scope"></p></div>
    <div class="scroll"><table><thead></thead><tbody></tbody></table></div>
    <p class="more"></p>
    </section>
    <section id="notes" aria-labelledby="notes-title" hidden><h2 id="notes-title">Not in these figures</h2><ul></ul></section>
    </main>
    <footer><dl id="footer"></dl></footer>
    <div id="tip" role="tooltip" hidden></div>
    """#

  private static let changes = #"""
    <section id="totals" aria-labelledby="totals-title" hidden>
    <div class="bar"><h2 id="totals-title">In all</h2><p>whole recordings</p></div>
    <div class="scroll"><table><thead></thead><tbody></tbody></table></div>
    </section>
    <section id="changes" aria-labelledby="changes-title" hidden>
    <div class="bar"><h2 id="changes-title">Spans</h2><p>whole recordings, spans inside included</p>
    <label><input type="checkbox" id="all"> also what did not change</label>
    <label>Filter <input type="search" id="filter" autocomplete="off" spellcheck="false"></label></div>
    <div class="scroll"><table><thead></thead><tbody></tbody></table></div>
    <p class="more"></p>
    </section>
    <section id="curves" aria-labelledby="curves-title" hidden>
    <div class="bar"><h2 id="curves-title">Curves</h2><p class="scope"></p></div>
    <div class="scroll"><table><thead></thead><tbody></tbody></table></div>
    </section>
    <section id="notes" aria-labelledby="notes-title" hidden><h2 id="notes-title">Differences besides the code</h2><ul></ul></section>
    </main>
    <footer><dl id="footer"></dl></footer>
    <div id="tip" role="tooltip" hidden></div>
    """#
}
