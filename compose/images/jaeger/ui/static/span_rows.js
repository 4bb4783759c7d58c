// The rows of a waterfall. Only those within sight are in the page where there are many, so a
// trace of thousands stays quick; the focus stays on the grid, which names the active row.

import { el } from "./dom.js";
import { axisDuration, duration, ticks } from "./format.js";
import { colourOf, label } from "./labels.js";
import { rowsOf, withBelow } from "./rows.js";
import { stretches } from "./stretches.js";

// As in waterfall.css.
const ROW_PX = 30;
const LEAST_BAR_PX = 2;
const NARROW_ROW_PX = 46;
const NARROW = "(max-width: 699px)";
const ALL_SHOWN = 200;
const SPARE_ROWS = 12;
const PAGE_ROWS = 15;
const PIXELS_A_TICK = 90;
const MOST_INDENTED = 14;
const MOST_STRETCHES = 150;

/** Draws a waterfall's rows and turns clicks and keys into its calls. */
export class SpanRows {
  constructor(waterfall) {
    this.waterfall = waterfall;
    this.narrow = matchMedia(NARROW);
    this.axis = el("div", {class: "wf-axis wf-lane", role: "columnheader", "aria-label": "Timeline"});
    this.lines = el("div", {class: "wf-lane"});
    this.grid = el("div", {class: "wf-row wf-lines", role: "presentation"}, el("i"), el("i"), el("i"), this.lines);
    this.body = el("div", {class: "wf-rows", role: "rowgroup"}, this.grid);
    this.drawn = new Map();
    this.isStale = false;
    this.pending = null;
    this.lanePx = 600;
    this.element = el("div", {class: "wf-grid", role: "treegrid", tabindex: 0, "aria-label": "Spans", "aria-describedby": "wf-keys"},
      el("div", {class: "wf-row wf-head", role: "row"},
        el("div", {role: "columnheader", class: "wf-name", text: "Span"}),
        el("div", {role: "columnheader", class: "wf-number", text: "Duration"}),
        el("div", {role: "columnheader", class: "wf-number wf-own", text: "Self", title: "The span's own time, without its children's"}),
        this.axis),
      this.body);
    this.listen();
  }

  listen() {
    const {signal} = this.waterfall.ending;
    addEventListener("scroll", () => this.soon(), {passive: true, signal});
    addEventListener("beforeprint", () => {
      if (this.isStale) this.update();
      this.draw(true);
    }, {signal});
    addEventListener("afterprint", () => this.soon(), {signal});
    const resized = new ResizeObserver(() => this.update());
    resized.observe(this.element);
    signal.addEventListener("abort", () => resized.disconnect());
    this.element.addEventListener("keydown", event => this.key(event));
    this.body.addEventListener("click", event => this.click(event));
    this.body.addEventListener("dblclick", event => {
      const span = this.spanOf(event.target);
      if (span) this.waterfall.zoomTo(span);
    });
  }

  get rowPx() {
    return this.narrow.matches ? NARROW_ROW_PX : ROW_PX;
  }

  focus() {
    this.element.focus({preventScroll: true});
  }

  /** Draw with the next frame, or draw anew: a pointer tells of more moves than a screen shows. */
  soon(isAnew = false) {
    this.isStale ||= isAnew;
    this.pending ??= requestAnimationFrame(() => {
      this.pending = null;
      if (this.isStale) this.update();
      else this.draw();
    });
  }

  /** Draw anew after a change of what there is to show. */
  update() {
    this.isStale = false;
    this.list = rowsOf(this.waterfall.trace, this.waterfall.collapsed);
    this.element.setAttribute("aria-rowcount", this.list.length + 1);
    this.body.style.height = `${this.list.length * this.rowPx}px`;
    this.drawAxis();
    this.drawn.clear();
    this.body.replaceChildren(this.grid);
    this.draw();
  }

