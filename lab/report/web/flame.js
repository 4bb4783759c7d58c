// Stacks as a flame graph, the outermost function on top: the wider, the more time. Zoom by click
// or Enter, walk by the arrow keys, search by name or file.

import { el } from "./dom.js";
import { duration, percent } from "./format.js";

// As in report.css.
const FRAME_PX = 22;
const LEAST_PX = 1.5;
const NAMED_PX = 28;

/**
 * A tree of functions from lines `[depth, name, file, line, ms, isOwn]` in the tree's order; name
 * and file are numbers of `texts`. Nodes are `{name, file, line, us, isOwn, depth, start, parent,
 * children}`; `start` is where in the graph they begin.
 */
export function flameTree(lines, texts) {
  const path = [];
  for (const [depth, name, file, line, ms, isOwn] of lines) {
    const parent = path[depth - 1] ?? null;
    const before = parent?.children.at(-1);
    const start = before ? before.start + before.us : parent?.start ?? 0;
    const node = {name: texts[name], file: texts[file], line, us: ms * 1000, isOwn, depth, start, parent, children: []};
    parent?.children.push(node);
    path[depth] = node;
    path.length = depth + 1;
  }
  return path[0];
}

/** A flame graph that can show one tree after another. */
export class Flame {
  constructor() {
    this.picture = el("div", {class: "flame", role: "tree", tabindex: 0, "aria-label": "Flame graph"});
    this.line = el("p", {class: "flame-line", role: "status"});
    this.tip = el("div", {class: "tip card", hidden: true, "aria-hidden": "true"});
    this.input = el("input", {type: "search", placeholder: "Search functions and files", "aria-label": "Search the flame graph", autocomplete: "off", spellcheck: "false"});
    this.found = el("output", {class: "muted number"});
    this.back = el("button", {type: "button", text: "Zoom out", disabled: true, on: {click: () => this.zoom(this.root)}});
    this.element = el("div", {class: "flame-box"},
      el("div", {class: "flame-tools"}, this.input, this.found, this.back),
      this.line, el("div", {class: "flame-holder"}, this.picture, this.tip));
    this.listen();
  }

  show(root) {
    this.root = root;
    this.active = root;
    this.wanted = this.input.value.trim().toLowerCase();
    this.zoom(root);
  }

  listen() {
    this.input.addEventListener("input", () => this.search());
    this.picture.addEventListener("click", event => {
      const node = this.nodeOf(event.target);
      if (!node) return;
      this.activate(node);
      this.zoom(node);
    });
    this.picture.addEventListener("pointermove", event => this.point(this.nodeOf(event.target), event));
    this.picture.addEventListener("pointerleave", () => this.point(null));
    this.picture.addEventListener("keydown", event => this.key(event));
    this.picture.addEventListener("blur", () => this.point(null));
    new ResizeObserver(() => this.root && this.draw()).observe(this.picture);
    addEventListener("beforeprint", () => this.root && this.draw());
  }

  zoom(node) {
    this.zoomed = node;
    this.back.disabled = node === this.root;
    this.draw();
    this.tell(node);
  }

  search() {
    this.wanted = this.input.value.trim().toLowerCase();
    this.draw();
  }

  /** Draw the zoomed function over the whole width, those above it, and what fits below. */
  draw() {
    const {zoomed} = this;
    const width = this.picture.clientWidth || 1000;
    const scale = width / (zoomed.us || 1);
    this.shown = [];
    const put = (node, left, wide) => this.shown.push({node, left, wide});
    for (let node = zoomed.parent; node; node = node.parent) put(node, 0, width);
    this.shown.reverse();
    const stack = [zoomed];
    while (stack.length) {
      const node = stack.pop();
      put(node, (node.start - zoomed.start) * scale, node.us * scale);
      stack.push(...node.children.filter(child => child.us * scale >= LEAST_PX).reverse());
    }
    const deepest = this.shown.reduce((most, {node}) => Math.max(most, node.depth), 0);
    this.picture.style.height = `${(deepest + 1) * FRAME_PX}px`;
    this.nodes = new Map(this.shown.map(({node}, index) => [String(index), node]));
    this.picture.replaceChildren(...this.shown.map((one, index) => this.box(one, index)));
    this.mark();
    this.sumUp();
  }

