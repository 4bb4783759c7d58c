"""The folder through which the services are told: whole files, kept states, all off at the end."""

import json
import stat
from itertools import pairwise
from pathlib import Path

import pytest

from lab.errors import LabError
from lab.settings import Settings
from lab.stack import control

KNOWN = ("one", "two")


@pytest.fixture(autouse=True)
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A lab that was never started."""
    monkeypatch.setattr("lab.settings.ROOT", tmp_path)
    return Settings("mine")


def flags(lab: Settings) -> dict[str, str]:
    """Each flag's variant, as flagd would read it."""
    document = json.loads((lab.control_dir / control.FLAGS).read_text())
    for flag in document["flags"].values():
        assert flag["state"] == "ENABLED"
        assert flag["variants"] == {"on": True, "off": False}
    return {name: flag["defaultVariant"] for name, flag in document["flags"].items()}


def test_every_known_flag_is_there_before_the_start(lab: Settings) -> None:
    """All off in a new lab, readable by the services' own user."""
    assert control.prepare(lab, KNOWN) == ()
    assert flags(lab) == {"one": "off", "two": "off"}
    assert stat.S_IMODE(lab.control_dir.stat().st_mode) == 0o755
    assert stat.S_IMODE((lab.control_dir / control.FLAGS).stat().st_mode) == 0o644


def test_what_is_on_stays_on_over_a_start(lab: Settings) -> None:
    """Unless the catalogue no longer has it."""
    control.prepare(lab, (*KNOWN, "old"))
    control.turn_on(lab, "old")
    assert control.turn_on(lab, "two") == ("old", "two")
    assert control.prepare(lab, (*KNOWN, "new")) == ("two",)
    assert flags(lab) == {"one": "off", "two": "on", "new": "off"}


def test_one_or_all_are_turned_off(lab: Settings) -> None:
    """What was on of those asked for is told."""
    control.prepare(lab, KNOWN)
    control.turn_on(lab, "one")
    control.turn_on(lab, "two")
    assert control.turn_off(lab, "one") == ("one",)
    assert control.turn_off(lab, "one") == ()
    assert control.on(lab) == ("two",)
    assert control.turn_off(lab) == ("two",)
    assert flags(lab) == {"one": "off", "two": "off"}


def test_a_lab_never_started_gets_no_folder(lab: Settings) -> None:
    """Turning off or resetting nothing leaves nothing behind."""
    assert control.turn_off(lab) == ()
    control.reset(lab)
    assert not lab.state_dir.exists()


def test_a_reset_turns_off_and_disarms(lab: Settings) -> None:
    """All flags stay known; every other file is gone."""
    control.prepare(lab, KNOWN)
    control.turn_on(lab, "one")
    control.write(lab, "armed.json", {"token": "x"})
    control.reset(lab)
    assert [path.name for path in lab.control_dir.iterdir()] == [control.FLAGS]
    assert flags(lab) == {"one": "off", "two": "off"}


def test_each_version_of_a_file_is_later_and_whole(lab: Settings) -> None:
    """Watchers compare times, and whoever has the old file open reads that to its end."""
    control.write(lab, "armed.json", {"number": 0})
    path = lab.control_dir / "armed.json"
    with path.open() as held:
        times_ns = [path.stat().st_mtime_ns]
        for number in range(1, 6):
            control.write(lab, "armed.json", {"number": number})
            times_ns.append(path.stat().st_mtime_ns)
        assert json.load(held) == {"number": 0}
    assert all(later - sooner >= control.CLOCK_STEP_NS for sooner, later in pairwise(times_ns))
    assert json.loads(path.read_text()) == {"number": 5}
    assert [one.name for one in lab.control_dir.iterdir()] == ["armed.json"]


def test_a_file_is_removed_once(lab: Settings) -> None:
    """Removing what isn't there is no error."""
    control.write(lab, "memory.json", {})
    control.remove(lab, "memory.json")
    control.remove(lab, "memory.json")
    assert list(lab.control_dir.iterdir()) == []


@pytest.mark.parametrize("text", ["{", "[]", '{"flags": 3}', '{"flags": {"one": "on"}}'])
def test_an_unreadable_file_counts_as_all_off(lab: Settings, text: str) -> None:
    """It is written anew by the next start."""
    control.prepare(lab, KNOWN)
    (lab.control_dir / control.FLAGS).write_text(text)
    assert control.on(lab) == ()
    control.prepare(lab, KNOWN)
    assert flags(lab) == {"one": "off", "two": "off"}


def test_a_folder_that_cant_be_written_is_told(lab: Settings) -> None:
    """With what to do about it."""
    lab.state_dir.mkdir(parents=True)
    lab.control_dir.write_text("in the way")
    with pytest.raises(LabError, match="give this user the folder"):
        control.prepare(lab, KNOWN)
