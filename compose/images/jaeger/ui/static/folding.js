// The application's spans with the client calls they make folded in, as in lab/traces/folding.py: the time
// of an HTTP, SQL or Redis call belongs to the nearest span above it that the application made.

/** Client spans that the application makes itself; the trace contract names them. */
export const APPLICATION = new Set([
  "retrieve", "rerank", "generate", "cache", "embed", "pinecone.query", "load_passages", "score",
  "serialize_prompt", "openai.generate",
]);

/** The span that a span's time belongs to, often itself. */
export function ownerOf(trace, span) {
  let owner = span;
  while (!isApplication(owner)) {
    const parent = trace.byId.get(owner.parentId);
    if (!parent || parent.service !== span.service) return span;
    owner = parent;
  }
  return owner;
}

/**
 * `[{span, own}]`: the application's spans with the microseconds of the critical path that are
 * theirs or their client calls', the longest first.
 */
export function ranked(trace, critical) {
  const own = new Map();
  for (const span of trace.spans) {
    const owner = ownerOf(trace, span);
    own.set(owner, (own.get(owner) ?? 0) + critical.get(span.id));
  }
  return trace.spans
    .filter(span => own.get(span))
    .map(span => ({span, own: own.get(span)}))
    .sort((a, b) => b.own - a.own);
}

function isApplication(span) {
  return span.kind.toLowerCase() !== "client" || APPLICATION.has(span.name);
}
