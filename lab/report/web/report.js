// What moves in report.html: flame graphs, the waterfall, the sorting of the table.

import { el } from "./dom.js";
import { Flame, flameTree } from "./flame.js";
import { traceOf } from "./model.js";
import { Waterfall } from "./waterfall.js";

const data = JSON.parse(document.getElementById("data").textContent);

function drawFlames(place) {
  const flame = new Flame();
  const show = number => flame.show(flameTree(data.flames[number].lines, data.texts));
  const chosen = choice("Stacks of", data.flames.map(one => one.title), show, number => data.flames[number].samples);
  place.append(chosen, flame.element);
  show(0);
}

function drawTraces(place) {
  const holder = el("div");
  let shown = null;
  const show = number => {
    shown?.destroy();
    shown = new Waterfall(holder, revived(data.traces[number]), {path: data.traces[number].path});
  };
  place.append(choice("Trace", data.traces.map(one => one.title), show), holder);
  show(0);
}

/** A choice among titles; `samples(number)` tells how much the chosen one rests on. */
function choice(name, titles, show, samples) {
  const id = `choice-${name.replaceAll(" ", "-")}`;
  const select = el("select", {id}, titles.map((title, number) => el("option", {value: number, text: title})));
  const said = el("span", {class: "muted"});
  const tell = () => { said.textContent = samples ? `${samples(select.value).toLocaleString("en")} samples` : ""; };
  select.addEventListener("change", () => {
    show(Number(select.value));
    tell();
  });
  tell();
  return el("div", {class: "choice"}, el("label", {for: id, text: name}), select, said);
}

/** A trace of the report's data, as the waterfall knows traces. */
function revived(told) {
  const entries = object => new Map(Object.entries(object));
  return traceOf(told.id, told.spans.map(span => ({
    ...span,
    end: span.start + span.duration,
    attributes: entries(span.attributes),
    resource: entries(told.resources[span.resource]),
    events: span.events.map(event => ({...event, attributes: entries(event.attributes)})),
    links: [],
    warnings: [],
  })));
}

function sortable(table) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = el("button", {type: "button", class: "quiet", text: head.textContent});
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const isDown = head.getAttribute("aria-sort") !== "descending";
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", isDown ? "descending" : "ascending");
      sort(table.tBodies[0], column, isDown ? -1 : 1);
    });
  });
}

function sort(body, column, direction) {
  const value = row => {
    const {sort, textContent} = {sort: row.cells[column].dataset.sort, textContent: row.cells[column].textContent};
    return sort === undefined ? textContent : Number(sort);
  };
  const order = (a, b) => (typeof a === "number" ? a - b : a.localeCompare(b));
  body.append(...[...body.rows].sort((a, b) => direction * order(value(a), value(b))));
}

if (data.flames.length) drawFlames(document.getElementById("flames"));
drawTraces(document.getElementById("traces"));
for (const table of document.querySelectorAll("table.sortable")) sortable(table);
