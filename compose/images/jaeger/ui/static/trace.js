// /trace/<id>: what the trace is, where its time went, and its waterfall.

import { trace as fetchTrace } from "./api.js";
import { copyButton, el } from "./dom.js";
import { datadogPage } from "./elsewhere.js";
import { heldFocus } from "./focus.js";
import { follow } from "./follow.js";
import { ago, count, duration, moment, percent } from "./format.js";
import { label } from "./labels.js";
import { orphans, parseTrace } from "./model.js";
import { addressOf, writeTags } from "./query.js";
import { againButton, failure, loading, notice } from "./states.js";
import { stagesBar } from "./stages.js";
import { remember, remembered } from "./trace_address.js";
import { Waterfall } from "./waterfall.js";

// Spans leave the services every five seconds.
const LOOKS = 6;
const PAUSE_MS = 2500;
const TRACE_ID = /^[0-9a-f]{32}$/;

/** Fill `main` with the trace of that id. */
export async function tracePage(main, id) {
  document.title = `Trace ${id.slice(0, 7)}`;
  main.replaceChildren(loading("the trace", 12));
  const again = () => tracePage(main, id);
  try {
    const trace = parseTrace(await patiently(id, look => main.replaceChildren(notYet(id, look))));
    let shown = show(main, trace);
    await follow(trace, more => { shown = showMore(main, more, shown); }, text => say(shown, text));
  } catch (problem) {
    if (problem.kind === "missing") main.replaceChildren(missing(id, again));
    else if (problem.kind) main.replaceChildren(failure(problem, again));
    else main.replaceChildren(failure({message: "This trace can't be shown", detail: String(problem.message)}, again));
  }
}

/** The trace, looked for again for a while: one just made is still on its way. */
async function patiently(id, tell) {
  for (let look = 1; ; look++) {
    try {
      return await fetchTrace(id);
    } catch (problem) {
      if (problem.kind !== "missing" || look >= LOOKS) throw problem;
      tell(look);
      await new Promise(resolve => setTimeout(resolve, PAUSE_MS));
    }
  }
}

function notYet(id, look) {
  return el("div", {}, notice("Not here yet", [
    ["Looking for ", el("code", {text: id}), ". A trace is here about five seconds after its answer."],
    [el("span", {class: "muted", text: `Look ${look} of ${LOOKS}`})],
  ]), loading("the trace", 6));
}

function missing(id, again) {
  return notice("Jaeger has no such trace", [
    [el("code", {text: id})],
    ["Only one query in ten is kept, unless its caller asks for it; a trace is forgotten after 30 days, and with ", el("code", {text: "invoke down --volumes"}), "."],
  ], {actions: [
    againButton("Look again", again),
    el("a", {class: "button", href: "/search", text: "Search for traces"}),
  ]});
}

function show(main, trace) {
  const form = compareForm(trace.id);
  const status = el("p", {class: "remark muted", role: "status", hidden: true});
  const waterfall = draw(main, trace, {form, status}, remembered());
  if (waterfall.chosen) waterfall.rows.reveal(waterfall.chosen);
  return {trace, form, status, waterfall};
}

/** The same page with more spans: what the reader has chosen, typed and scrolled to stays. */
function showMore(main, trace, before) {
  const {waterfall: old} = before;
  const [top, panelTop, refocus] = [scrollY, old.panel.scrollTop, heldFocus(main)];
  old.destroy();
  const waterfall = draw(main, trace, before, {...old.view, range: sameTime(old.view.range, before.trace, trace)});
  scrollTo(0, top);
  waterfall.panel.scrollTop = panelTop;
  refocus();
  return {...before, trace, waterfall};
}

function draw(main, trace, {form, status}, view) {
  document.title = `${duration(trace.root.duration)} · ${trace.root.service}: ${label(trace.root)}`;
  const place = el("div");
  const waterfall = new Waterfall(place, trace, {
    ...view, changed: remember,
    searchFor: (service, key, value) => addressOf({service, tags: writeTags({[key]: value}), lookback: "24h", limit: "20"}),
  });
  const stages = stagesBar(trace, span => reveal(waterfall, span));
  main.replaceChildren(headline(trace, form), status, ...torn(trace), stages, slowest(trace, waterfall), place);
  waterfall.rows.update();
  return waterfall;
}

