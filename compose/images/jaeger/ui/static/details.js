// All that is known of one span.

import { copyButton, el } from "./dom.js";
import { count, duration, moment, percent } from "./format.js";
import { colourOf, label } from "./labels.js";

// Shown first, as they tell most.
const FIRST = ["error.type", "exception.message", "otel.status_description", "http.response.status_code"];

/**
 * What there is to know of a span. `searchFor(service, key, value)` gives the address of the traces
 * with that attribute, null where there is none.
 */
export function details(trace, facts, span, searchFor) {
  const status = span.attributes.get("otel.status_description");
  return el("div", {},
    el("p", {class: "service", text: span.service, style: {"--colour": colourOf(facts.colours, span.service)}}),
    el("h2", {text: label(span), tabindex: -1}),
    span.isError ? el("p", {class: "badge error", text: status ? `⚠ ${status}` : "⚠ error"}) : null,
    times(trace, facts, span),
    span.warnings.length ? group("Jaeger's remarks", span.warnings.map(text => el("p", {class: "muted", text})), true) : null,
    table("Attributes", ordered(span.attributes), key => searchFor?.(span.service, key, span.attributes.get(key)), true),
    span.events.length ? group(`Events (${span.events.length})`, span.events.map(event => eventOf(event, span)), true) : null,
    span.links.length ? group("Links", span.links.map(linkOf), true) : null,
    table("Resource", span.resource, () => null, false),
    el("p", {class: "muted ids"}, "span ", el("code", {text: span.id}), copyButton(span.id, "the span's id")),
  );
}

function times(trace, facts, span) {
  const whole = Math.max(1, trace.root.duration);
  const critical = facts.critical.get(span.id);
  const own = facts.own.get(span.id);
  const folded = facts.ranking.filter(one => one.span === span && one.own > critical);
  const rows = [
    ["Duration", `${duration(span.duration)}`, percent(span.duration / whole)],
    ["Self time", `${duration(own)}`, percent(own / whole)],
    ["Waited for it itself", `${duration(critical)}`, percent(critical / whole)],
    ...folded.map(({own: us}) => ["with its client calls", duration(us), percent(us / whole)]),
    ["Starts at", `${duration(span.start - trace.start)}`, ""],
    ["Kind", span.kind, span.children.length ? count(span.children.length, "child").replace("childs", "children") : "no children"],
  ];
  return el("dl", {class: "wf-times"}, rows.map(([name, value, more]) =>
    el("div", {title: name === "Starts at" ? moment(span.start, true) : null},
      el("dt", {text: name}), el("dd", {class: "number"}, value, more ? el("span", {class: "muted", text: more}) : null))));
}

function group(title, content, isOpen) {
  return el("details", {open: isOpen, class: "wf-group"}, el("summary", {text: title}), content);
}

function table(title, map, addressFor, isOpen) {
  if (!map.size) return null;
  const rows = [...map].map(([key, value]) => {
    const address = addressFor(key);
    const told = typeof value === "object" ? JSON.stringify(value) : String(value);
    return el("tr", {}, el("th", {scope: "row", text: key}), el("td", {},
      el("span", {class: "mono", text: told}),
      address ? el("a", {class: "find-alike", href: address, title: "Traces with the same", "aria-label": `Search for ${key}=${told}`, text: "⌕"}) : null));
  });
  return group(`${title} (${map.size})`, el("table", {class: "wf-table"}, el("tbody", {}, rows)), isOpen);
}

function eventOf(event, span) {
  const rows = [...event.attributes].map(([key, value]) =>
    el("tr", {}, el("th", {scope: "row", text: key}), el("td", {}, el("span", {class: "mono", text: String(value)}))));
  return el("div", {class: "wf-event"},
    el("p", {}, el("b", {text: event.name}), " ", el("span", {class: "muted number", text: `after ${duration(event.time - span.start)}`})),
    rows.length ? el("table", {class: "wf-table"}, el("tbody", {}, rows)) : null);
}

function linkOf(reference) {
  return el("p", {}, el("a", {href: `/trace/${reference.traceID}`, class: "mono", text: reference.traceID}));
}

function ordered(attributes) {
  const first = FIRST.filter(key => attributes.has(key));
  const rest = [...attributes.keys()].filter(key => !first.includes(key)).sort();
  return new Map([...first, ...rest].map(key => [key, attributes.get(key)]));
}
