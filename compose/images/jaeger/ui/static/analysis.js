// What the waterfall shows of a trace beyond its spans: who was waited for, and for how long.

import { criticalPath, criticalSelfTime, selfTime } from "./critical_path.js";
import { ranked } from "./folding.js";
import { coloursOf } from "./labels.js";

/**
 * `{path, critical, own, segments, ranking, colours}`: the critical path, by span id what of it is
 * the span's own, its self time, its segments, the application's spans by what was waited for
 * (client calls folded in), and the services' colours. `known` is the path as `[id, start, end]`
 * where it is known already.
 */
export function analyse(trace, known) {
  const path = known ? known.map(([id, start, end]) => ({span: trace.byId.get(id), start, end})) : criticalPath(trace);
  const critical = criticalSelfTime(trace, path);
  const segments = new Map();
  for (const segment of path) {
    if (!segments.has(segment.span.id)) segments.set(segment.span.id, []);
    segments.get(segment.span.id).push(segment);
  }
  return {
    path, critical, segments,
    own: selfTime(trace),
    ranking: ranked(trace, critical),
    colours: coloursOf(trace.services),
  };
}
