"""The ledger of what was sent."""

import json
import multiprocessing
from pathlib import Path

import pytest

from lab.errors import LabError
from lab.settings import Settings
from lab.traffic import ledger
from lab.traffic.ledger import Sent

SETTINGS = Settings("tracelab-ledger")


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout of its own."""
    monkeypatch.setattr("lab.settings.ROOT", tmp_path)
    return tmp_path


def sent(time_s: float, number: int = 1) -> Sent:
    """A line for the ledger."""
    return Sent(time_s, f"{number:032x}", False, False, 200, False, 12.5)


def test_a_lab_that_was_never_asked_has_no_ledger() -> None:
    """Nothing sent is an empty list, no error."""
    assert ledger.read(SETTINGS) == ()


def test_what_was_appended_is_read_again() -> None:
    """In order of sending, whatever the order of answers."""
    for one in (sent(20.0, 2), sent(10.0, 1)):
        ledger.append(SETTINGS, one)
    assert ledger.read(SETTINGS) == (sent(10.0, 1), sent(20.0, 2))


def test_what_is_older_is_left_out() -> None:
    """A check looks at its window alone."""
    for time_s in (10.0, 20.0, 30.0):
        ledger.append(SETTINGS, sent(time_s))
    assert [one.time_s for one in ledger.read(SETTINGS, since_s=20.0)] == [20.0, 30.0]


def test_two_labs_have_two_ledgers() -> None:
    """They may run side by side."""
    ledger.append(SETTINGS, sent(1.0))
    assert ledger.read(Settings("another")) == ()


def test_a_torn_line_is_passed_over_and_spoils_no_other() -> None:
    """A crash in the middle of a line costs that line only."""
    ledger.append(SETTINGS, sent(1.0))
    with ledger.path(SETTINGS).open("a") as file:
        file.write('{"time_s":2.0,"trace')
    ledger.append(SETTINGS, sent(3.0))
    assert [one.time_s for one in ledger.read(SETTINGS)] == [1.0, 3.0]


@pytest.mark.parametrize("line", ["[]", "7", "null", '{"time_s":"x"}', "\x00\xff", "{}"])
def test_a_line_of_something_else_is_passed_over(line: str) -> None:
    """Whatever it holds, the ledger is readable."""
    ledger.append(SETTINGS, sent(1.0))
    with ledger.path(SETTINGS).open("a", encoding="latin-1") as file:
        file.write(f"{line}\n")
    assert ledger.read(SETTINGS) == (sent(1.0),)


def test_a_ledger_that_grows_too_big_keeps_its_newer_half() -> None:
    """It never exceeds its bound by more than a line, and loses the oldest first."""
    for number in range(200):
        ledger.append(SETTINGS, sent(float(number), number), max_bytes=4_000)
        assert ledger.path(SETTINGS).stat().st_size <= 4_000
    kept = [one.time_s for one in ledger.read(SETTINGS)]
    assert kept == [float(number) for number in range(200 - len(kept), 200)]
    assert len(kept) > 10


def append_many(name: str, root: Path, first: int, max_bytes: int) -> None:
    """Another process at work on the same ledger."""
    import lab.settings

    lab.settings.ROOT = root
    for number in range(first, first + 100):
        ledger.append(Settings(name), sent(float(number), number), max_bytes)


def append_at_once(root: Path, max_bytes: int) -> set[float]:
    """Two processes append 100 lines each; the times that are in the ledger then."""
    context = multiprocessing.get_context("spawn")
    arguments = [(SETTINGS.name, root, first, max_bytes) for first in (1_000, 2_000)]
    writers = [context.Process(target=append_many, args=told) for told in arguments]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
        assert writer.exitcode == 0
        writer.close()
    lines = ledger.path(SETTINGS).read_text().splitlines()
    assert all(json.loads(line)["status"] == 200 for line in lines)
    return {one.time_s for one in ledger.read(SETTINGS)}


def test_processes_that_append_at_once_lose_nothing(root: Path) -> None:
    """Not a line is torn or lost."""
    times = append_at_once(root, ledger.MAX_BYTES)
    assert times == {float(n) for first in (1_000, 2_000) for n in range(first, first + 100)}


def test_processes_that_cut_the_ledger_at_once_tear_nothing(root: Path) -> None:
    """The file is replaced under the other's hands, and the last that was sent is there."""
    times = append_at_once(root, 4_000)
    assert max(times) == 2_099.0 or 1_099.0 in times
    assert 10 < len(times) < 40


def test_a_folder_that_cannot_be_written_is_an_error_that_names_it(root: Path) -> None:
    """A file stands where the folder should be."""
    (root / ".tracelab").write_text("in the way")
    with pytest.raises(LabError, match=r"ledger\.jsonl.*folder"):
        ledger.append(SETTINGS, sent(1.0))
