// What an address remembers of a waterfall: the search as Jaeger's own pages do, span and range.

// Browsers refuse to change an address as often as a pointer moves.
const PAUSE_MS = 200;

let untold = null;
let timer = null;

/** The view that this page's address asks for. */
export function remembered() {
  const told = new URLSearchParams(location.search);
  const range = (told.get("range") ?? "").split("-").map(Number);
  return {find: told.get("uiFind") ?? "", span: told.get("span"), range: range.length === 2 && range[0] < range[1] ? range : null};
}

/** Keep a view in the address once it stands still, at the latest when the page is left. */
export function remember(view) {
  untold = view;
  clearTimeout(timer);
  timer = setTimeout(write, PAUSE_MS);
}

function write() {
  clearTimeout(timer);
  if (!untold) return;
  const {find, span, range} = untold;
  untold = null;
  const told = new URLSearchParams();
  if (find) told.set("uiFind", find);
  if (span) told.set("span", span);
  if (range) told.set("range", range.map(share => Number(share.toFixed(6))).join("-"));
  const text = told.toString();
  history.replaceState(null, "", location.pathname + (text ? `?${text}` : ""));
}

addEventListener("pagehide", write);
