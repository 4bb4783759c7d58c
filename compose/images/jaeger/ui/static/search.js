// /search: a form, the traces as points of time and duration, and as a list.

import { services, traces } from "./api.js";
import { el } from "./dom.js";
import { count } from "./format.js";
import { coloursOf } from "./labels.js";
import { addressOf, apiQuery, faults, readQuery } from "./query.js";
import { scatterPlot } from "./scatter.js";
import { searchForm } from "./search_form.js";
import { againButton, failure, loading, notice } from "./states.js";
import { ORDERS, overview, traceList } from "./trace_list.js";

const FIRST_CHOICE = "gateway";

/** Fill `main` with the search that an address's query holds. */
export async function searchPage(main, search) {
  document.title = "Search traces";
  const results = el("section", {class: "results", "aria-label": "Results"}, loading("the services"));
  const side = el("div", {class: "search-side"});
  main.classList.add("search");
  main.append(side, results);
  const again = () => {
    main.replaceChildren();
    searchPage(main, search);
  };
  let known;
  try {
    known = await services();
  } catch (problem) {
    return results.replaceChildren(failure(problem, again));
  }
  const query = readQuery(search);
  query.service ||= known.includes(FIRST_CHOICE) ? FIRST_CHOICE : known[0] ?? "";
  const wrong = faults(query);
  side.replaceChildren(searchForm(query, known, wrong));
  if (!known.length && !query.service) return results.replaceChildren(noServices(again));
  if (Object.keys(wrong).length) return results.replaceChildren(mistaken(wrong));
  return find(results, query, coloursOf(known), again);
}

async function find(results, query, colours, again) {
  results.setAttribute("aria-busy", "true");
  results.replaceChildren(loading("traces"));
  try {
    const told = await traces(apiQuery(query));
    const found = told.map(readable).filter(Boolean);
    document.title = `${count(found.length, "trace")} · ${query.service}`;
    results.replaceChildren(
      ...unreadable(told.length - found.length),
      ...(found.length ? listing(found, query, colours) : told.length ? [] : [nothing(query)]));
  } catch (problem) {
    results.replaceChildren(failure(problem, again));
  }
  results.removeAttribute("aria-busy");
}

/** One trace that can't be read is no reason to show none. */
function readable(told) {
  try {
    return overview(told);
  } catch {
    return null;
  }
}

function unreadable(number) {
  const told = `${count(number, "trace")} can't be read, and so not shown.`;
  return number ? [el("p", {class: "remark error-text", role: "status", text: told})] : [];
}

function listing(found, query, colours) {
  const chosen = el("select", {"aria-label": "Order", class: "order"},
    Object.keys(ORDERS).map(name => el("option", {value: name, text: name})));
  const {element: list, sort, highlight} = traceList(found, colours);
  chosen.addEventListener("change", () => sort(chosen.value));
  const head = el("div", {class: "results-head"},
    el("div", {},
      el("h1", {text: count(found.length, "trace")}),
      el("p", {class: "muted"}, ...howMany(found.length, query)),
    ),
    chosen,
  );
  return [head, scatterPlot(found, highlight), list];
}

/** Jaeger answers with the newest traces that match, up to the limit: a list may not be all. */
function howMany(number, query) {
  const limit = Number(query.limit);
  if (number < limit) return ["All that match, the newest first."];
  const more = Math.min(1500, limit * 5);
  return [
    `Jaeger tells the newest ${limit} that match; there may be older ones, slower ones among them. `,
    more > limit ? el("a", {href: addressOf({...query, limit: String(more)}), text: `Ask for ${more}`}) : null,
  ].filter(Boolean);
}

function nothing(query) {
  const wider = [
    query.lookback !== "30d" && ["Look back 30 days", {lookback: "30d"}],
    (query.minDuration || query.maxDuration) && ["Any duration", {minDuration: "", maxDuration: ""}],
    query.tags && ["Without tags", {tags: ""}],
    query.operation && ["All operations", {operation: ""}],
  ].filter(Boolean);
  return notice("No trace matches", [
    ["Service, operation and tags must be those of one span; a duration may be any span's of the trace."],
    ["One query in ten is kept, and a kept one is here about five seconds after its answer. ",
      el("code", {text: "invoke traffic"}), " sends some."],
  ], {
    actions: wider.map(([text, change]) => el("a", {class: "button", href: addressOf({...query, ...change}), text})),
  });
}

function mistaken(wrong) {
  return notice("The search needs a correction", Object.entries(wrong).map(([name, text]) => [el("code", {text: name}), ` ${text}`]), {isAlert: true});
}

function noServices(again) {
  return notice("No trace has arrived yet", [
    ["Jaeger is up, but no service has sent a span to it. ", el("code", {text: "invoke traffic"}), " sends queries; one in ten is traced."],
  ], {actions: [againButton("Look again", again)]});
}
