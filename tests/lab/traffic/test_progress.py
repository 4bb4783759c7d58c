"""The progress of traffic on a terminal."""

import io

from rich.console import Console

from lab.traffic.progress import progress


def test_a_terminal_shows_how_far_it_is() -> None:
    """Done of planned, and what failed."""
    file = io.StringIO()
    console = Console(file=file, force_terminal=True, width=80, color_system=None)
    with progress(console) as update:
        update(3, 0, 20)
        update(4, 1, 20)
    assert " 4/20" in file.getvalue()
    assert "1 failed" in file.getvalue()


def test_a_file_gets_nothing() -> None:
    """A log isn't filled with bars."""
    file = io.StringIO()
    with progress(Console(file=file)) as update:
        update(3, 0, 20)
    assert file.getvalue().strip() == ""
