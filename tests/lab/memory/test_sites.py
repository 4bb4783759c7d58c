"""What the code keeps of each request, from snapshots."""

import pytest

from lab.errors import LabError
from lab.memory.sites import kept, parse
from tests.lab.memory_literals import DOCUMENTS, grown, leaking, site, snapshot


def test_a_leak_is_the_first_with_its_line_rate_and_holder() -> None:
    """60 KB of each request, in both halves, in the container that got an entry each time."""
    (found,) = leaking(60)
    assert (found.function, found.file, found.line) == ("Documents.load", DOCUMENTS, 74)
    assert found.bytes_per_request == 60 * 1024
    assert found.early_bytes == found.late_bytes == 60 * 1024
    assert found.is_steady
    assert [one.name for one in found.holders] == ["Documents.document_cache", None]


def test_lines_of_one_function_count_together() -> None:
    """The function's lines are added up; the one that keeps most is named."""
    (found,) = kept(
        "retriever",
        [
            snapshot(0, [site(70, 100)]),
            snapshot(10, [site(70, 20_100), site(75, 30_000)]),
            snapshot(20, [site(70, 40_100), site(75, 60_000)]),
        ],
    )
    assert found.line == 75
    assert found.bytes_per_request == 5_000
    assert found.is_steady


def test_what_is_filled_once_is_not_steady() -> None:
    """A buffer of a megabyte in the first half alone is no leak."""
    (found,) = kept(
        "retriever",
        [
            snapshot(0, []),
            snapshot(40, [site(70, 1_000_000)]),
            snapshot(80, [site(70, 1_000_000)]),
        ],
    )
    assert found.early_bytes == 25_000
    assert not found.is_steady


def test_a_few_bytes_of_each_request_are_noise() -> None:
    """Steady, but below a kilobyte: not worth a verdict."""
    rows = [snapshot(at, [site(70, at * 400)]) for at in (10, 50, 90)]
    assert not kept("gateway", rows)[0].is_steady


def test_a_container_that_grows_seldom_holds_no_leak() -> None:
    """20 entries for 80 requests is no entry for each."""
    rows = [snapshot(at, [site(74, at * 50_000)], [grown("Pool.slots", 20)]) for at in (0, 40, 80)]
    assert kept("retriever", rows)[0].holders == ()


def test_library_lines_stay_apart_and_are_shown_short() -> None:
    """Without a function of ours each line of a library is a row of its own."""
    file = "/opt/venv/lib/python3.13/site-packages/redis/connection.py"
    rows = [
        snapshot(at, [site(7, at * 2_000, None, file), site(9, at * 3_000, None, file)])
        for at in (0, 40, 80)
    ]
    told = [(one.function, one.file, one.line) for one in kept("gateway", rows)]
    assert told == [(None, "redis/connection.py", 9), (None, "redis/connection.py", 7)]


def test_snapshots_without_requests_between_them_are_refused() -> None:
    """Per request needs requests."""
    with pytest.raises(ValueError, match="requests between"):
        kept("gateway", [snapshot(5, []), snapshot(5, []), snapshot(5, [])])


def test_an_answer_of_another_version_is_told() -> None:
    """A document without the keys says what to do."""
    with pytest.raises(LabError, match="invoke up"):
        parse({"sites": [{"file": "a.py"}], "containers": []}, 1)
