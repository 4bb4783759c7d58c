// The line above a waterfall: search within, expand and collapse, zoom back, what the keys do.

import { el } from "./dom.js";
import { colourOf } from "./labels.js";

const KEYS = [
  ["↑ ↓ PgUp PgDn Home End", "choose a span"],
  ["→ ←", "open, close, go in and out"],
  ["Enter", "the span's details; Esc closes them"],
  ["z", "zoom to the span (or double click)"],
  ["+ − 0", "zoom in, out, back"],
  ["Shift → ←", "move the zoomed range"],
  ["/", "search"],
];

/** `{element, setText(text), showRange(isZoomed), focus()}` for a waterfall. */
export function tools(waterfall) {
  const input = el("input", {type: "search", class: "wf-find", placeholder: "Search in this trace", "aria-label": "Search in this trace", autocomplete: "off", spellcheck: "false"});
  const said = el("output", {class: "muted number wf-said"});
  const [earlier, later] = [["↑", "Previous match", -1], ["↓", "Next match", 1]].map(([text, name, by]) =>
    el("button", {type: "button", "aria-label": name, text, disabled: true, on: {click: () => step(by)}}));
  const reset = el("button", {type: "button", text: "Whole trace", hidden: true, on: {click: () => waterfall.zoom(0, 1)}});
  const search = () => {
    const number = waterfall.find(input.value);
    said.textContent = input.value.trim() ? `${number} of ${waterfall.trace.spans.length}` : "";
    for (const button of [earlier, later]) button.disabled = !number;
  };
  const step = by => {
    const at = waterfall.step(by);
    said.textContent = at ? `${at} of ${waterfall.matches.size}` : "none";
  };
  input.addEventListener("input", search);
  input.addEventListener("keydown", event => {
    if (event.key === "Enter") {
      event.preventDefault();
      step(event.shiftKey ? -1 : 1);
    }
  });
  const element = el("div", {class: "wf-tools"},
    el("div", {class: "wf-search"}, input, said, earlier, later),
    el("div", {class: "wf-buttons"},
      reset,
      el("button", {type: "button", text: "Expand all", on: {click: () => waterfall.expandAll()}}),
      el("button", {type: "button", text: "Collapse all", on: {click: () => waterfall.collapseAll()}}),
      keys()),
    legend(waterfall));
  return {
    element,
    setText(text) {
      input.value = text;
      search();
    },
    showRange(isZoomed) {
      reset.hidden = !isZoomed;
    },
    focus() {
      input.focus();
    },
  };
}

function keys() {
  return el("details", {class: "wf-keys"}, el("summary", {class: "button", text: "Keys"}),
    el("dl", {class: "card", id: "wf-keys"}, KEYS.map(([key, what]) => el("div", {}, el("dt", {}, el("kbd", {text: key})), el("dd", {text: what})))));
}

function legend({trace, facts}) {
  return el("div", {class: "wf-legend muted"},
    trace.services.map(service => el("span", {class: "service", text: service, style: {"--colour": colourOf(facts.colours, service)}})),
    el("span", {class: "wf-mark"}, el("i", {class: "wf-critical"}), "the request waits for this span itself"),
    el("span", {class: "wf-mark"}, el("i", {class: "wf-bar"}), "for a span below it, or not at all"));
}
