"""`invoke trace` against a Jaeger on loopback."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.errors import LabError, UnavailableError, UsageError
from lab.settings import Settings
from lab.trace import Filters, filters, find
from lab.traffic import ledger
from lab.traffic.replay import USER_AGENT
from services.telemetry.conventions import ROOT_SPAN
from tests.lab.tiny_lab import TinyLab, tiny_lab
from tests.lab.trace_literals import BEGAN_US, TRACE_ID, query, span, trace


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The ledger is in a folder of the test's own."""
    monkeypatch.setattr("lab.settings.ROOT", tmp_path)


@pytest.fixture
def lab() -> Iterator[TinyLab]:
    """A lab without traces."""
    with tiny_lab("trace") as running:
        yield running


def hold(lab: TinyLab, trace_id: str, user_id: str = "u7", age_s: float = 60.0) -> None:
    """Have Jaeger hold a query of 4,203 ms that began so long ago."""
    began_us = time.time_ns() // 1000 - int(age_s * 1e6) - BEGAN_US
    lab.jaeger.traces.append(query(trace_id, user_id, began_us))


def test_a_trace_is_found_by_its_id(lab: TinyLab) -> None:
    """However old it is."""
    hold(lab, TRACE_ID, age_s=900_000)
    assert find(lab.settings, TRACE_ID.upper(), Filters()).trace_id == TRACE_ID


def test_without_an_id_the_slowest_of_a_day_is_found(lab: TinyLab) -> None:
    """Older ones don't count."""
    hold(lab, "a" * 32)
    hold(lab, "b" * 32, age_s=90_000)
    assert find(lab.settings, None, filters()).trace_id == "a" * 32


def test_filters_are_all_met(lab: TinyLab) -> None:
    """User, duration and time together."""
    hold(lab, "a" * 32, "u1")
    hold(lab, "b" * 32, "u2")
    hold(lab, "c" * 32, "u2", age_s=7_200)
    wanted = filters(since="1h", min_duration="2s", user_id="u2")
    assert find(lab.settings, None, wanted).trace_id == "b" * 32


def test_no_trace_yet_names_what_sends_some(lab: TinyLab) -> None:
    """A lab without traffic is no fault."""
    with pytest.raises(LabError, match=r"no trace of a query in the last 24 h.*`invoke traffic`"):
        find(lab.settings, None, filters())


def test_a_replay_is_no_query_of_a_users(lab: TinyLab) -> None:
    """What `invoke profile` sent is slower under py-spy, and would hide the query it is of."""
    hold(lab, "a" * 32)
    began_us = time.time_ns() // 1000 - 30_000_000
    marked = {"user_id": "u7", "user_agent.original": USER_AGENT}
    root = span(
        "01", "fe", began_us, began_us + 9_000_000, name=ROOT_SPAN, kind="server",
        attributes=marked, trace_id="b" * 32,
    )  # fmt: skip
    lab.jaeger.traces.append(trace(root))
    assert find(lab.settings, None, filters(user_id="u7")).trace_id == "a" * 32


def test_no_match_tells_what_there_is(lab: TinyLab) -> None:
    """The filters as they were understood, and the slowest without them."""
    hold(lab, "a" * 32, "u1")
    with pytest.raises(
        LabError, match=r"no query in the last 24 h of at least 5000 ms of user u1; .*4,203 ms"
    ):
        find(lab.settings, None, filters(min_duration="5s", user_id="u1"))


def test_an_unknown_id_tells_what_may_be_the_reason(lab: TinyLab) -> None:
    """Not sampled, on its way, or too old."""
    with pytest.raises(LabError, match=r"no trace 4bf9.*not sampled.*on its way.*30 days"):
        find(lab.settings, TRACE_ID, Filters())


@pytest.mark.parametrize(("sampled", "why"), [(False, "not sampled"), (True, "still on its way")])
def test_what_the_ledger_knows_of_an_id_is_told(lab: TinyLab, sampled: bool, why: str) -> None:
    """Whoever copies an id from an answer learns why there's no trace."""
    ledger.append(lab.settings, ledger.Sent(1.0, TRACE_ID, sampled, False, 200, False, 9.0))
    with pytest.raises(LabError, match=f"its request was .*{why}"):
        find(lab.settings, TRACE_ID, Filters())


def test_an_impossible_id_is_wrong_use(lab: TinyLab) -> None:
    """Exit code 2, and Jaeger isn't asked."""
    with pytest.raises(UsageError):
        find(lab.settings, "slowest", Filters())


@pytest.mark.parametrize("options", [{"since": "1 day"}, {"since": "0s"}, {"min_duration": "2"}])
def test_an_unreadable_filter_is_wrong_use(options: dict[str, str]) -> None:
    """The message names the option."""
    with pytest.raises(UsageError, match=r"--since|--min-duration"):
        filters(**options)


def test_a_jaeger_that_is_not_there_is_unavailable() -> None:
    """Exit code 3, and what starts the lab."""
    with pytest.raises(UnavailableError, match="`invoke up`"):
        find(Settings("trace", 997), None, Filters())
