// Which spans have a row: the tree, without what is below collapsed spans.

import { label } from "./labels.js";

/** `[{span, at, of}]` in the tree's order; `at` of `of` is the span's place among its siblings. */
export function rowsOf(trace, collapsed) {
  const found = [];
  const others = trace.roots.filter(span => span !== trace.root);
  const stack = siblings([trace.root, ...others]).reverse();
  while (stack.length) {
    const row = stack.pop();
    found.push(row);
    if (!collapsed.has(row.span.id)) stack.push(...siblings(row.span.children).reverse());
  }
  return found;
}

/** The spans above one, the nearest first. */
export function above(trace, span) {
  const found = [];
  for (let one = trace.byId.get(span.parentId); one; one = trace.byId.get(one.parentId)) found.push(one);
  return found;
}

/** A span with all below it. */
export function withBelow(span) {
  const found = [span];
  for (let index = 0; index < found.length; index++) found.push(...found[index].children);
  return found;
}

/** The ids of spans that hold a text: their name as shown or as sent, service, attributes, resource, events. */
export function matching(trace, text) {
  const wanted = text.trim().toLowerCase();
  if (!wanted) return new Set();
  return new Set(trace.spans.filter(span => haystack(span).includes(wanted)).map(span => span.id));
}

function siblings(spans) {
  return spans.map((span, index) => ({span, at: index + 1, of: spans.length}));
}

function haystack(span) {
  if (span.haystack === undefined) {
    const told = map => [...map].map(([key, value]) => `${key}=${value}`);
    const events = span.events.flatMap(event => [event.name, ...told(event.attributes)]);
    const names = [label(span), span.name, span.service, span.id];
    span.haystack = [...names, ...told(span.attributes), ...told(span.resource), ...events].join("\n").toLowerCase();
  }
  return span.haystack;
}
