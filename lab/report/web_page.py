"""Style sheets and scripts of the lab's pages, put together for a page that is one file."""

import re
from collections.abc import Iterable

from lab.errors import LabError
from lab.settings import ROOT

FOLDERS = (ROOT / "lab/report/web", ROOT / "compose/images/jaeger/ui/static")
IMPORT = re.compile(r'^import \{ \w+(?:, \w+)* \} from "\./([\w.]+)";\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?=async |class |const |function )", re.MULTILINE)
LEFT_OVER = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)


def style(names: Iterable[str]) -> str:
    """The style sheets of those names, one after another."""
    return "\n".join(text(name) for name in names)


def script(name: str) -> str:
    """A module with all that it imports, each module once and before those that need it.

    All share one scope, so no two may define the same name at their top; a browser says so. Raises
    LabError for an import or export of another form than `import { a, b } from "./c.js"` and
    `export function`.
    """
    found: dict[str, str] = {}
    _gather(name, found)
    return "\n".join(found.values())


def _gather(name: str, found: dict[str, str]) -> None:
    source = text(name)
    for needed in IMPORT.findall(source):
        if needed not in found:
            _gather(needed, found)
    plain = EXPORT.sub("", IMPORT.sub("", source))
    left_over = LEFT_OVER.search(plain)
    if left_over:
        raise LabError(f"{name} can't be put into one page: {left_over[0]}")
    found[name] = plain


def text(name: str) -> str:
    """What stands in the file of that name in the first of the folders that has one."""
    for folder in FOLDERS:
        if (folder / name).is_file():
            return (folder / name).read_text()
    raise LabError(f"there is no {name} in {' or '.join(str(folder) for folder in FOLDERS)}")
