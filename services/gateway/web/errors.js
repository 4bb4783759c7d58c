/** What went wrong, in the words of the gateway's problem document, and what to do next. */

import {h} from "./dom.js";

const NEXT = {
  0: ["Start the lab with ", "invoke up", ", or look what is wrong with ", "invoke doctor", "."],
  502: ["See what runs with ", "invoke status", "; ", "invoke up", " starts what is missing."],
  503: ["See what runs with ", "invoke status", "; ", "invoke up", " starts what is missing."],
  504: ["It may be busy: look with ", "invoke status", " and ", "invoke logs", ", then try again."],
};

/** The card of an outcome without an answer; `retry` asks once more. */
export function problem({status, said}, retry) {
  const title = status === 0 ? "The gateway doesn’t answer"
    : said?.title ? `${said.title} (${status})` : `The gateway answered ${status}, and not in JSON`;
  const detail = status === 0 ? `Nothing answers at ${location.origin}.` : sentence(said?.detail);
  const next = NEXT[status];
  return h("section", {class: "card problem", role: "alert", "aria-labelledby": "outcome"},
    h("h2", {id: "outcome", tabindex: "-1"}, title),
    said?.errors?.length
      ? h("ul", null, said.errors.map(error => h("li", null, h("code", null, error.field), ` ${sentence(error.problem)}`)))
      : h("p", null, detail),
    next ? h("p", null, next.map((part, index) => index % 2 ? h("code", null, part) : part)) : null,
    h("button", {type: "button", onclick: retry}, "Try again"));
}

function sentence(text) {
  if (!text) return "It said nothing more.";
  const begun = text[0].toUpperCase() + text.slice(1);
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}
