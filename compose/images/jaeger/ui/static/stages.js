// The parts that a request consists of: its root's children, alike ones together.

import { el } from "./dom.js";
import { duration, percent } from "./format.js";
import { label } from "./labels.js";

const MOST = 8;

/** `[{name, spans, duration}]` in order of their first start. */
export function stagesOf(trace) {
  const found = new Map();
  for (const child of trace.root.children) {
    const name = label(child);
    const stage = found.get(name) ?? {name, spans: [], duration: 0};
    stage.spans.push(child);
    stage.duration += child.duration;
    found.set(name, stage);
  }
  return [...found.values()];
}

/** The stages with their shares, as a bar and as buttons that lead to the longest span of each. */
export function stagesBar(trace, reveal) {
  const stages = stagesOf(trace);
  if (!stages.length || stages.length > MOST) return el("div", {hidden: true});
  const whole = Math.max(1, trace.root.duration);
  return el("ol", {class: "stages", "aria-label": "Stages"}, stages.map(stage => {
    const longest = stage.spans.reduce((best, span) => (span.duration > best.duration ? span : best));
    return el("li", {},
      el("button", {type: "button", class: "stage card", "data-stage": stage.name, on: {click: () => reveal(longest)}},
        el("span", {class: "stage-name"}, stage.name, stage.spans.length > 1 ? el("span", {class: "muted", text: ` ×${stage.spans.length}`}) : null),
        el("b", {class: "number", text: duration(stage.duration)}),
        el("span", {class: "muted number", text: percent(stage.duration / whole)}),
        el("span", {class: "stage-share", "aria-hidden": "true"}, el("i", {style: {width: `${Math.min(100, (100 * stage.duration) / whole)}%`}}))));
  }));
}
