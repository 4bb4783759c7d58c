// Building elements. Text is always set as text, never parsed, as a span's name may hold anything.

const SVG = "http://www.w3.org/2000/svg";

/**
 * An element. `attributes` are set as they are; `class`, `text`, `style` (an object, so that a
 * content security policy allows it) and `on` (listeners by event) are what their names say.
 * Attributes that are null, undefined or false are left out.
 */
export function el(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

/** The same for SVG. */
export function svg(name, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

function fill(element, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key === "text") element.textContent = value;
    else if (key === "on") for (const [event, run] of Object.entries(value)) element.addEventListener(event, run);
    else if (key === "style") for (const [name, told] of Object.entries(value)) element.style.setProperty(name, told);
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat().filter(child => child !== null && child !== undefined && child !== false));
  return element;
}

/** A button that copies a text, and says so: to those who hear the page, too. */
export function copyButton(text, what) {
  const said = el("span", {text: "Copy"});
  const button = el("button", {type: "button", class: "quiet", "aria-live": "polite"},
    said, el("span", {class: "unseen", text: ` ${what}`}));
  button.addEventListener("click", async () => {
    const isDone = await navigator.clipboard.writeText(text).then(() => true, () => false);
    said.textContent = isDone ? "Copied" : "Can't copy";
    setTimeout(() => { said.textContent = "Copy"; }, 1500);
  });
  return button;
}
