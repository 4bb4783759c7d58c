/** The ask page: sends questions, shows what comes back, keeps it in the browser's history. */

import {answerText, sourceList} from "./answer.js";
import {copyButton, h} from "./dom.js";
import {problem} from "./errors.js";
import {costCard, timeCard} from "./facts.js";
import {sampledTraceparent, traceCard} from "./trace.js";

const USER = "page";
const form = document.getElementById("ask");
const question = document.getElementById("question");
const model = document.getElementById("model");
const topK = document.getElementById("top-k");
const trace = document.getElementById("trace");
const fresh = document.getElementById("fresh");
const examples = document.getElementById("examples");
const result = document.getElementById("result");
const status = document.getElementById("status");
// Not what the fields hold: a browser may have put back what they held before a reload.
const first = [...model.options].find(one => one.defaultSelected) ?? model.options[0];
const usual = {model: first.value, topK: topK.defaultValue};

let asking = null; // ends what is being asked or waited for now

function asked() {
  return {
    question: question.value.trim(), model: model.value, topK: Number(topK.value),
    trace: trace.checked, fresh: fresh.checked,
  };
}

function address(request) {
  const found = new URLSearchParams({q: request.question});
  if (request.model !== usual.model) found.set("model", request.model);
  if (String(request.topK) !== usual.topK) found.set("top_k", String(request.topK));
  if (request.trace) found.set("trace", "1");
  if (request.fresh) found.set("fresh", "1");
  return `/?${found}`;
}

/** Fills the form from an address, whoever wrote it; nothing is sent until someone asks. */
function fill(search) {
  const found = new URLSearchParams(search);
  set({
    question: found.get("q") ?? "",
    model: found.get("model") ?? usual.model,
    topK: found.get("top_k") ?? usual.topK,
    trace: found.get("trace") === "1", fresh: found.get("fresh") === "1",
  });
}

function set(request) {
  question.value = request.question;
  model.value = request.model;
  if (!model.value) model.value = usual.model;
  topK.value = request.topK;
  trace.checked = request.trace;
  fresh.checked = request.fresh;
  grow();
}

async function ask() {
  const request = asked();
  if (!request.question) {
    question.value = "";
    question.focus();
    return;
  }
  const signal = restart();
  const url = address(request);
  if (url === location.pathname + location.search) history.replaceState(null, "", url);
  else history.pushState(null, "", url);
  const stop = showProgress(request);
  const outcome = await send(request, signal);
  stop();
  if (signal.aborted) return;
  history.replaceState({request, outcome}, "", url);
  const untouched = question.value.trim() === request.question;
  show(request, outcome);
  if (!untouched) return;
  const outcomeTitle = document.getElementById("outcome");
  outcomeTitle.focus({preventScroll: true});
  outcomeTitle.scrollIntoView({block: "nearest"});
}

/** Ends what goes on, and returns the signal of what begins. */
function restart() {
  asking?.abort();
  asking = new AbortController();
  return asking.signal;
}

async function send(request, signal) {
  const headers = {"content-type": "application/json"};
  if (request.trace) headers.traceparent = sampledTraceparent();
  if (request.fresh) headers["cache-control"] = "no-cache";
  const body = JSON.stringify({question: request.question, user_id: USER, model: request.model, top_k: request.topK});
  try {
    const response = await fetch("/query", {method: "POST", headers, body, signal});
    const text = await response.text();
    let said = null;
    try { said = JSON.parse(text); } catch { /* shown as what it is: no answer of the gateway's */ }
    return {status: response.status, told: response.headers.get("traceresponse"), said, atMs: Date.now()};
  } catch {
    return {status: 0, told: null, said: null, atMs: Date.now()};
  }
}

function showProgress(request) {
  const began = performance.now();
  const elapsed = h("span", {class: "figure", "aria-hidden": "true"}, "0.0 s");
  examples.hidden = true;
  status.textContent = "Asking.";
  result.replaceChildren(h("section", {class: "card progress"},
    h("p", {class: "asked"}, request.question),
    h("p", {class: "row"}, h("span", {class: "spinner", "aria-hidden": "true"}), "Asking ", request.model, "… ", elapsed,
      h("button", {type: "button", onclick: () => cancel()}, "Cancel"))));
  const timer = setInterval(() => { elapsed.textContent = `${((performance.now() - began) / 1000).toFixed(1)} s`; }, 100);
  asking.signal.addEventListener("abort", () => clearInterval(timer));
  return () => clearInterval(timer);
}

function cancel() {
  asking?.abort();
  result.replaceChildren();
  examples.hidden = false;
  status.textContent = "Cancelled.";
  question.focus();
}

function show(request, outcome) {
  const {status: code, said, told, atMs} = outcome;
  examples.hidden = true;
  document.title = `${request.question.slice(0, 60)} · TraceLab`;
  const again = change => {
    set({...request, ...change});
    form.requestSubmit();
  };
  const answered = code === 200 && said;
  const side = answered || told
    ? [traceCard({
      told, cached: Boolean(said?.cached), atMs, again: () => again({trace: true}), signal: asking.signal,
    })] : [];
  if (answered) side.push(timeCard(said), costCard(said, request.model));
  result.replaceChildren(
    answered ? answerCard(request, said) : problem(outcome, () => again({})),
    h("div", {class: "side"}, side),
    answered ? sourceCard(said.sources) : "",
    curl(request));
  status.textContent = answered ? "Answered." : "";
}

function answerCard(request, said) {
  return h("section", {class: "card answer", "aria-labelledby": "outcome"},
    h("h2", {id: "outcome", tabindex: "-1", class: "asked"}, request.question),
    answerText(said.answer, said.sources));
}

function sourceCard(sources) {
  return h("section", {class: "card", "aria-labelledby": "sources-title"},
    h("h2", {id: "sources-title"}, "Sources"),
    sourceList(sources));
}

function curl(request) {
  const quoted = text => `'${text.replaceAll("'", "'\\''")}'`;
  const body = JSON.stringify({question: request.question, user_id: USER, model: request.model, top_k: request.topK});
  const parts = [`curl -i ${location.origin}/query -H 'content-type: application/json'`];
  if (request.fresh) parts.push("-H 'cache-control: no-cache'");
  if (request.trace) parts.push(`-H 'traceparent: ${sampledTraceparent()}'`);
  parts.push(`-d ${quoted(body)}`);
  const text = parts.join(" \\\n  ");
  return h("details", {class: "curl"}, h("summary", null, "The same with curl"),
    h("pre", {tabindex: "0"}, text), copyButton(text, "the command"));
}

function restore() {
  const signal = restart();
  fill(location.search);
  const {request, outcome} = history.state ?? {};
  if (request && outcome && !signal.aborted) {
    show(request, outcome);
    return;
  }
  result.replaceChildren();
  examples.hidden = false;
  status.textContent = "";
  document.title = "Ask · TraceLab";
  question.focus();
}

function grow() {
  question.style.height = "auto";
  question.style.height = `${question.scrollHeight + 2}px`;
}

form.addEventListener("submit", event => { event.preventDefault(); ask(); });
question.addEventListener("input", grow);
question.addEventListener("keydown", event => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  form.requestSubmit();
});
for (const button of examples.querySelectorAll("button")) {
  button.addEventListener("click", () => { question.value = button.textContent; grow(); form.requestSubmit(); });
}
addEventListener("popstate", restore);
restore();
