// Two traces laid over each other: spans are of one place if all names from the root down are equal.

import { criticalSelfTime } from "./critical_path.js";
import { ranked } from "./folding.js";
import { label } from "./labels.js";

/**
 * `[{label, service, depth, a, b, difference, waitedDifference}]` in the tree's order. `a` and `b`
 * are `{count, duration, waited}` of all spans of that place: their durations' sum, and what of the
 * critical path is theirs or their client calls'.
 */
export function places(first, second) {
  const root = node("", "", -1);
  [first, second].forEach((trace, index) => merge(root, trace, ["a", "b"][index]));
  const rows = [];
  const stack = ordered(root).reverse();
  while (stack.length) {
    const one = stack.pop();
    one.difference = one.b.duration - one.a.duration;
    one.waitedDifference = one.b.waited - one.a.waited;
    rows.push(one);
    stack.push(...ordered(one).reverse());
  }
  return rows;
}

function merge(root, trace, side) {
  const waited = new Map(ranked(trace, criticalSelfTime(trace)).map(({span, own}) => [span, own]));
  const others = trace.roots.filter(span => span !== trace.root);
  const stack = [trace.root, ...others].map(span => [root, span]);
  while (stack.length) {
    const [parent, span] = stack.pop();
    const key = `${span.service}\n${label(span)}`;
    if (!parent.below.has(key)) parent.below.set(key, node(label(span), span.service, parent.depth + 1));
    const one = parent.below.get(key);
    one.starts.push(span.start - trace.start);
    one[side].count += 1;
    one[side].duration += span.duration;
    one[side].waited += waited.get(span) ?? 0;
    for (const child of span.children) stack.push([one, child]);
  }
}

function node(label, service, depth) {
  const side = () => ({count: 0, duration: 0, waited: 0});
  return {label, service, depth, a: side(), b: side(), starts: [], below: new Map()};
}

function ordered(one) {
  const begins = new Map([...one.below.values()].map(child => [child, child.starts.reduce((least, at) => Math.min(least, at))]));
  return [...begins.keys()].sort((x, y) => begins.get(x) - begins.get(y));
}
