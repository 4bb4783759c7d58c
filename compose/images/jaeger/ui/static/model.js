// Jaeger's JSON as a trace. The same rules as lab/traces/jaeger_json.py and lab/traces/spans.py.

/** One element of `data` in Jaeger's answer. Throws where it isn't of the known shape. */
export function parseTrace(told) {
  const spans = new Map(told.spans.map(one => [one.spanID, parseSpan(one, told.processes)]));
  return traceOf(told.traceID.padStart(32, "0"), [...spans.values()]);
}

/**
 * A trace of spans: `{id, spans, byId, roots, root, services, start, end}`, the spans in order of
 * start, each with its `children` and `depth`. `root` is the longest of the roots.
 */
export function traceOf(id, unordered) {
  const spans = unordered.sort((a, b) => a.start - b.start || b.duration - a.duration || (a.id < b.id ? -1 : 1));
  const byId = new Map(spans.map(span => [span.id, span]));
  for (const span of spans) span.children = [];
  for (const span of spans) byId.get(span.parentId)?.children.push(span);
  const roots = spans.filter(span => !byId.has(span.parentId));
  const longest = among => among.reduce((best, span) => (span.duration > best.duration ? span : best));
  const freed = freeFromCycles(spans, byId, roots);
  const root = longest(roots.length ? roots : freed);
  roots.push(...freed);
  measureDepth(roots);
  return {
    id, spans, byId, roots, root,
    services: [...new Set(spans.map(span => span.service))].sort(),
    start: spans[0].start,
    end: spans.reduce((latest, span) => Math.max(latest, span.end), 0),
  };
}

/** Spans that are each other's parents hang from no root: the first of them becomes one, and is told. */
function freeFromCycles(spans, byId, roots) {
  const reached = new Set();
  const reach = span => {
    const stack = [span];
    while (stack.length) {
      const one = stack.pop();
      reached.add(one);
      stack.push(...one.children.filter(child => !reached.has(child)));
    }
  };
  roots.forEach(reach);
  const freed = [];
  for (const span of spans) {
    if (reached.has(span)) continue;
    reach(span);
    const parent = byId.get(span.parentId);
    parent.children = parent.children.filter(child => child !== span);
    span.parentId = null;
    freed.push(span);
  }
  return freed;
}

/** The spans, but the trace's root, whose parent is absent. */
export function orphans(trace) {
  return trace.roots.filter(span => span !== trace.root && span.parentId && !trace.byId.has(span.parentId));
}

function measureDepth(roots) {
  const stack = roots.map(span => [span, 0]);
  while (stack.length) {
    const [span, depth] = stack.pop();
    span.depth = depth;
    for (const child of span.children) stack.push([child, depth + 1]);
  }
}

function parseSpan(told, processes) {
  const process = processes[told.processID];
  const attributes = attributesOf(told.tags);
  return {
    id: told.spanID.padStart(16, "0"),
    parentId: parentOf(told),
    name: told.operationName,
    service: process.serviceName,
    kind: String(attributes.get("span.kind") ?? "internal"),
    start: told.startTime,
    duration: told.duration,
    end: told.startTime + told.duration,
    attributes,
    resource: attributesOf(process.tags),
    events: (told.logs ?? []).map(parseEvent),
    links: (told.references ?? []).filter(one => one.refType !== "CHILD_OF" || one.traceID !== told.traceID),
    warnings: told.warnings ?? [],
    isError: [true, "true"].includes(attributes.get("error")) || attributes.get("otel.status_code") === "ERROR",
  };
}

function parentOf(told) {
  const parent = (told.references ?? []).find(
    one => one.refType === "CHILD_OF" && one.traceID === told.traceID && one.spanID !== told.spanID,
  );
  return parent ? parent.spanID.padStart(16, "0") : null;
}

function parseEvent(log) {
  const attributes = attributesOf(log.fields);
  const name = String(attributes.get("event") ?? "event");
  attributes.delete("event");
  return {time: log.timestamp, name, attributes};
}

function attributesOf(tags) {
  return new Map((tags ?? []).map(tag => [tag.key, tag.value]));
}
