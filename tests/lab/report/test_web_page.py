"""Modules put together into one script."""

from pathlib import Path

import pytest

from lab.errors import LabError
from lab.report import web_page


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The one folder that files are looked for in."""
    monkeypatch.setattr(web_page, "FOLDERS", (tmp_path,))
    return tmp_path


def test_each_module_comes_once_and_before_those_that_need_it(folder: Path) -> None:
    """Imports and exports are gone, all else is as it was."""
    (folder / "a.js").write_text('import { b } from "./b.js";\nimport { c } from "./c.js";\na();\n')
    (folder / "b.js").write_text('import { c } from "./c.js";\n\nexport function b() {}\n')
    (folder / "c.js").write_text("export const c = 1;\n// export what you like\n")
    assert web_page.script("a.js") == (
        "const c = 1;\n// export what you like\n\n\nfunction b() {}\n\na();\n"
    )


@pytest.mark.parametrize(
    "line",
    [
        'import { b as c } from "./b.js";',
        'import * as b from "./b.js";',
        "export default b;",
        'export { b } from "./b.js";',
    ],
)
def test_what_cannot_be_put_together_is_an_error(folder: Path, line: str) -> None:
    """Better than a page that is silently broken."""
    (folder / "b.js").write_text("")
    (folder / "a.js").write_text(f"{line}\n")
    with pytest.raises(LabError, match=r"a\.js can't be put into one page"):
        web_page.script("a.js")


def test_a_missing_file_is_an_error(folder: Path) -> None:
    """It says where it was looked for."""
    with pytest.raises(LabError, match=r"there is no x\.css"):
        web_page.style(["x.css"])
