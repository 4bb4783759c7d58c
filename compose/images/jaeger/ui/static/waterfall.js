// A trace as a waterfall: its spans as a tree, each a bar in time. The part of a bar that is solid
// is what the request waited for the span's own work; pale is what it spent in others or unwaited.

import { analyse } from "./analysis.js";
import { details } from "./details.js";
import { el } from "./dom.js";
import { LEAST_RANGE, minimap } from "./minimap.js";
import { above, matching, rowsOf, withBelow } from "./rows.js";
import { SpanRows } from "./span_rows.js";
import { tools } from "./tools.js";

// What rounding, also of the address, may take from the shortest range.
const ROUNDING = 2e-6;

/** The waterfall of one trace, at the end of an element of the page. */
export class Waterfall {
  /**
   * `options`: `find`, `span` (an id) and `range` ([from, to], shares of the trace) to begin with,
   * and `chosen` (an id) and `collapsed` (ids) if need be; `changed(view)` is told the same when
   * they change; `searchFor` as for details(), `path` as for analyse().
   */
  constructor(parent, trace, options = {}) {
    this.trace = trace;
    this.options = options;
    this.facts = analyse(trace, options.path);
    this.collapsed = new Set();
    this.range = {from: 0, to: 1};
    this.matches = new Set();
    this.chosen = null;
    this.ending = new AbortController();
    this.minimap = minimap(trace, this.facts, rowsOf(trace, new Set()), (from, to) => this.zoom(from, to), this.ending.signal);
    this.rows = new SpanRows(this);
    this.tools = tools(this);
    this.panel = el("aside", {class: "wf-panel card", "aria-label": "Chosen span", hidden: true});
    this.panel.addEventListener("keydown", event => event.key === "Escape" && this.close());
    this.element = el("section", {class: "waterfall", "aria-label": "Waterfall"}, this.tools.element,
      el("div", {class: "wf-body"}, el("div", {class: "wf-main card"}, this.minimap.element, this.rows.element), this.panel));
    parent.append(this.element);
    this.begin();
  }

  begin() {
    const {find, span, range, chosen, collapsed = []} = this.options;
    const {byId} = this.trace;
    if (range) this.zoom(...range);
    else this.minimap.show(this.range);
    if (find) this.tools.setText(find);
    this.collapsed = new Set(collapsed);
    this.chosen = byId.get(chosen) ?? null;
    this.rows.update();
    if (byId.has(span)) this.choose(byId.get(span), {isShown: true});
  }

  /** Leave the page, and the window's events alone from now on. */
  destroy() {
    this.ending.abort();
    this.element.remove();
  }

  /** Make a span the chosen one: its row is marked, and its details open if they shall or are. */
  choose(span, {isShown = false, hasFocus = false} = {}) {
    this.chosen = span;
    this.reopen(span);
    this.rows.update();
    if (isShown || !this.panel.hidden) this.open(hasFocus);
    this.rows.reveal(span);
    this.tell();
  }

  open(hasFocus) {
    const close = el("button", {type: "button", class: "quiet wf-close", text: "Close", "aria-label": "Close the details", on: {click: () => this.close()}});
    this.panel.replaceChildren(close, details(this.trace, this.facts, this.chosen, this.options.searchFor));
    this.panel.hidden = false;
    this.panel.scrollTop = 0;
    if (hasFocus) this.panel.querySelector("h2").focus();
  }

  /** Where the rows end on the screen: a small one has the details over its lower part. */
  panelTop() {
    const isOver = !this.panel.hidden && getComputedStyle(this.panel).position === "fixed";
    return isOver ? this.panel.getBoundingClientRect().top : innerHeight;
  }

  close() {
    this.panel.hidden = true;
    this.rows.focus();
    this.tell();
  }

  toggle(span, isCollapsed = !this.collapsed.has(span.id)) {
    if (isCollapsed && span.children.length) this.collapsed.add(span.id);
    else this.collapsed.delete(span.id);
    this.keepChoiceInSight();
    this.rows.update();
  }

