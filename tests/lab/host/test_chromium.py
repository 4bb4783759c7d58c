"""Which browser is used, and what is said where there is none."""

from pathlib import Path

import pytest

from lab.errors import UnavailableError
from lab.host.chromium import find, require_installable
from lab.host.debian import Distribution

DEBIAN = Distribution("debian", "bookworm", frozenset())
UBUNTU = Distribution("ubuntu", "noble", frozenset({"debian"}))


def program(path: Path) -> Path:
    """An executable file."""
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_a_chromium_on_path_is_used(tmp_path: Path) -> None:
    """Debian's name comes before Chrome's."""
    program(tmp_path / "google-chrome")
    assert find({"PATH": str(tmp_path)}) == tmp_path / "google-chrome"
    program(tmp_path / "chromium")
    assert find({"PATH": str(tmp_path)}) == tmp_path / "chromium"


def test_none_is_found_on_an_empty_path(tmp_path: Path) -> None:
    """A machine without a browser."""
    assert find({"PATH": str(tmp_path)}) is None


def test_the_browser_of_ones_choice_comes_first(tmp_path: Path) -> None:
    """TRACELAB_CHROMIUM is used whatever is on PATH."""
    program(tmp_path / "chromium")
    mine = program(tmp_path / "mine")
    assert find({"PATH": str(tmp_path), "TRACELAB_CHROMIUM": str(mine)}) == mine


def test_a_choice_that_cannot_be_run_is_an_error(tmp_path: Path) -> None:
    """A file that isn't there or isn't executable is named, not passed over."""
    for wrong in (tmp_path / "missing", tmp_path):
        with pytest.raises(UnavailableError, match=r"TRACELAB_CHROMIUM is .*can't be run"):
            find({"PATH": "/usr/bin", "TRACELAB_CHROMIUM": str(wrong)})


def test_root_on_debian_gets_one_installed() -> None:
    """Nothing stands in the way of installing there."""
    require_installable(DEBIAN, is_root=True)


def test_another_user_is_told_the_command() -> None:
    """On Debian one command of root's is missing."""
    with pytest.raises(UnavailableError, match="sudo apt-get install -y chromium"):
        require_installable(DEBIAN, is_root=False)


def test_elsewhere_one_brings_it_oneself() -> None:
    """Ubuntu's package is a link to a snap; it is not installed."""
    with pytest.raises(UnavailableError, match="TRACELAB_CHROMIUM="):
        require_installable(UBUNTU, is_root=True)
