/** Building blocks of the page's parts. */

/** An element; `attributes` whose value is null, undefined or false are left out. */
export function h(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat().filter(child => child !== null && child !== undefined));
  return element;
}

/** A link to another site or program of the lab, in a tab of its own. */
export function outward(href, attributes, ...children) {
  return h("a", {href, target: "_blank", rel: "noopener", ...attributes}, ...children);
}

/** A button that copies a text and says so: to those who hear the page, too. */
export function copyButton(text, what) {
  const said = h("span", null, "Copy");
  return h("button", {type: "button", class: "small", "aria-live": "polite", onclick: async () => {
    const done = await navigator.clipboard.writeText(text).then(() => true, () => false);
    said.textContent = done ? "Copied" : "Can’t copy";
    setTimeout(() => { said.textContent = "Copy"; }, 1500);
  }}, said, h("span", {class: "unseen"}, ` ${what}`));
}

/** Milliseconds as a person reads them: "0.4 ms", "23 ms", "1.24 s". */
export function duration(ms) {
  if (ms >= 1000) return `${(ms / 1000).toFixed(2)} s`;
  return ms >= 10 ? `${ms.toFixed(0)} ms` : `${ms.toFixed(1)} ms`;
}

/** A whole number with its thousands apart. */
export function whole(number) {
  return number.toLocaleString("en");
}