  /** A choice that is collapsed away goes to what hides it: the keys go on from there. */
  keepChoiceInSight() {
    const hiding = this.chosen && above(this.trace, this.chosen).findLast(one => this.collapsed.has(one.id));
    if (!hiding) return;
    this.chosen = hiding;
    if (!this.panel.hidden) this.open(false);
    this.tell();
  }

  expandAll() {
    this.collapsed.clear();
    this.rows.update();
  }

  /** Leave only the longest root's children to be seen. */
  collapseAll() {
    this.collapsed = new Set(this.trace.spans.filter(span => span.children.length && span !== this.trace.root).map(span => span.id));
    this.keepChoiceInSight();
    this.rows.update();
  }

  /** Show a range of time, in shares of the trace. */
  zoom(from, to) {
    const [first, last] = [Math.max(0, from), Math.min(1, to)];
    if (!(last - first >= LEAST_RANGE - ROUNDING)) return;
    this.range = {from: first, to: last};
    this.minimap.show(this.range);
    this.rows.soon(true);
    this.tools.showRange(this.isZoomed);
    this.tell();
  }

  get isZoomed() {
    return this.range.from > 0 || this.range.to < 1;
  }

  /** Make the range `factor` as long around the chosen span's middle, or its own. */
  zoomBy(factor) {
    const {from, to} = this.range;
    const whole = this.trace.end - this.trace.start || 1;
    const wanted = this.chosen ? (this.chosen.start + this.chosen.duration / 2 - this.trace.start) / whole : (from + to) / 2;
    const middle = Math.min(to, Math.max(from, wanted));
    const length = Math.min(1, (to - from) * factor);
    const first = Math.min(1 - length, Math.max(0, middle - length / 2));
    this.zoom(first, first + length);
  }

  zoomTo(span) {
    const whole = this.trace.end - this.trace.start || 1;
    const room = Math.max(span.duration * 0.04, whole * LEAST_RANGE);
    this.zoom((span.start - room - this.trace.start) / whole, (span.end + room - this.trace.start) / whole);
  }

  pan(share) {
    const {from, to} = this.range;
    const by = Math.max(-from, Math.min(1 - to, share * (to - from)));
    this.zoom(from + by, to + by);
  }

  /** Mark the spans in which a text is found, and open what hides them. */
  find(text) {
    this.text = text.trim();
    this.matches = matching(this.trace, text);
    if (this.collapsed.size) {
      for (const id of this.matches) this.reopen(this.trace.byId.get(id));
    }
    this.rows.update();
    this.tell();
    return this.matches.size;
  }

  reopen(span) {
    for (const one of above(this.trace, span)) this.collapsed.delete(one.id);
  }

  /** Choose the next (or previous) match; its number, from 1. */
  step(by) {
    const order = rowsOf(this.trace, new Set()).map(row => row.span).filter(span => this.matches.has(span.id));
    if (!order.length) return 0;
    const now = order.indexOf(this.chosen);
    const next = now < 0 ? (by > 0 ? 0 : order.length - 1) : (now + by + order.length) % order.length;
    this.choose(order[next]);
    return next + 1;
  }

  /** The segments of the critical path that a row stands for: all below it if it is collapsed. */
  segmentsOf(span) {
    const spans = this.collapsed.has(span.id) ? withBelow(span) : [span];
    return spans.flatMap(one => this.facts.segments.get(one.id) ?? []);
  }

  /** What the reader has chosen: options to begin another waterfall with. */
  get view() {
    const shown = this.panel.hidden ? null : this.chosen.id;
    return {
      find: this.text ?? "",
      span: this.chosen ? shown : this.options.span ?? null,
      range: this.isZoomed ? [this.range.from, this.range.to] : null,
      chosen: this.chosen?.id ?? null,
      collapsed: [...this.collapsed],
    };
  }

  tell() {
    this.options.changed?.(this.view);
  }
}
