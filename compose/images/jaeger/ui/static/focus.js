// The focus, kept where a part of a page is drawn anew.

const FOCUSABLE = "a, button, input, select, summary, [tabindex]";

/** What gives the focus, once `place` is drawn anew, to what is there like the element that has it now. */
export function heldFocus(place) {
  const held = document.activeElement;
  if (held === place || !place.contains(held)) return () => {};
  const name = likeness(held);
  const selection = held instanceof HTMLInputElement ? [held.selectionStart, held.selectionEnd] : null;
  return () => {
    const found = [...place.querySelectorAll(FOCUSABLE)].find(one => likeness(one) === name) ?? place;
    found.focus({preventScroll: true});
    if (selection && found !== place) found.setSelectionRange(...selection);
  };
}

function likeness(element) {
  return [element.tagName, element.id, element.getAttribute("aria-label") ?? element.textContent].join("\n");
}