  /** Put the rows within sight into the page. Those that stay are left alone: a click may be under way. */
  draw(isWhole = false) {
    if (!this.element.isConnected) return;
    const [first, last] = isWhole ? [0, this.list.length] : this.inSight();
    const wanted = new Set(this.list.slice(first, last).map(row => row.span.id));
    for (const [id, element] of this.drawn) {
      if (wanted.has(id)) continue;
      element.remove();
      this.drawn.delete(id);
    }
    let before = this.grid;
    for (let index = first; index < last; index++) {
      const {id} = this.list[index].span;
      if (!this.drawn.has(id)) {
        this.drawn.set(id, this.row(this.list[index], index));
        before.after(this.drawn.get(id));
      }
      before = this.drawn.get(id);
    }
    this.nameActive();
  }

  /** Tell assistive technology which row the focus is on, if it is there. */
  nameActive() {
    const {chosen} = this.waterfall;
    if (chosen && this.drawn.has(chosen.id)) this.element.setAttribute("aria-activedescendant", `wf-${chosen.id}`);
    else this.element.removeAttribute("aria-activedescendant");
  }

  inSight() {
    if (this.list.length <= ALL_SHOWN) return [0, this.list.length];
    const top = -this.body.getBoundingClientRect().top;
    const first = Math.floor(top / this.rowPx) - SPARE_ROWS;
    const last = Math.ceil((top + innerHeight) / this.rowPx) + SPARE_ROWS;
    return [Math.max(0, first), Math.max(0, Math.min(this.list.length, last))];
  }

  /** Scroll so that a span's row can be seen. */
  reveal(span) {
    const index = this.list.findIndex(row => row.span === span);
    if (!this.element.isConnected || index < 0) return;
    const top = this.body.getBoundingClientRect().top + index * this.rowPx;
    const under = this.element.querySelector(".wf-head").getBoundingClientRect().bottom;
    const bottom = this.waterfall.panelTop() - this.rowPx * 2;
    if (top < under) scrollBy(0, top - under - this.rowPx);
    else if (top > bottom) scrollBy(0, top - bottom + this.rowPx);
    this.draw();
  }

  row({span, at, of}, index) {
    const {facts, chosen, matches, collapsed} = this.waterfall;
    const isOpen = !collapsed.has(span.id);
    const hasChildren = span.children.length > 0;
    const told = label(span);
    const classes = ["wf-row", span === chosen && "chosen", matches.has(span.id) && "found", span.isError && "failed"];
    const row = el("div", {
      class: classes.filter(Boolean).join(" "), id: `wf-${span.id}`, "data-span": span.id, role: "row",
      "aria-level": span.depth + 1, "aria-posinset": at, "aria-setsize": of, "aria-rowindex": index + 2,
      "aria-selected": span === chosen ? "true" : "false", "aria-expanded": hasChildren ? String(isOpen) : null,
      style: {top: `${index * this.rowPx}px`, "--colour": colourOf(facts.colours, span.service), "--depth": Math.min(span.depth, MOST_INDENTED)},
    },
      el("div", {class: "wf-name", role: "gridcell", title: `${span.service}: ${told}`},
        el("span", {class: "wf-twist", "aria-hidden": "true", text: hasChildren ? (isOpen ? "▾" : "▸") : ""}),
        span.isError ? el("span", {class: "error-text", role: "img", "aria-label": "error", text: "⚠"}) : null,
        el("span", {class: "wf-title", text: told}),
        hasChildren && !isOpen ? el("span", {class: "badge", text: `+${withBelow(span).length - 1}`}) : null,
        el("span", {class: "wf-service", text: span.service})),
      el("div", {class: "wf-number", role: "gridcell", text: duration(span.duration)}),
      el("div", {class: "wf-number wf-own", role: "gridcell", text: duration(facts.own.get(span.id))}),
      el("div", {class: "wf-lane", role: "gridcell"}, this.bar(span)));
    return row;
  }

  bar(span) {
    const [left, right] = [this.share(span.start), this.share(span.end)];
    if (right < 0 || left > 1) return el("i", {class: right < 0 ? "wf-outside" : "wf-outside wf-later", text: right < 0 ? "◂" : "▸"});
    const place = (from, to) => ({left: `${Math.max(0, from) * 100}%`, width: `${(Math.min(1, to) - Math.max(0, from)) * 100}%`});
    return [
      el("i", {class: span.isError ? "wf-bar failed" : "wf-bar", style: place(left, right)}),
      ...this.solid(span, left, right).map(([from, to]) => el("i", {class: "wf-critical", style: place(from, to)})),
    ];
  }

