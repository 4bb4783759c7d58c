// Which spans a request waited for. The same algorithm as lab/traces/critical_path.py, where it is
// explained; a test compares the two.

// A span is closed a little after the work it measures; ending this much late is no evidence.
const LATE_US = 1000;

/** `[{span, start, end}]` in order of time: they cover the root's interval without gap or overlap. */
export function criticalPath(trace) {
  const {root} = trace;
  const found = [];
  const stack = [{visit: root, start: root.start, end: root.end}];
  while (stack.length) {
    const top = stack.pop();
    if (top.span) found.push(top);
    else stack.push(...pieces(top).reverse());
  }
  return found.reverse();
}

/** By span id: microseconds of the path that are the span's own. */
export function criticalSelfTime(trace, path = criticalPath(trace)) {
  const own = new Map(trace.spans.map(span => [span.id, 0]));
  for (const {span, start, end} of path) own.set(span.id, own.get(span.id) + end - start);
  return own;
}

/** By span id: the duration less the union of the children's intervals inside it. */
export function selfTime(trace) {
  return new Map(trace.spans.map(span => [span.id, span.duration - coveredBy(span)]));
}

function pieces({visit, start, end}) {
  const found = [];
  let cursor = end;
  for (const part of waitedFor(visit, start, end)) {
    if (part.end > cursor) continue;
    if (part.end < cursor) found.push({span: visit, start: part.end, end: cursor});
    found.push(part);
    cursor = part.start;
  }
  if (start < cursor) found.push({span: visit, start, end: cursor});
  return found;
}

/** The children with what of their interval lies inside, the last to finish first. */
function waitedFor(span, from, to) {
  return span.children
    .map(child => ({visit: child, start: Math.max(child.start, from), end: Math.min(child.end, to)}))
    .filter(part => part.start < part.end && !isLeftBehind(span, part.visit))
    .sort((a, b) => b.end - a.end || b.visit.end - a.visit.end || a.start - b.start);
}

function isLeftBehind(parent, child) {
  return child.service === parent.service && child.end > parent.end + LATE_US;
}

function coveredBy(span) {
  let covered = 0;
  let reached = span.start;
  for (const child of span.children) {
    const end = Math.min(child.end, span.end);
    covered += Math.max(0, end - Math.max(child.start, reached));
    reached = Math.max(reached, end);
  }
  return covered;
}
