"""`invoke screenshots` on a real lab."""

import struct
from pathlib import Path

import pytest

from lab.pictures.screenshots import LAPTOP, MAX_BYTES, PHONE
from tests.integration.support import Invoke

pytestmark = pytest.mark.browser

SIZES = {
    "ask": LAPTOP,
    "ask-phone": PHONE,
    "search": LAPTOP,
    "trace": LAPTOP,
    "trace-dark": LAPTOP,
    "datadog": LAPTOP,
}


def size_of(png: bytes) -> tuple[int, int]:
    """Width and height in pixels, from the header of a PNG."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", png[16:24])
    return width, height


def test_all_pictures_are_made_small_and_of_one_size(invoke_lab: Invoke, tmp_path: Path) -> None:
    """Pages as PNG, commands as SVG, each named on stdout."""
    made = invoke_lab("screenshots", "--out", str(tmp_path))
    assert made.exit_code == 0, made.stderr
    for name, size in SIZES.items():
        assert size_of((tmp_path / f"{name}.png").read_bytes()) == size
    for name in ("terminal-checklist", "terminal-trace"):
        assert (tmp_path / f"{name}.svg").read_text(encoding="utf-8").startswith("<svg")
    for path in tmp_path.iterdir():
        assert 0 < path.stat().st_size <= MAX_BYTES
        assert path.name in made.stdout.replace("\n", "")