  /** What of a bar is solid. One drawn longer than it is, to be seen at all, is so in proportion. */
  solid(span, left, right) {
    const segments = this.waterfall.segmentsOf(span).map(({start, end}) => [this.share(start), this.share(end)]);
    const least = LEAST_BAR_PX / this.lanePx;
    if (right - left >= least) return stretches(segments, Math.min(MOST_STRETCHES, Math.ceil(this.lanePx)));
    const share = segments.reduce((sum, [from, to]) => sum + to - from, 0) / (right - left);
    return share > 0 ? [[left, left + Math.min(1, share) * least]] : [];
  }

  /** Where a moment lies in the shown range: 0 its start, 1 its end. */
  share(us) {
    const {trace, range} = this.waterfall;
    const whole = trace.end - trace.start || 1;
    return ((us - trace.start) / whole - range.from) / (range.to - range.from);
  }

  drawAxis() {
    const {trace, range} = this.waterfall;
    const whole = trace.end - trace.start || 1;
    this.lanePx = this.axis.getBoundingClientRect().width || this.lanePx;
    const marks = ticks(range.from * whole, range.to * whole, Math.max(2, this.lanePx / PIXELS_A_TICK));
    const step = marks.length > 1 ? marks[1] - marks[0] : 1;
    const at = us => ({left: `${this.share(trace.start + us) * 100}%`});
    const labels = marks.filter(us => this.share(trace.start + us) < 0.97);
    this.axis.replaceChildren(...labels.map(us => el("span", {class: "number", style: at(us), text: axisDuration(us, step)})));
    this.lines.replaceChildren(...marks.map(us => el("i", {style: at(us)})));
  }

  spanOf(target) {
    const row = target.closest("[data-span]");
    return row ? this.waterfall.trace.byId.get(row.dataset.span) : null;
  }

  click(event) {
    const span = this.spanOf(event.target);
    if (!span) return;
    this.focus();
    if (event.target.closest(".wf-twist") && span.children.length) this.waterfall.toggle(span);
    else this.waterfall.choose(span, {isShown: true});
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target !== this.element) return;
    const act = this.actions(event)[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  actions({shiftKey}) {
    const {waterfall} = this;
    const {chosen} = waterfall;
    const to = index => waterfall.choose(this.list[Math.min(this.list.length - 1, Math.max(0, index))].span);
    const now = this.list.findIndex(row => row.span === chosen);
    return {
      ArrowDown: () => to(now + 1),
      ArrowUp: () => to(now < 0 ? 0 : now - 1),
      PageDown: () => to(now + PAGE_ROWS),
      PageUp: () => to(now - PAGE_ROWS),
      Home: () => to(0),
      End: () => to(this.list.length - 1),
      ArrowRight: () => (shiftKey ? waterfall.pan(0.2) : this.inwards(chosen)),
      ArrowLeft: () => (shiftKey ? waterfall.pan(-0.2) : this.outwards(chosen)),
      Enter: () => chosen && waterfall.choose(chosen, {isShown: true, hasFocus: true}),
      " ": () => chosen && waterfall.choose(chosen, {isShown: true}),
      Escape: () => waterfall.close(),
      z: () => chosen && waterfall.zoomTo(chosen),
      "+": () => waterfall.zoomBy(0.5),
      "-": () => waterfall.zoomBy(2),
      0: () => waterfall.zoom(0, 1),
      "/": () => waterfall.tools.focus(),
    };
  }

  inwards(span) {
    if (!span?.children.length) return;
    if (this.waterfall.collapsed.has(span.id)) this.waterfall.toggle(span, false);
    else this.waterfall.choose(span.children[0]);
  }

  outwards(span) {
    if (!span) return;
    const parent = this.waterfall.trace.byId.get(span.parentId);
    if (span.children.length && !this.waterfall.collapsed.has(span.id)) this.waterfall.toggle(span, true);
    else if (parent) this.waterfall.choose(parent);
  }
}
