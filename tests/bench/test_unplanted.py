"""The changes that nobody planted fit the code as it is."""

import shutil
from pathlib import Path

import pytest

from bench.unplanted import Change, changed, changes
from lab.settings import ROOT

CHANGES = changes()


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.truth.case)
def test_a_change_can_be_made_and_is_taken_back(change: Change, tmp_path: Path) -> None:
    """What comes out compiles and has a function to be blamed, if any; nothing of it stays."""
    shutil.copytree(ROOT / "services", tmp_path / "services")
    before = {edit.file: (tmp_path / edit.file).read_text() for edit in change.edits}
    with changed(tmp_path, change):
        texts = [(tmp_path / edit.file).read_text() for edit in change.edits]
        for text in texts:
            compile(text, "changed.py", "exec")
        assert all(text not in before.values() for text in texts)
        guilty = change.truth.functions
        assert not guilty or any(f"def {name}(" in text for text in texts for name in guilty)
    assert {file: (tmp_path / file).read_text() for file in before} == before


def test_no_change_is_of_the_catalogue_of_faults() -> None:
    """They are told apart by their names, and each has its own."""
    names = [change.truth.case for change in CHANGES]
    assert len(set(names)) == len(names) >= 15
    assert not any(
        change.truth.case in (ROOT / "seed/faults.toml").read_text() for change in CHANGES
    )
