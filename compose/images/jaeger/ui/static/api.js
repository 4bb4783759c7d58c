// Jaeger's query API, and what to tell where it gives no answer.

const PATIENCE_MS = 60_000;
const PAUSE_MS = 400;

/** Why there is nothing to show: `kind` is "unreachable", "refused" or "missing". */
export class Problem extends Error {
  constructor(kind, title, detail) {
    super(title);
    this.kind = kind;
    this.detail = detail;
  }
}

/** The names of the services that sent spans, in order. */
export async function services() {
  return (await ask("api/services")).sort();
}

/** The names of a service's spans, in order. */
export async function operations(service) {
  return (await ask(`api/services/${encodeURIComponent(service)}/operations`)).sort();
}

/** Traces as Jaeger's JSON, the newest that match; `wanted` holds the API's parameters. */
export async function traces(wanted) {
  return ask(`api/traces?${new URLSearchParams(wanted)}`);
}

/** One trace as Jaeger's JSON. */
export async function trace(id) {
  // Asked for in this way, one that isn't there is no failed request in the browser's eyes.
  const found = await ask(`api/traces?traceID=${id}`);
  if (!found.length) throw missing();
  return found[0];
}

async function ask(path) {
  const {status, isOk, told} = await reach(path);
  if (status === 404) throw missing();
  if (isOk && told && "data" in told) return told.data ?? [];
  const said = told?.errors?.[0]?.msg ?? `it answered with status ${status}`;
  if (status < 500) throw new Problem("refused", "Jaeger doesn't understand this", said);
  throw new Problem("unreachable", "Jaeger can't answer", said);
}

/** Asked twice if need be: see guard.js for what breaks off a request. */
async function reach(path, isAgain = false) {
  try {
    const answer = await fetch(path, {signal: AbortSignal.timeout(PATIENCE_MS), headers: {accept: "application/json"}});
    return {status: answer.status, isOk: answer.ok, told: readJson(await answer.text())};
  } catch {
    if (isAgain) throw new Problem("unreachable", "Jaeger doesn't answer", "Nothing answers at this address any more.");
    await new Promise(resolve => setTimeout(resolve, PAUSE_MS));
    return reach(path, true);
  }
}

function readJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function missing() {
  return new Problem("missing", "Jaeger has no such trace", "");
}
