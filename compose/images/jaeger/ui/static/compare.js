// /trace/<a>...<b>: two traces side by side, span by span of the same place.

import { trace as fetchTrace } from "./api.js";
import { places } from "./places.js";
import { el } from "./dom.js";
import { ago, count, difference, duration, percent } from "./format.js";
import { coloursOf, colourOf, label } from "./labels.js";
import { parseTrace } from "./model.js";
import { againButton, failure, loading, notice } from "./states.js";

const TRACE_ID = /^[0-9a-f]{32}$/;
const SIDES = ["A", "B"];
const MOST_INDENTED = 14;

/** Fill `main` with the comparison of two traces, or with a form that asks for their ids. */
export async function comparePage(main, a, b) {
  document.title = "Compare two traces";
  if (![a, b].every(id => TRACE_ID.test(id))) return main.replaceChildren(asking(a, b));
  main.replaceChildren(loading("two traces", 10));
  const again = () => comparePage(main, a, b);
  const found = await Promise.all([a, b].map(id => fetchTrace(id).then(parseTrace).catch(problem => problem)));
  const at = found.findIndex(one => one instanceof Error);
  if (at < 0) return show(main, found);
  if (found[at].kind !== "missing") return main.replaceChildren(failure(found[at], again));
  return main.replaceChildren(notice(`Jaeger has no trace ${SIDES[at]}`, [[el("code", {text: [a, b][at]})], ["It is not there yet, was not kept, or is forgotten."]], {
    actions: [againButton("Look again", again), el("a", {class: "button", href: "/search", text: "Search for traces"})],
  }));
}

function asking(a, b) {
  const field = (name, value) => el("div", {class: "field"}, el("label", {for: name, text: `Trace ${name.toUpperCase()}`}),
    el("input", {id: name, name, value, class: "mono", autocomplete: "off", spellcheck: "false"}));
  const fault = el("p", {class: "error-text", role: "alert"});
  const form = el("form", {class: "card ask-two"}, el("h1", {text: "Compare two traces"}),
    el("p", {class: "muted", text: "Give their ids, or choose two in the search's list."}), field("a", a), field("b", b), fault,
    el("button", {class: "primary", text: "Compare"}));
  form.addEventListener("submit", event => {
    event.preventDefault();
    const ids = ["a", "b"].map(name => form.elements[name].value.trim().toLowerCase());
    const wrong = ids.findIndex(id => !id || !TRACE_ID.test(id.padStart(32, "0")));
    if (wrong < 0) return location.assign(`/trace/${ids.join("...")}`);
    fault.textContent = `Trace ${SIDES[wrong]} needs an id: up to 32 digits of 0-9 and a-f.`;
    return form.elements[SIDES[wrong].toLowerCase()].focus();
  });
  return form;
}

function show(main, traces) {
  const colours = coloursOf([...new Set(traces.flatMap(trace => trace.services))]);
  const rows = places(...traces);
  const onlyChanged = el("input", {type: "checkbox", id: "changed"});
  const body = el("tbody");
  const least = Math.max(...traces.map(trace => trace.root.duration)) * 0.01;
  const fill = () => {
    const shown = onlyChanged.checked ? rows.filter(row => Math.abs(row.difference) >= least) : rows;
    body.replaceChildren(...shown.map(row => line(row, traces, colours)));
    if (!shown.length) body.append(el("tr", {}, el("td", {colspan: 5, class: "muted", text: "No place differs by so much."})));
  };
  onlyChanged.addEventListener("change", fill);
  fill();
  main.replaceChildren(
    el("h1", {text: "Two traces compared"}),
    el("div", {class: "sides"}, traces.map(side)),
    outcome(traces, rows),
    el("p", {class: "remark"}, el("label", {}, onlyChanged, ` only what differs by ${duration(least)} or more`)),
    el("div", {class: "card compare-box"}, el("table", {class: "compare"},
      el("caption", {class: "unseen", text: "Durations by place in the trace; spans of one place together"}),
      el("thead", {}, el("tr", {}, ["Span", "A", "B", "B − A", "Both"].map(name => el("th", {scope: "col", text: name})))), body)));
}

function side(trace, index) {
  return el("section", {class: "card side", "aria-label": `Trace ${SIDES[index]}`},
    el("h2", {}, el("span", {class: `side-mark side-${SIDES[index]}`, text: SIDES[index]}), ` ${trace.root.service}: ${label(trace.root)}`),
    el("p", {class: "number big", text: duration(trace.root.duration)}),
    el("p", {class: "muted", text: `${count(trace.spans.length, "span")}, ${ago(trace.root.start)}`}),
    el("a", {class: "mono", href: `/trace/${trace.id}`, text: trace.id}));
}

/** Where most of the difference comes from: by what the request waited for each place. */
function outcome([a, b], rows) {
  const whole = b.root.duration - a.root.duration;
  const most = rows.reduce((best, row) => (Math.abs(row.waitedDifference) > Math.abs(best.waitedDifference) ? row : best));
  const slower = whole > 0 ? "slower" : "faster";
  const told = whole === 0 ? "Both took equally long." : `B is ${duration(Math.abs(whole))} (${percent(Math.abs(whole) / Math.max(1, a.root.duration))}) ${slower} than A.`;
  const longer = most.waitedDifference > 0 ? "longer" : "less";
  return el("p", {class: "card outcome"}, el("b", {text: told}),
    most.waitedDifference ? ` The largest difference is ${most.label} in ${most.service}: the request waited ${duration(Math.abs(most.waitedDifference))} ${longer} for it.` : "");
}

function line(row, traces, colours) {
  const longest = Math.max(...traces.map(trace => trace.root.duration), 1);
  const cell = side => (side.count ? [duration(side.duration), side.count > 1 ? el("span", {class: "muted", text: ` ×${side.count}`}) : null] : [el("span", {class: "muted", text: "none"})]);
  const share = Math.abs(row.difference) / longest;
  return el("tr", {},
    el("th", {scope: "row", style: {"--depth": Math.min(row.depth, MOST_INDENTED), "--colour": colourOf(colours, row.service)}},
      el("span", {class: "service place", text: row.label}), " ", el("span", {class: "muted", text: row.service})),
    el("td", {class: "number"}, cell(row.a)),
    el("td", {class: "number"}, cell(row.b)),
    el("td", {class: `number change ${share >= 0.01 ? (row.difference > 0 ? "slower" : "faster") : ""}`, text: difference(row.difference)}),
    el("td", {class: "both", "aria-hidden": "true"}, [row.a, row.b].map((side, index) =>
      el("i", {class: `side-${SIDES[index]}`, style: {width: `${(100 * Math.min(side.duration, longest)) / longest}%`}}))));
}
