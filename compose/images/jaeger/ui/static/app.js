// Which page an address shows.

import { comparePage } from "./compare.js";
import { el } from "./dom.js";
import { askPage, datadogPage } from "./elsewhere.js";
import { searchPage } from "./search.js";
import { notice } from "./states.js";
import { tracePage } from "./trace.js";

const TRACE = /^\/trace\/([0-9a-f]{1,32})$/i;
const TWO = /^\/trace\/([0-9a-f]{1,32})\.\.\.([0-9a-f]{1,32})$/i;

function show(main, {pathname, search}) {
  const two = TWO.exec(pathname);
  const one = TRACE.exec(pathname);
  const chosen = new URLSearchParams(search);
  if (pathname === "/search") return searchPage(main, search);
  if (one) return tracePage(main, normal(one[1]));
  if (two) return comparePage(main, normal(two[1]), normal(two[2]));
  if (pathname === "/compare") return comparePage(main, chosen.get("a") ?? "", chosen.get("b") ?? "");
  return nowhere(main, pathname);
}

function nowhere(main, path) {
  document.title = "No such page";
  const isTrace = path.startsWith("/trace/");
  const told = isTrace
    ? "A trace id has up to 32 digits of 0-9 and a-f, as in the `trace_id` of an answer."
    : "There are /search, /trace/<id>, and /trace/<id>...<other id> for two side by side.";
  main.append(notice(isTrace ? "That is no trace id" : "No such page", [[el("code", {text: path})], [told]], {
    actions: [el("a", {class: "button", href: "/search", text: "Search for traces"})],
  }));
}

function normal(id) {
  return id.toLowerCase().padStart(32, "0");
}

// To `#main` the link can't lead: Jaeger needs <base href="/">, which would make that another page.
document.querySelector(".skip").addEventListener("click", event => {
  event.preventDefault();
  document.getElementById("main").focus();
});
document.getElementById("lookup").addEventListener("submit", event => {
  event.preventDefault();
  const id = document.getElementById("lookup-id").value.trim();
  if (id) location.assign(`/trace/${encodeURIComponent(id)}`);
});
if (location.pathname === "/") history.replaceState(null, "", `/search${location.search}`);
document.getElementById("elsewhere").append(
  el("a", {href: askPage(), text: "Ask"}), el("a", {href: datadogPage(), text: "Datadog's viewer"}));
show(document.getElementById("main"), location);
