/** Where a query's trace is, or why there is none. */

import {copyButton, h, outward} from "./dom.js";

const POLL_MS = 1000;
const GIVE_UP_MS = 30_000;
const FAILURES = 3;

/** {traceId, sampled} of a `traceresponse` header, null without a readable one. */
export function parseTraceresponse(header) {
  const match = /^00-([0-9a-f]{32})-[0-9a-f]{16}-([0-9a-f]{2})$/.exec(header ?? "");
  return match && {traceId: match[1], sampled: Boolean(parseInt(match[2], 16) & 1)};
}

/** The header of a query whose trace is kept whatever the sampling. */
export function sampledTraceparent() {
  const hex = bytes => [...crypto.getRandomValues(new Uint8Array(bytes))]
    .map(byte => byte.toString(16).padStart(2, "0")).join("");
  return `00-${hex(16)}-${hex(8)}-01`;
}

/** A trace's addresses: {jaeger, datadog}. Datadog names it by its lower half, in decimal. */
export function addresses(traceId, templates) {
  const low = BigInt(`0x${traceId.slice(16)}`).toString();
  const fill = template => template.replace("{trace_id}", traceId).replace("{datadog_id}", low);
  return {jaeger: fill(templates.traceUrl), datadog: fill(templates.datadogUrl)};
}

/**
 * The card about a query's trace.
 *
 * `told` is the `traceresponse` header, `cached` whether the cache answered, `atMs` when it came,
 * `again` asks the same question traced. `signal` ends the waiting for the trace.
 */
export function traceCard({told, cached, atMs, again, signal}) {
  const settings = document.body.dataset;
  const trace = parseTraceresponse(told);
  const card = h("section", {class: "card trace", "aria-labelledby": "trace-title"});
  const title = badge => h("h2", {id: "trace-title"}, "Trace ", badge);
  if (!trace?.sampled) {
    card.append(
      title(h("span", {class: "badge"}, trace ? "not kept" : "none")),
      h("p", null, trace
        ? `One query in ${settings.oneIn} is kept, and this was not the one. Tick “Trace this one” to have it kept.`
        : "The gateway didn’t name a trace: it runs without tracing."),
      trace ? h("button", {type: "button", onclick: again}, "Ask again, traced") : "");
    return card;
  }
  const links = addresses(trace.traceId, settings);
  const arrival = h("p", {class: "arrival", role: "status"}, "On its way: the services send their spans every "
    + `${settings.exportEveryS} s.`);
  card.append(
    title(h("span", {class: "badge good"}, "kept")),
    h("p", {class: "links"},
      outward(links.jaeger, {class: "button primary", id: "jaeger-link"}, "Open the trace"),
      outward(links.datadog, {class: "button", id: "datadog-link"}, "in Datadog")),
    arrival,
    h("p", {class: "id"}, h("code", null, trace.traceId), copyButton(trace.traceId, "the trace id")),
    cached ? h("p", {class: "quiet"}, "The cache answered, so its trace is short. “Fresh answer” runs every stage.") : "");
  wait(trace.traceId, links.jaeger, arrival, atMs, signal);
  return card;
}

/**
 * Each service sends on a clock of its own: what has come is all of it only after a full round.
 *
 * Chromium breaks off requests when a network comes or goes, as it does whenever a container
 * starts, so one failure says nothing yet.
 */
async function wait(traceId, address, arrival, atMs, signal) {
  const url = `${new URL(address).origin}/api/traces?traceID=${traceId}`;
  const until = Date.now() + GIVE_UP_MS;
  const settledMs = atMs + 1000 * Number(document.body.dataset.exportEveryS) + POLL_MS;
  for (let failures = 0; Date.now() < until && !signal.aborted;) {
    let spans = [];
    try {
      spans = await held(url, signal);
      failures = 0;
    } catch {
      failures += 1;
      if (failures === FAILURES && !signal.aborted) {
        arrival.textContent = `Jaeger can’t be asked from here; give it ${document.body.dataset.exportEveryS} s.`;
        return;
      }
    }
    if (spans.some(span => span.operationName === "POST /query") && Date.now() > settledMs) {
      arrival.classList.add("there");
      arrival.textContent = `Arrived: ${spans.length} spans.`;
      return;
    }
    if (spans.length) arrival.textContent = `Arriving: ${spans.length} spans so far.`;
    await new Promise(resolve => { setTimeout(resolve, POLL_MS); });
  }
  if (!signal.aborted) arrival.textContent = "It has not arrived yet. “invoke doctor” tells whether Jaeger runs.";
}

/** The spans Jaeger holds of a trace: none before it has come. */
async function held(url, signal) {
  const response = await fetch(url, {signal, credentials: "omit"});
  const found = await response.json();
  return found.data?.[0]?.spans ?? [];
}
