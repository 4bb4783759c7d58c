"""What can be measured of how a page looks: contrast, names of controls, room."""

from typing import Any

from playwright.sync_api import Page

# Source of the formula: WCAG 2.2, relative luminance and contrast ratio.
CONTRAST = """() => {
  const ink = Object.assign(document.createElement("canvas"), {width: 1, height: 1})
    .getContext("2d", {willReadFrequently: true});
  const rgba = colour => {
    ink.clearRect(0, 0, 1, 1);
    ink.fillStyle = colour;
    ink.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = ink.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, below) => [0, 1, 2].map(i => top[i] * top[3] + below[i] * (1 - top[3]));
  const ground = element => {
    const layers = [];
    for (let one = element; one; one = one.parentElement) {
      layers.push(rgba(getComputedStyle(one).backgroundColor));
    }
    return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255]);
  };
  const luminance = colour => colour
    .map(value => value / 255)
    .map(value => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
    .reduce((sum, value, i) => sum + value * [0.2126, 0.7152, 0.0722][i], 0);
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const text = walker.currentNode.textContent.trim();
    if (!text || !element.checkVisibility() || element.closest("script, style, option")) continue;
    const style = getComputedStyle(element);
    const below = ground(element);
    const isSvg = element instanceof SVGElement;
    const above = over(rgba(isSvg ? style.fill : style.color), below);
    const [dark, light] = [luminance(below), luminance(above)].sort((a, b) => a - b);
    const ratio = (light + 0.05) / (dark + 0.05);
    if (ratio < 4.5) found.push(`${ratio.toFixed(2)} ${text.slice(0, 40)}`);
  }
  return found;
}"""

NAMELESS = """() => [...document.querySelectorAll("a, button, input, select, [role=slider]")]
  .filter(one => one.checkVisibility())
  .filter(one => !(one.getAttribute("aria-label") || one.textContent.trim() || one.labels?.length))
  .map(one => one.outerHTML.slice(0, 80))"""

TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def assert_readable(page: Page) -> None:
    """All texts have a contrast of 4.5 to 1, all controls a name, and nothing juts out."""
    found: dict[str, Any] = {
        "low contrast": page.evaluate(CONTRAST),
        "controls without a name": page.evaluate(NAMELESS),
        "too wide by": page.evaluate(TOO_WIDE),
    }
    assert found == {"low contrast": [], "controls without a name": [], "too wide by": 0}
