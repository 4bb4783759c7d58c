// A trace that is shown before all of it has come: each service sends its spans every five seconds,
// on a clock of its own.

import { trace as fetchTrace } from "./api.js";
import { count } from "./format.js";
import { parseTrace } from "./model.js";

const ENTRY = "gateway";
const SETTLED_MS = 6_000;
// A span that isn't there may end, and so be sent, later than all that are.
const SETTLED_TORN_MS = 12_000;
const PAUSE_MS = 1_500;
// For a clock that is ahead of this one.
const LOOKS = 12;

/** Look for more of a young trace: `grown(trace)` is told each larger one, `say(text)` how it stands. */
export async function follow(trace, grown, say) {
  let latest = trace;
  let hasFailed = false;
  for (let look = 0; look < LOOKS && isYoung(latest); look++) {
    say(`More of its spans may be on their way: ${count(latest.spans.length, "span")} so far.`);
    await new Promise(resolve => setTimeout(resolve, PAUSE_MS));
    const found = await fetchTrace(trace.id).then(parseTrace).catch(() => null);
    hasFailed = !found;
    if (!found || found.spans.length <= latest.spans.length) continue;
    latest = found;
    grown(latest);
  }
  say(hasFailed ? "Jaeger doesn't answer any more: some of its spans may be missing." : "");
}

function isYoung(trace, nowMs = Date.now()) {
  const settledMs = trace.roots.some(lacksItsParent) ? SETTLED_TORN_MS : SETTLED_MS;
  return nowMs - trace.end / 1000 < settledMs;
}

/** Where requests enter the lab, a parent is the caller's and never comes. */
function lacksItsParent(root) {
  return root.parentId && !(root.service === ENTRY && root.kind === "server");
}
