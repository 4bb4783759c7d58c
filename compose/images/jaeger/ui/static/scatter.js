// Found traces as points: when they began and how long they took.

import { el, svg } from "./dom.js";
import { axisDuration, count, duration, moment, ticks } from "./format.js";

const HEIGHT = 190;
const EDGES = {left: 58, right: 16, top: 14, bottom: 26};
const STEPS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800];
const PIXELS_A_TICK = 110;

/** The plot of found traces; `point` is told the id of the one under the pointer, null of none. */
export function scatterPlot(found, point) {
  const figure = el("figure", {class: "card scatter"},
    el("figcaption", {class: "unseen", text: "Duration of each trace by its time; the list below has the same traces."}));
  const tip = el("div", {class: "tip card", hidden: true, "aria-hidden": "true"});
  let width = 0;
  new ResizeObserver(([{contentRect}]) => {
    if (Math.round(contentRect.width) === width) return;
    width = Math.round(contentRect.width);
    figure.querySelector("svg")?.remove();
    figure.append(picture(found, width, show));
  }).observe(figure);
  figure.append(tip);

  function show(one, x, y) {
    point(one?.id ?? null);
    tip.hidden = !one;
    if (!one) return;
    tip.replaceChildren(el("b", {text: `${one.service}: ${one.name}`}), el("span", {text: `${duration(one.duration)}, ${count(one.spans, "span")}`}),
      el("span", {class: "muted", text: moment(one.start)}));
    tip.style.left = `${Math.min(Math.max(x, 90), width - 90)}px`;
    tip.style.top = `${y}px`;
    tip.classList.toggle("below", y < HEIGHT / 2);
  }
  return figure;
}

function picture(found, width, show) {
  const scale = scaleOf(found, width);
  return svg("svg", {width, height: HEIGHT, viewBox: `0 0 ${width} ${HEIGHT}`, "aria-hidden": "true", class: "plot"},
    axes(scale, width),
    // The longest last, so that they lie on top.
    [...found].sort((a, b) => a.duration - b.duration).map(one => dot(one, scale, show)));
}

function scaleOf(found, width) {
  const begins = found.map(one => one.start);
  const least = Math.min(...begins);
  const span = Math.max(Math.max(...begins) - least, 1e6);
  const top = Math.max(...found.map(one => one.duration), 1);
  const inner = width - EDGES.left - EDGES.right;
  const high = HEIGHT - EDGES.top - EDGES.bottom;
  return {
    from: least - span * 0.03,
    to: least + span * 1.03,
    top: top * 1.06,
    x(us) { return EDGES.left + (inner * (us - this.from)) / (this.to - this.from); },
    y(us) { return EDGES.top + high * (1 - us / this.top); },
  };
}

function dot(one, scale, show) {
  const [x, y] = [scale.x(one.start), scale.y(one.duration)];
  const radius = Math.min(10, 4 + Math.sqrt(one.spans) / 4);
  const link = svg("a", {href: `/trace/${one.id}`, tabindex: -1},
    svg("circle", {cx: x, cy: y, r: radius, class: one.errors ? "dot error" : "dot"}));
  link.addEventListener("pointerenter", () => show(one, x, y));
  link.addEventListener("pointerleave", () => show(null));
  return link;
}

function axes(scale, width) {
  const marks = ticks(0, scale.top, 4);
  const rows = marks.map(us => [
    svg("line", {x1: EDGES.left, x2: width - EDGES.right, y1: scale.y(us), y2: scale.y(us)}),
    svg("text", {x: EDGES.left - 8, y: scale.y(us) + 4, "text-anchor": "end"}, axisDuration(us, marks[1] - marks[0])),
  ]);
  const columns = times(scale, width).map(us =>
    svg("text", {x: scale.x(us), y: HEIGHT - 6, "text-anchor": "middle"}, clock(us, scale.to - scale.from)));
  return [svg("g", {class: "axis"}, rows.flat(), columns)];
}

/** Round moments of this machine's time zone. */
function times(scale, width) {
  const most = Math.max(2, Math.floor((width - EDGES.left) / PIXELS_A_TICK));
  const step = 1e6 * (STEPS_S.find(one => (scale.to - scale.from) / (one * 1e6) <= most) ?? STEPS_S.at(-1));
  const offset = new Date(scale.from / 1000).getTimezoneOffset() * 60e6;
  const first = Math.ceil((scale.from - offset) / step) * step + offset;
  const found = [];
  for (let us = first; us <= scale.to; us += step) found.push(us);
  return found.filter(us => scale.x(us) < width - 24);
}

function clock(us, span) {
  const told = moment(us);
  if (span > 2 * 86_400e6) return told.slice(5, 16);
  return told.slice(11, span < 600e6 ? 19 : 16);
}
