"""The folder of a report is whole or not there."""

from pathlib import Path

import pytest

from lab.errors import LabError
from lab.report import folder as reports

NOW_S = 1_700_000_000.0


def test_a_report_is_named_by_its_utc_time(tmp_path: Path) -> None:
    """Two reports of one second get different names."""
    first = reports.reserve(tmp_path, NOW_S)
    assert first.name == "2023-11-14T22-13-20Z"
    reports.write(first, {"profile.json": b"{}"})
    assert reports.reserve(tmp_path, NOW_S).name == "2023-11-14T22-13-20Z-2"


def test_all_files_are_written_and_nothing_else_is_left(tmp_path: Path) -> None:
    """The report's folder appears with all its files; no unfinished one stays."""
    reports.write(tmp_path / "reports" / "r", {"a.svg": b"<svg/>", "b.md": b"# b"})
    assert [p.name for p in (tmp_path / "reports").iterdir()] == ["r"]
    assert (tmp_path / "reports" / "r" / "a.svg").read_bytes() == b"<svg/>"
    assert (tmp_path / "reports" / "r" / "b.md").read_bytes() == b"# b"


def test_a_report_that_can_not_be_finished_is_not_there(tmp_path: Path) -> None:
    """A file that fails leaves neither a half report nor a temporary folder."""
    with pytest.raises(LabError, match="can't write the report"):
        reports.write(tmp_path / "r", {"a.svg": b"<svg/>", "no/such/folder.md": b""})
    assert list(tmp_path.iterdir()) == []
