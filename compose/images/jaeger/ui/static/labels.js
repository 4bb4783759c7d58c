// What to call a span, and which colour its service has.

const TARGETS = ["db.system.name", "db.system", "server.address", "net.peer.name"];
const ADDRESSES = ["url.full", "http.url"];
const COLOURS = 8;

/** The span's name; a client's one-word name (`POST`, `GET`) with what it speaks to. */
export function label(span) {
  if (span.kind !== "client" || /[ .]/.test(span.name)) return span.name;
  const key = TARGETS.find(one => span.attributes.get(one));
  const address = ADDRESSES.map(one => span.attributes.get(one)).find(one => one && URL.canParse(one));
  const target = key ? span.attributes.get(key) : address && new URL(address).hostname;
  return target ? `${span.name} ${target}` : span.name;
}

/** By service: the number of its colour (`--service-0` ...), the same on every page. */
export function coloursOf(services) {
  const taken = new Map();
  const used = new Set();
  for (const service of [...services].sort()) {
    let colour = hash(service) % COLOURS;
    while (used.has(colour) && used.size < COLOURS) colour = (colour + 1) % COLOURS;
    used.add(colour);
    taken.set(service, colour);
  }
  return taken;
}

/** The CSS value of a service's colour. */
export function colourOf(colours, service) {
  return `var(--service-${colours.get(service) ?? 0})`;
}

function hash(text) {
  let value = 0;
  for (const letter of text) value = (value * 31 + letter.codePointAt(0)) >>> 0;
  return value;
}
