// Numbers and times as people read them. Times are microseconds unless the name says otherwise.

const UNITS = [["day", 86_400e6], ["hour", 3_600e6], ["minute", 60e6], ["second", 1e6]];

/** `4.20 s`, `182 ms`, `15.2 ms`, `2.41 ms`, `410 µs`. */
export function duration(us) {
  const size = Math.abs(us);
  if (size >= 999_500) return `${(us / 1e6).toFixed(size >= 9_995_000 ? 1 : 2)} s`;
  if (size >= 99_950) return `${Math.round(us / 1000)} ms`;
  if (size >= 999.5) return `${(us / 1000).toFixed(size >= 9_995 ? 1 : 2)} ms`;
  return `${Math.round(us)} µs`;
}

/** A duration on an axis whose marks are `step` apart, without needless digits: `1.5 s`, `200 ms`, `0`. */
export function axisDuration(us, step) {
  if (us === 0) return "0";
  const [size, unit] = us >= 1e6 ? [1e6, "s"] : us >= 1e3 ? [1e3, "ms"] : [1, "µs"];
  const digits = Math.max(0, Math.ceil(-Math.log10(step / size) - 1e-9));
  return `${Number((us / size).toFixed(digits))} ${unit}`;
}

/** A difference with its sign: `+182 ms`, `−15.2 ms`, `0`. */
export function difference(us) {
  if (Math.round(us) === 0) return "0";
  return `${us > 0 ? "+" : "−"}${duration(Math.abs(us))}`;
}

/** A share of 0 to 1: `83 %`, `0.4 %`, `0 %`. */
export function percent(share) {
  const told = share * 100;
  return `${told >= 0.05 && told < 0.95 ? told.toFixed(1) : Math.round(told)} %`;
}

/** `1 span`, `2 spans`. */
export function count(number, noun) {
  return `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
}

/** A moment in this machine's time zone: `2026-11-22 21:14:05`, milliseconds if asked for. */
export function moment(us, withMs = false) {
  const at = new Date(us / 1000);
  const two = number => String(number).padStart(2, "0");
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  const time = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  return `${day} ${time}${withMs ? `.${String(at.getMilliseconds()).padStart(3, "0")}` : ""}`;
}

/** How long ago: `3 minutes ago`. */
export function ago(us, nowUs = Date.now() * 1000) {
  const passed = Math.max(0, nowUs - us);
  const [name, length] = UNITS.find(([, unit]) => passed >= unit) ?? UNITS.at(-1);
  return `${count(Math.floor(passed / length), name)} ago`;
}

/** Round steps that divide `from` to `to` into about `wanted` parts. */
export function ticks(from, to, wanted) {
  const raw = (to - from) / wanted;
  if (!(raw > 0)) return [from];
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map(factor => factor * power).find(one => one >= raw * 0.999);
  const first = Math.ceil(from / step - 1e-9);
  const last = Math.floor(to / step + 1e-9);
  return Array.from({length: last - first + 1}, (_, index) => (first + index) * step);
}
