// The whole trace small, with the range of time that the waterfall shows: drag to choose another.

import { el } from "./dom.js";
import { duration } from "./format.js";
import { colourOf } from "./labels.js";

const HEIGHT_PX = 54;
const PATH_PX = 8;
// A press that moves less is a click.
const LEAST_DRAG = 0.004;
const STEP = 0.01;

/** The shortest range that can be shown, as a share of the trace. */
export const LEAST_RANGE = 0.0005;

/**
 * `{element, show(range)}`: `rows` are the spans from top to bottom; `choose(from, to)` is told a
 * new range in shares (0 to 1) of the trace. `signal` ends what it hears from the window.
 */
export function minimap(trace, facts, rows, choose, signal) {
  const canvas = el("canvas", {"aria-hidden": true});
  const before = el("div", {class: "wf-shade"});
  const after = el("div", {class: "wf-shade wf-after"});
  const handles = ["from", "to"].map(side => handle(side));
  const element = el("div", {class: "wf-minimap", title: "Drag to zoom to a range of time"}, canvas, before, after, handles);
  let shown = {from: 0, to: 1};

  function show(range) {
    shown = range;
    before.style.width = `${range.from * 100}%`;
    after.style.width = `${(1 - range.to) * 100}%`;
    for (const [handle, side] of [[handles[0], "from"], [handles[1], "to"]]) {
      handle.style.left = `${range[side] * 100}%`;
      handle.setAttribute("aria-valuenow", Math.round(range[side] * 100));
      handle.setAttribute("aria-valuetext", duration(range[side] * (trace.end - trace.start)));
    }
  }

  function handle(side) {
    const slider = el("div", {
      class: `wf-handle wf-${side}`, role: "slider", tabindex: 0,
      "aria-label": side === "from" ? "Start of the shown range" : "End of the shown range",
      "aria-valuemin": 0, "aria-valuemax": 100,
    });
    slider.addEventListener("keydown", event => {
      const step = {ArrowLeft: -STEP, ArrowDown: -STEP, ArrowRight: STEP, ArrowUp: STEP}[event.key];
      if (!step) return;
      event.preventDefault();
      moveSide(side, shown[side] + step * (event.shiftKey ? 10 : 1));
    });
    return slider;
  }

  function moveSide(side, to) {
    if (side === "from") choose(Math.min(to, shown.to - LEAST_RANGE), shown.to);
    else choose(shown.from, Math.max(to, shown.from + LEAST_RANGE));
  }

  dragging(element, handles, moveSide, choose);
  const repaint = () => paint(canvas, trace, facts, rows);
  const resized = new ResizeObserver(repaint);
  resized.observe(element);
  signal.addEventListener("abort", () => resized.disconnect());
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint, {signal});
  return {element, show};
}

function dragging(element, handles, moveSide, choose) {
  let held = null;
  const share = event => {
    const box = element.getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
  };
  element.addEventListener("pointerdown", event => {
    if (event.button !== 0) return;
    const side = ["from", "to"][handles.indexOf(event.target)] ?? null;
    held = {side, at: share(event)};
    element.setPointerCapture(event.pointerId);
    if (!side) event.preventDefault();
  });
  element.addEventListener("pointermove", event => {
    if (!held) return;
    const now = share(event);
    if (held.side) moveSide(held.side, now);
    else if (Math.abs(now - held.at) >= LEAST_DRAG) choose(Math.min(held.at, now), Math.max(held.at, now));
  });
  for (const ending of ["pointerup", "pointercancel"]) element.addEventListener(ending, () => { held = null; });
}

/** Each span a line in its service's colour; at the bottom, who was waited for when. */
function paint(canvas, trace, facts, rows) {
  const {width} = canvas.parentElement.getBoundingClientRect();
  const dots = window.devicePixelRatio || 1;
  canvas.width = Math.max(1, Math.round(width * dots));
  canvas.height = HEIGHT_PX * dots;
  const ink = canvas.getContext("2d");
  ink.scale(dots, dots);
  const colour = colourReader(canvas, facts.colours);
  const x = us => ((us - trace.start) / Math.max(1, trace.end - trace.start)) * width;
  const high = HEIGHT_PX - PATH_PX - 8;
  const thick = Math.max(1, Math.min(4, high / rows.length - 1));
  rows.forEach(({span}, index) => {
    ink.fillStyle = colour(span.service);
    ink.fillRect(x(span.start), 4 + (index * high) / rows.length, Math.max(1, x(span.end) - x(span.start)), thick);
  });
  for (const {span, start, end} of facts.path) {
    ink.fillStyle = colour(span.service);
    ink.fillRect(x(start), HEIGHT_PX - PATH_PX, x(end) - x(start), PATH_PX);
  }
}

/** Canvas needs a colour's value, not its variable. */
function colourReader(near, colours) {
  const probe = el("span", {hidden: true});
  near.after(probe);
  const values = new Map([...colours.keys()].map(service => {
    probe.style.color = colourOf(colours, service);
    return [service, getComputedStyle(probe).color];
  }));
  probe.remove();
  return service => values.get(service);
}
