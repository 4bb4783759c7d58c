"""What a command printed, as a picture of a terminal: an SVG that loads nothing."""

import io

from rich.console import Console
from rich.terminal_theme import DEFAULT_TERMINAL_THEME
from rich.text import Text

FAINT, SEEN = "rgba(255,255,255,0.35)", "#c9d0d9"
# Rich's own has a font from a content network. The text keeps its columns in any font.
FORMAT = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, Menlo, Consolas, "Liberation Mono", monospace;
  font-size: {char_height}px; line-height: {line_height}px; font-variant-east-asian: full-width; }}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/>
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def svg(command: str, printed: str, *, width: int) -> str:
    """A command and the text it printed, with its ANSI colours, ``width`` columns wide."""
    console = Console(record=True, file=io.StringIO(), width=width, force_terminal=True)
    console.print(Text.assemble(("$ ", "dim"), (command, "bold")))
    console.print(Text.from_ansi(printed.rstrip()))
    picture = console.export_svg(
        title="TraceLab", theme=DEFAULT_TERMINAL_THEME, code_format=FORMAT, unique_id="terminal"
    )
    return picture.replace(FAINT, SEEN)  # the window's edge, on a white page