  box({node, left, wide}, index) {
    const isFound = this.wanted && this.matches(node);
    const classes = ["frame", node.isOwn && "own", !node.file && "whole", isFound && "found", node.depth < this.zoomed.depth && "above"];
    return el("div", {
      class: classes.filter(Boolean).join(" "), id: `frame-${index}`, "data-node": index, role: "treeitem",
      "aria-level": node.depth + 1, "aria-label": `${node.name}, ${this.told(node)}`,
      style: {left: `${left}px`, width: `${Math.max(1, wide - 1)}px`, top: `${node.depth * FRAME_PX}px`},
    }, wide >= NAMED_PX ? el("span", {text: node.name}) : null);
  }

  matches(node) {
    return node.name.toLowerCase().includes(this.wanted) || node.file.toLowerCase().includes(this.wanted);
  }

  /** How much of the whole is in matching functions, each moment counted once. */
  sumUp() {
    if (!this.wanted) {
      this.found.textContent = "";
      return;
    }
    let us = 0;
    const stack = [this.root];
    while (stack.length) {
      const node = stack.pop();
      if (this.matches(node)) us += node.us;
      else stack.push(...node.children);
    }
    this.found.textContent = us ? `${duration(us)}, ${percent(us / this.root.us)}` : "none";
  }

  told(node) {
    const own = node.us - node.children.reduce((sum, child) => sum + child.us, 0);
    return `${duration(node.us)}, ${percent(node.us / (this.root.us || 1))}, itself ${duration(Math.max(0, own))}`;
  }

  tell(node) {
    this.line.replaceChildren(el("b", {class: "mono", text: node.name}), ` ${this.told(node)} `,
      node.file ? el("span", {class: "muted mono", text: placeOf(node)}) : "");
  }

  point(node, event) {
    this.tip.hidden = !node;
    if (!node) return;
    const box = this.picture.getBoundingClientRect();
    const x = (event?.clientX ?? box.left + this.leftOf(node)) - box.left;
    this.tip.replaceChildren(el("b", {class: "mono", text: node.name}), el("span", {text: this.told(node)}),
      node.file ? el("span", {class: "muted mono", text: placeOf(node)}) : "");
    const room = Math.max(0, box.width - this.tip.offsetWidth);
    this.tip.style.left = `${Math.max(0, Math.min(x - 20, room))}px`;
    this.tip.style.top = `${(node.depth + 1) * FRAME_PX + 6}px`;
  }

  leftOf(node) {
    return this.shown.find(one => one.node === node)?.left ?? 0;
  }

  activate(node) {
    this.active = node;
    this.mark();
  }

  mark() {
    const index = this.shown.findIndex(({node}) => node === this.active);
    this.picture.querySelector(".active")?.classList.remove("active");
    this.picture.toggleAttribute("aria-activedescendant", false);
    if (index < 0) return;
    this.picture.setAttribute("aria-activedescendant", `frame-${index}`);
    this.picture.children[index].classList.add("active");
  }

  nodeOf(target) {
    const box = target.closest("[data-node]");
    return box ? this.nodes.get(box.dataset.node) : null;
  }

  key(event) {
    const node = this.active ?? this.root;
    const beside = node.parent?.children ?? [node];
    const at = beside.indexOf(node);
    const heaviest = node.children.reduce((best, child) => (!best || child.us > best.us ? child : best), null);
    const next = {ArrowUp: node.parent, ArrowDown: heaviest, ArrowLeft: beside[at - 1], ArrowRight: beside[at + 1], Home: this.root}[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (next) this.walk(next);
    else if (event.key === "Enter" || event.key === " ") this.zoom(node);
    else if (event.key === "Escape") this.zoom(this.root);
    else if (event.key === "/") this.input.focus();
    else if (!event.key.startsWith("Arrow")) return;
    event.preventDefault();
  }

  /** To a function that may be too narrow to be drawn: then zoom out or in until it is. */
  walk(node) {
    for (const wider of [node.parent ?? node, node]) {
      if (!this.shown.some(one => one.node === node)) this.zoom(wider);
    }
    this.activate(node);
    this.tell(node);
    this.point(node);
  }
}

function placeOf(node) {
  return node.line ? `${node.file}:${node.line}` : node.file;
}
