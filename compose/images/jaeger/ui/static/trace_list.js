// Found traces as a list: what each is, how long it took, and in which service.

import { criticalPath } from "./critical_path.js";
import { el } from "./dom.js";
import { ago, count, duration, moment } from "./format.js";
import { colourOf } from "./labels.js";
import { orphans, parseTrace } from "./model.js";

/** Orders to choose from, by name. */
export const ORDERS = {
  "Newest first": (a, b) => b.start - a.start,
  "Longest first": (a, b) => b.duration - a.duration,
  "Shortest first": (a, b) => a.duration - b.duration,
  "Most spans first": (a, b) => b.spans - a.spans,
};

/** What the list and the plot need of a trace in Jaeger's JSON. */
export function overview(told) {
  const trace = parseTrace(told);
  const {root} = trace;
  const inService = new Map();
  for (const {span, start, end} of criticalPath(trace)) {
    inService.set(span.service, (inService.get(span.service) ?? 0) + end - start);
  }
  return {
    id: trace.id,
    name: root.name,
    service: root.service,
    user: root.attributes.get("user_id"),
    start: root.start,
    duration: root.duration,
    spans: trace.spans.length,
    errors: trace.spans.filter(span => span.isError).length,
    isTorn: orphans(trace).length > 0,
    services: trace.services,
    inService,
  };
}

/** `{element, sort(order), highlight(id)}` for found traces. */
export function traceList(found, colours) {
  const longest = Math.max(...found.map(one => one.duration), 1);
  const items = new Map(found.map(one => [one.id, item(one, longest, colours)]));
  const list = el("ol", {class: "traces"});
  const sort = order => list.replaceChildren(...[...found].sort(ORDERS[order]).map(one => items.get(one.id)));
  sort("Newest first");
  const highlight = id => {
    for (const [one, element] of items) element.classList.toggle("pointed", one === id);
  };
  return {element: el("div", {}, list, comparing(list)), sort, highlight};
}

function item(one, longest, colours) {
  const number = one.id.slice(0, 7);
  return el("li", {class: "card trace-item"},
    el("input", {type: "checkbox", value: one.id, "aria-label": `Choose trace ${number} to compare`}),
    el("a", {href: `/trace/${one.id}`, class: "trace-link"},
      el("span", {class: "trace-name"}, el("b", {text: `${one.service}: ${one.name}`}), " ",
        el("span", {class: "mono muted", text: number})),
      el("b", {class: "number trace-duration", text: duration(one.duration)}),
      sharesBar(one, longest, colours)),
    el("div", {class: "trace-facts"},
      one.errors ? el("span", {class: "badge error", text: `⚠ ${count(one.errors, "error")}`}) : null,
      one.isTorn ? el("span", {class: "badge error", text: "spans without parent"}) : null,
      el("span", {class: "muted", text: count(one.spans, "span")}),
      one.services.map(name => el("span", {class: "service", text: name, style: {"--colour": colourOf(colours, name)}})),
      one.user === undefined ? null : el("span", {class: "muted", text: `user ${one.user}`}),
      el("time", {class: "muted when", datetime: new Date(one.start / 1000).toISOString(), title: moment(one.start, true), text: ago(one.start)})),
  );
}

/** As long as the trace took, cut by what of its critical path is in which service. */
function sharesBar(one, longest, colours) {
  const parts = [...one.inService].sort((a, b) => b[1] - a[1]);
  const told = parts.map(([name, us]) => `${duration(us)} in ${name}`).join(", ");
  return el("span", {class: "shares", role: "img", "aria-label": told, title: told},
    parts.map(([name, us]) => el("i", {style: {width: `${(100 * us) / longest}%`, background: colourOf(colours, name)}})));
}

/** The bar that leads to two chosen traces side by side. */
function comparing(list) {
  const told = el("span", {});
  const button = el("button", {type: "button", class: "primary", text: "Compare"});
  const bar = el("div", {class: "comparing card", hidden: true, role: "status"}, told, button);
  const chosen = () => [...list.querySelectorAll("input:checked")].map(box => box.value);
  list.addEventListener("change", () => {
    const ids = chosen();
    bar.hidden = !ids.length;
    button.disabled = ids.length !== 2;
    told.textContent = ids.length === 1 ? "Choose another trace to compare with" : `${ids.length} traces chosen${ids.length > 2 ? "; two can be compared" : ""}`;
  });
  button.addEventListener("click", () => location.assign(`/trace/${chosen().join("...")}`));
  return bar;
}
