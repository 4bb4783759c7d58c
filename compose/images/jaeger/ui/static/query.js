// A search as its address holds it, with the names that Jaeger's own pages use.

const LOOKBACK = /^(\d+)(s|m|h|d|w)$/;
const UNIT_US = {s: 1e6, m: 60e6, h: 3_600e6, d: 86_400e6, w: 604_800e6};
const DURATION = /^(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+$/;
const MOST = 1500;

export const DEFAULTS = {lookback: "24h", limit: "20"};
export const NAMES = ["service", "operation", "tags", "minDuration", "maxDuration", "lookback", "start", "end", "limit"];

/** The search in an address's query: all values text, `tags` as people write them. */
export function readQuery(text) {
  const given = new URLSearchParams(text);
  const query = Object.fromEntries(NAMES.map(name => [name, (given.get(name) ?? "").trim()]));
  query.tags = tagsText(query.tags);
  if (query.operation === "all") query.operation = "";
  if (query.start && query.end) query.lookback = "custom";
  return {...query, lookback: query.lookback || DEFAULTS.lookback, limit: query.limit || DEFAULTS.limit};
}

/** The address of a search. A look-back stays one, so that a bookmark shows what is new. */
export function addressOf(query) {
  const told = new URLSearchParams();
  const isCustom = query.lookback === "custom";
  for (const name of NAMES) {
    if (!query[name] || (["start", "end"].includes(name) && !isCustom)) continue;
    told.set(name, name === "tags" ? JSON.stringify(readTags(query.tags)) : query[name]);
  }
  return `/search?${told}`;
}

/** What is wrong with a search, by field; nothing where it can be asked. */
export function faults(query) {
  const found = {};
  for (const name of ["minDuration", "maxDuration"]) {
    if (query[name] && !DURATION.test(query[name])) found[name] = "Give number and unit: 500ms, 2s, 1m30s.";
  }
  const limit = Number(query.limit);
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST) found.limit = `A whole number from 1 to ${MOST}.`;
  if (!tagsAreRead(query.tags)) found.tags = 'Write key=value, and quotes where a value has spaces: note="two words".';
  if (query.lookback === "custom" && !(Number(query.start) < Number(query.end))) found.start = "Give a start, and an end after it.";
  else if (query.lookback !== "custom" && !LOOKBACK.test(query.lookback)) found.lookback = "Give number and unit: 15m, 24h, 7d.";
  return found;
}

/** The parameters of the API for a search. */
export function apiQuery(query, nowUs = Date.now() * 1000) {
  const isCustom = query.lookback === "custom";
  const end = isCustom ? Number(query.end) : nowUs;
  const start = isCustom ? Number(query.start) : nowUs - lookbackUs(query.lookback);
  const told = {service: query.service, start: Math.round(start), end: Math.round(end), limit: query.limit};
  for (const name of ["operation", "minDuration", "maxDuration"]) if (query[name]) told[name] = query[name];
  if (query.tags) told.tags = JSON.stringify(readTags(query.tags));
  return told;
}

/** `user_id=u7 note="two words" "a key"=1 error` as an object; a name alone is `true`. Throws if it can't be. */
export function readTags(text) {
  const found = {};
  const part = /\s*(?:"((?:[^"\\]|\\.)*)"(?==)|([^\s="]+))(?:=(?:"((?:[^"\\]|\\.)*)"|([^\s"]*)))?(?=\s|$)/y;
  const whole = text.trim();
  while (part.lastIndex < whole.length) {
    const match = part.exec(whole);
    if (!match) throw new Error("no tags");
    const [, quotedKey, bareKey, quoted, bare] = match;
    found[bareKey ?? plain(quotedKey)] = quoted === undefined ? bare ?? "true" : plain(quoted);
  }
  return found;
}

function plain(quoted) {
  return quoted.replace(/\\(.)/g, "$1");
}

/** Tags as people write them. */
export function writeTags(tags) {
  const quoted = text => (/[\s"\\=]/.test(text) || text === "" ? `"${text.replace(/["\\]/g, "\\$&")}"` : text);
  return Object.entries(tags).map(([key, value]) => `${quoted(key)}=${quoted(String(value))}`).join(" ");
}

function tagsAreRead(text) {
  try {
    readTags(text);
    return true;
  } catch {
    return false;
  }
}

/** Jaeger's addresses hold tags as JSON; written by hand they may be as people write them. */
function tagsText(text) {
  try {
    const told = JSON.parse(text);
    return told && typeof told === "object" ? writeTags(told) : text;
  } catch {
    return text;
  }
}

function lookbackUs(text) {
  const [, number, unit] = LOOKBACK.exec(text);
  return number * UNIT_US[unit];
}