/** A range of one trace as a range of another that begins or ends at other times. */
function sameTime(range, before, now) {
  const whole = now.end - now.start || 1;
  return range && range.map(share => (before.start + share * (before.end - before.start) - now.start) / whole);
}

function say({status}, text) {
  status.textContent = text;
  status.hidden = !text;
}

function headline(trace, form) {
  const {root} = trace;
  const errors = trace.spans.filter(span => span.isError).length;
  const [user, cost] = ["user_id", "cost_usd"].map(key => root.attributes.get(key));
  return el("header", {class: "trace-head"},
    el("div", {class: "trace-title"},
      el("h1", {}, `${root.service}: ${label(root)} `, el("span", {class: "number", text: duration(root.duration)})),
      form),
    el("ul", {class: "facts"},
      el("li", {}, "trace ", el("code", {class: "trace-id", text: trace.id}), copyButton(trace.id, "the trace's id")),
      el("li", {title: moment(root.start, true)}, `${moment(root.start)} `, el("span", {class: "muted", text: `(${ago(root.start)})`})),
      el("li", {text: `${count(trace.spans.length, "span")} in ${count(trace.services.length, "service")}`}),
      user === undefined ? null : el("li", {}, "user ", el("a", {href: addressOf({service: root.service, tags: writeTags({user_id: user}), lookback: "24h", limit: "20"}), text: String(user)})),
      cost === undefined ? null : el("li", {text: `$${Number(cost).toFixed(4)}`}),
      el("li", {}, el("a", {href: datadogPage(trace.id), text: "in Datadog's viewer"})),
      errors ? el("li", {}, el("span", {class: "badge error", text: `⚠ ${count(errors, "span")} with an error`})) : null));
}

function torn(trace) {
  const lost = orphans(trace);
  if (!lost.length) return [];
  const names = [...new Set(lost.map(span => `${label(span)} (${span.service})`))].join(", ");
  return [el("p", {class: "remark error-text", text: `Without their parent, which is still arriving or was lost: ${names}`})];
}

function slowest(trace, waterfall) {
  const [first, next] = waterfall.facts.ranking;
  if (!first) return el("p", {class: "remark muted", text: "This trace has no length to divide."});
  const command = `invoke profile --trace-id ${trace.id}`;
  const ahead = next ? `, ${duration(first.own - next.own)} ahead of ${label(next.span)}` : "";
  return el("section", {class: "card slowest", "aria-label": "Slowest span"},
    el("p", {}, "The request waited longest for ",
      el("button", {type: "button", class: "quiet inline", text: label(first.span), on: {click: () => reveal(waterfall, first.span)}}),
      ` in ${first.span.service}: `, el("b", {class: "number", text: duration(first.own)}),
      `, ${percent(first.own / Math.max(1, trace.root.duration))} of the whole${ahead}.`),
    el("p", {class: "muted"}, "Which function, and why: ", el("code", {text: command}), copyButton(command, "the command")));
}

function reveal(waterfall, span) {
  waterfall.choose(span, {isShown: true});
  waterfall.rows.focus();
}

function compareForm(id) {
  const input = el("input", {id: "other", placeholder: "Another trace's id", autocomplete: "off", spellcheck: "false", class: "mono", "aria-describedby": "other-fault"});
  const fault = el("p", {id: "other-fault", class: "error-text", role: "alert"});
  const form = el("form", {class: "compare-form"}, el("label", {class: "unseen", for: "other", text: "Id of a trace to compare with"}), input,
    el("button", {text: "Compare"}), fault);
  form.addEventListener("submit", event => {
    event.preventDefault();
    const other = input.value.trim().toLowerCase().padStart(32, "0");
    const isId = TRACE_ID.test(other) && input.value.trim();
    input.setAttribute("aria-invalid", String(!isId));
    fault.textContent = isId ? "" : "Give an id: up to 32 digits of 0-9 and a-f.";
    if (isId) location.assign(`/trace/${id}...${other}`);
    else input.focus();
  });
  return form;
}
