// What a page shows instead of traces: that it is loading, that there is nothing, what went wrong.

import { el } from "./dom.js";

/** Grey bars where rows will be. */
export function loading(what, rows = 6) {
  return el("div", {class: "state loading", role: "status"},
    el("span", {class: "unseen", text: `Loading ${what}`}),
    Array.from({length: rows}, (_, index) =>
      el("i", {class: "pulse", "aria-hidden": true, style: {width: `${92 - 9 * ((index * 3) % 5)}%`}})),
  );
}

/** A box with a title, an explanation, and what to do about it. */
export function notice(title, lines, {actions = [], isAlert = false} = {}) {
  return el("section", {class: "state notice card", role: isAlert ? "alert" : "status"},
    el("h2", {text: title}),
    lines.map(line => el("p", {}, line)),
    actions.length ? el("div", {class: "actions"}, actions) : null,
  );
}

/** What to show for a failed question to Jaeger; `again` asks it once more. */
export function failure(problem, again) {
  const help = problem.kind === "unreachable"
    ? ["Look whether the lab is up: ", el("code", {text: "invoke status"}), ", and why not: ", el("code", {text: "invoke doctor"}), "."]
    : [];
  return notice(problem.message, [[problem.detail ?? ""], help].filter(line => line.join("")), {
    isAlert: true,
    actions: [againButton("Try again", again)],
  });
}

/** A button that asks once more. It goes with its box, so the focus goes to the content. */
export function againButton(text, again) {
  const press = () => {
    document.getElementById("main").focus();
    again();
  };
  return el("button", {type: "button", class: "primary", text, on: {click: press}});
}
