// The search's form. What it asks for is in the page's address, so it needs no other memory.

import { operations } from "./api.js";
import { el } from "./dom.js";
import { NAMES, addressOf, faults } from "./query.js";

const LOOKBACKS = {
  "15m": "15 minutes", "1h": "hour", "3h": "3 hours", "6h": "6 hours", "12h": "12 hours", "24h": "24 hours",
  "2d": "2 days", "7d": "7 days", "30d": "30 days",
};
const NARROW = "(max-width: 899px)";

/** The form for a search; `wrong` holds what is wrong with it by field. */
export function searchForm(query, services, wrong) {
  const form = el("form", {class: "search-form", action: "/search", novalidate: true},
    field("service", "Service", choice("service", [...new Set([...services, query.service])].filter(Boolean), query.service)),
    field("operation", "Operation", choice("operation", ["", query.operation].filter((name, at) => !at || name), query.operation)),
    field("tags", "Tags", text("tags", query.tags, 'user_id=u7 note="two words"'), "key=value, all on one span"),
    el("div", {class: "pair"},
      field("minDuration", "Min duration", text("minDuration", query.minDuration, "2s")),
      field("maxDuration", "Max duration", text("maxDuration", query.maxDuration, "1m30s"))),
    el("div", {class: "pair"},
      field("lookback", "Look back", lookback(query)),
      field("limit", "At most", el("input", {name: "limit", id: "limit", value: query.limit, inputmode: "numeric"}))),
    custom(query),
    el("button", {class: "primary", text: "Find traces"}),
  );
  showFaults(form, wrong);
  form.addEventListener("submit", event => {
    event.preventDefault();
    submit(form);
  });
  form.elements.service.addEventListener("change", () => {
    form.elements.operation.replaceChildren(...options([""], ""));
    fillOperations(form, "");
  });
  form.elements.lookback.addEventListener("change", () => openCustom(form));
  openCustom(form);
  fillOperations(form, query.operation);
  return foldable(form);
}

function submit(form) {
  const query = Object.fromEntries(NAMES.map(name => [name, form.elements[name].value.trim()]));
  for (const name of ["start", "end"]) query[name] = microseconds(form.elements[name]);
  const wrong = faults(query);
  showFaults(form, wrong);
  const first = Object.keys(wrong)[0];
  if (first) form.elements[first].focus();
  else location.assign(addressOf(query));
}

async function fillOperations(form, chosen) {
  const service = form.elements.service.value;
  const names = await operations(service).catch(() => []);
  if (form.elements.service.value !== service) return;
  const all = [...new Set([...names, chosen])].filter(Boolean);
  form.elements.operation.replaceChildren(...options(["", ...all], chosen));
}

function foldable(form) {
  const isNarrow = matchMedia(NARROW).matches;
  return el("details", {class: "card search-box", open: !isNarrow || !location.search}, el("summary", {text: "Search"}), form);
}

function field(name, title, control, help = "") {
  return el("div", {class: "field"},
    el("label", {for: name, text: title}),
    control,
    help ? el("p", {class: "help muted", id: `${name}-help`, text: help}) : null,
    el("p", {class: "fault error-text", id: `${name}-fault`, hidden: true}),
  );
}

function text(name, value, placeholder) {
  return el("input", {name, id: name, value, placeholder, autocomplete: "off", spellcheck: "false", autocapitalize: "off"});
}

function choice(name, values, chosen) {
  return el("select", {name, id: name}, options(values, chosen));
}

function options(values, chosen) {
  return values.map(value => el("option", {value, text: value || "all", selected: value === chosen}));
}

function lookback(query) {
  const names = {...LOOKBACKS, ...(query.lookback in LOOKBACKS ? {} : {[query.lookback]: query.lookback}), custom: "a time range"};
  return el("select", {name: "lookback", id: "lookback"},
    Object.entries(names).map(([value, name]) => el("option", {value, text: name, selected: value === query.lookback})));
}

function custom(query) {
  return el("div", {class: "custom"},
    field("start", "From", time("start", query.start)),
    field("end", "Until", time("end", query.end)));
}

function time(name, us) {
  const input = el("input", {type: "datetime-local", step: "1", name, id: name, value: local(us), "data-us": us});
  input.dataset.shown = input.value;
  return input;
}

function openCustom(form) {
  form.querySelector(".custom").hidden = form.elements.lookback.value !== "custom";
}

function showFaults(form, wrong) {
  for (const line of form.querySelectorAll(".fault")) {
    const name = line.id.replace("-fault", "");
    line.hidden = !wrong[name];
    line.textContent = wrong[name] ?? "";
    form.elements[name].toggleAttribute("aria-invalid", false);
    if (wrong[name]) form.elements[name].setAttribute("aria-invalid", "true");
    form.elements[name].setAttribute("aria-describedby", `${name}-help ${line.id}`);
  }
}

/** Microseconds as a datetime field's value, in this machine's time zone, and back. */
function local(us) {
  if (!Number(us)) return "";
  const at = new Date(Number(us) / 1000);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}

function microseconds({value, dataset}) {
  // The field shows no parts of a second; left alone, it means them all the same.
  if (value === dataset.shown) return dataset.us;
  const at = Date.parse(value);
  return Number.isNaN(at) ? "" : String(at * 1000);
}
