// The lab's other pages: their ports are as far from the usual ones as this page's is.

const JAEGER_PORT = 16686;
const GATEWAY_PORT = 8000;
const DATADOG_PORT = 8127;
const LOW_DIGITS = 16;

/** The page to ask a question from. */
export function askPage() {
  return at(GATEWAY_PORT, "/");
}

/** Datadog's viewer, of one trace if its id is given: it knows the lower half only, in decimal. */
export function datadogPage(traceId) {
  return at(DATADOG_PORT, traceId ? `/traces/${BigInt(`0x${traceId.slice(-LOW_DIGITS)}`)}` : "/requests");
}

function at(port, path) {
  return `http://${location.hostname}:${port + Number(location.port) - JAEGER_PORT}${path}`;
}
