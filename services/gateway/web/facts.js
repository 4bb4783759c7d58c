/** What an answer took: the time of each stage, tokens, cost. */

import {duration, h, whole} from "./dom.js";

const STAGES = ["cache", "retrieve", "rerank", "generate"];
const TOLD = {
  cache: "look-up and storing in Redis",
  retrieve: "embedding, vector search, reading the passages",
  rerank: "scoring the passages against the question",
  generate: "the prompt and the model’s answer",
  gateway: "the gateway’s own time",
};

/** Times in order: [{name, ms, share}], with what no stage took as `gateway`. */
export function stages(timings) {
  const named = Object.keys(timings).filter(name => name !== "total");
  const order = [...STAGES.filter(name => named.includes(name)), ...named.filter(name => !STAGES.includes(name))];
  const found = order.map(name => ({name, ms: timings[name]}));
  const rest = timings.total - found.reduce((sum, stage) => sum + stage.ms, 0);
  found.push({name: "gateway", ms: Math.max(0, rest)});
  return found.map(stage => ({...stage, share: timings.total ? stage.ms / timings.total : 0}));
}

/** The card with bars. */
export function timeCard(answer) {
  const found = stages(answer.timings_ms);
  return h("section", {class: "card time", "aria-labelledby": "time-title"},
    h("h2", {id: "time-title"}, "Time ", h("span", {class: "total"}, duration(answer.timings_ms.total))),
    h("table", null, h("tbody", null, found.map(stage => {
      const fill = h("i", {class: `fill ${stage.name}`});
      fill.style.width = `${(stage.share * 100).toFixed(2)}%`;
      return h("tr", {title: TOLD[stage.name]},
        h("th", {scope: "row"}, stage.name),
        h("td", {class: "bar", "aria-hidden": "true"}, h("span", null, fill)),
        h("td", {class: "figure"}, duration(stage.ms)),
        h("td", {class: "figure share"}, percent(stage.share)));
    }))));
}

function percent(share) {
  const found = share * 100;
  return found > 0 && found < 1 ? "< 1 %" : `${found.toFixed(0)} %`;
}

/** The card with tokens and money; what a cached answer once took is told as such. */
export function costCard(answer, model) {
  const {prompt_tokens: prompt, completion_tokens: completion} = answer.usage;
  const fact = (name, ...value) => h("div", null, h("dt", null, name), h("dd", null, ...value));
  return h("section", {class: "card", "aria-labelledby": "cost-title"},
    h("h2", {id: "cost-title"}, "Cost"),
    h("dl", null,
      fact("Answered by", answer.cached
        ? h("span", {class: "badge good"}, "cache")
        : h("span", {class: "badge"}, model)),
      fact("Cost", answer.cached ? "$0, the cache is free" : `$${answer.cost_usd.toFixed(4)}`),
      fact(answer.cached ? "Tokens then" : "Tokens", `${whole(prompt)} in, ${whole(completion)} out`)));
}
