/** An answer as paragraphs and snippets of code, its [numbers] linked to the sources below it. */

import {h, outward} from "./dom.js";

const SENTENCE = /^\s+[^a-z\s,.;:)]/;
const APART = /^\s/;
const PROMPT = /^\s*(>>>|\.\.\.)(\s|$)/;
const OUTPUT = /^\s*(['"[({<\-\d]|(True|False|None|Traceback)\b)/;

/**
 * The answer cut at its citations: [{pieces, source}], `source` 0 where none is named.
 *
 * Neighbours with the same source are one run of several pieces. A number in brackets that is no
 * source's stays text.
 */
export function runs(text, sources) {
  const found = [];
  let from = 0;
  for (const match of text.matchAll(/\[(\d+)\]/g)) {
    const source = Number(match[1]);
    if (source < 1 || source > sources) continue;
    const piece = text.slice(from, match.index).trimEnd();
    from = match.index + match[0].length;
    const last = found.at(-1);
    if (last?.source === source && APART.test(piece)) last.pieces.push(piece);
    else found.push({pieces: [piece], source});
  }
  if (text.slice(from).trim()) found.push({pieces: [text.slice(from)], source: 0});
  return found;
}

/** What the interpreter is told or says, told from prose: [{code, text}] in order. */
export function blocks(pieces) {
  const found = [];
  for (const piece of pieces) {
    const last = found.at(-1);
    const code = PROMPT.test(piece) || Boolean(last?.code && OUTPUT.test(piece));
    if (last && last.code === code) last.text += code ? `\n${piece.trim()}` : piece;
    else found.push({code, text: code ? piece.trim() : piece});
  }
  return found;
}

/** The elements of an answer. */
export function answerText(text, sources) {
  const elements = [];
  let open = null;
  for (const run of runs(text, sources.length)) {
    if (SENTENCE.test(run.pieces[0])) open = null;
    for (const block of blocks(run.pieces)) {
      if (!open || block.code || open.tagName === "PRE") {
        open = h(block.code ? "pre" : "p", block.code ? {class: "snippet"} : null);
        elements.push(open);
      }
      open.append(open.childNodes.length ? block.text : block.text.trimStart());
    }
    if (run.source) open.append("\u00a0", citation(run.source, sources[run.source - 1]));
  }
  return elements;
}

function citation(number, source) {
  return h("a", {class: "cite", href: `#source-${number}`, "aria-label": `Source ${number}: ${source.title}`, onclick: event => {
    event.preventDefault(); // the address is the question's
    const target = document.getElementById(`source-${number}`);
    target.scrollIntoView({block: "nearest"});
    target.focus({preventScroll: true});
  }}, String(number));
}

/** The passages an answer was made from, best first. */
export function sourceList(sources) {
  return h("ol", {class: "sources"}, sources.map((source, index) => {
    const path = source.title.split(" > ");
    const name = path.pop();
    return h("li", {id: `source-${index + 1}`, tabindex: "-1"},
      h("span", {class: "number", "aria-hidden": "true"}, String(index + 1)),
      h("div", null,
        outward(source.url, null, name),
        h("span", {class: "score", title: "How well the passage fits the question, 0 to 1"}, source.score.toFixed(2)),
        path.length ? h("p", {class: "path"}, path.join(" › ")) : null,
        h("p", {class: "excerpt"}, source.excerpt)));
  }));
}
