// What of a row is solid, in so few pieces that a row of thousands of segments stays light.

// A gap that no screen shows.
const TOUCHING = 1e-6;

/**
 * Intervals `[from, to]` in order of time within 0 to 1, those that touch as one. More than `most`
 * are drawn by equal parts of the row: each is solid for as long as all in it together.
 */
export function stretches(intervals, most) {
  const joined = joinTouching(intervals.map(([from, to]) => [Math.max(0, from), Math.min(1, to)]));
  return joined.length > most ? sumUpParts(joined, most) : joined;
}

function joinTouching(intervals) {
  const found = [];
  for (const [from, to] of intervals.filter(([from, to]) => from < to).sort((a, b) => a[0] - b[0])) {
    const last = found.at(-1);
    if (last && from - last[1] <= TOUCHING) last[1] = Math.max(last[1], to);
    else found.push([from, to]);
  }
  return found;
}

function sumUpParts(intervals, most) {
  const sums = new Array(most).fill(0);
  for (const [from, to] of intervals) {
    for (let part = Math.floor(from * most); part < most && part / most < to; part++) {
      sums[part] += Math.max(0, Math.min(to, (part + 1) / most) - Math.max(from, part / most));
    }
  }
  return joinTouching(sums.map((sum, part) => [part / most, part / most + sum]));
}
