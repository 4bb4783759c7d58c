"""The runner: all checks side by side, none hiding another."""

import json
import threading
import time
from dataclasses import replace

import pytest

from checks.result import Checkpoint, Finding, Report, to_json
from checks.runner import CHECKPOINTS, run_on
from checks.sources import Sources
from lab.errors import LabError, UnavailableError
from lab.stack.containers import SERVICES
from tests.checks.evidence import failed, ready, sources

KEYS = ["id", "title", "passed", "evidence", "impact", "fix", "duration_ms"]


def good(_: Sources) -> Finding:
    """A check that passes."""
    return Finding("12 of 12.")


def bad(_: Sources) -> Finding:
    """A check that fails."""
    return Finding("0 of 12.", "invoke traffic")


def raising(error: Exception) -> Checkpoint:
    """A checkpoint that can't be made."""

    def find(_: Sources) -> Finding:
        raise error

    return Checkpoint("raising", "Raises", "None.", find)


GOOD = Checkpoint("good", "Good", "None.", good)
BAD = Checkpoint("bad", "Bad", "None.", bad)


def test_the_report_keeps_the_order_and_the_findings() -> None:
    """Each checkpoint becomes one check, in order, with its words."""
    report = run_on(sources(), (GOOD, BAD, GOOD))
    assert [check.passed for check in report.checks] == [True, False, True]
    assert report.checks[1].evidence == "0 of 12."
    assert report.checks[1].fix == "invoke traffic"
    assert not report.passed
    assert report.exit_code == 1


def test_all_passing_is_exit_code_0() -> None:
    """A report passes if every check does."""
    report = run_on(sources(), (GOOD, GOOD))
    assert report.passed
    assert report.exit_code == 0


def test_no_check_at_all_is_no_pass() -> None:
    """An empty report proves nothing."""
    assert not run_on(sources(), ()).passed


@pytest.mark.parametrize(
    ("error", "told", "fix"),
    [
        (UnavailableError("Jaeger doesn't answer"), "can't be checked: Jaeger does", "invoke up"),
        (LabError("strange answer"), "can't be checked: strange answer", "invoke doctor"),
        (KeyError("traceID"), "the check itself broke: KeyError: 'traceID'", "invoke doctor"),
    ],
)
def test_a_check_that_raises_fails_alone(error: Exception, told: str, fix: str) -> None:
    """Whatever one check raises is its own failure; the others are judged."""
    report = run_on(sources(), (GOOD, raising(error), GOOD))
    assert [check.passed for check in report.checks] == [True, False, True]
    assert told in report.checks[1].evidence
    assert report.checks[1].fix == fix


def test_a_check_that_hangs_fails_alone() -> None:
    """A check that doesn't end is given up at the time limit; the others are judged."""
    released = threading.Event()

    def hang(_: Sources) -> Finding:
        released.wait()
        return Finding("late")

    report = run_on(sources(), (Checkpoint("hangs", "Hangs", "None.", hang), GOOD), timeout_s=0.05)
    released.set()
    assert [check.passed for check in report.checks] == [False, True]
    assert "no answer within 0.05 s" in report.checks[0].evidence


def test_checks_run_side_by_side() -> None:
    """Two checks that wait for each other both end."""
    meeting = threading.Barrier(2, timeout=5)

    def meet(_: Sources) -> Finding:
        meeting.wait()
        return Finding("met.")

    point = Checkpoint("meets", "Meets", "None.", meet)
    assert run_on(sources(), (point, point)).passed


def test_a_duration_counts_from_the_start_of_the_run() -> None:
    """A check that takes longer tells a longer time."""

    def slow(_: Sources) -> Finding:
        time.sleep(0.03)
        return Finding("slow.")

    report = run_on(sources(), (GOOD, Checkpoint("slow", "Slow", "None.", slow)))
    assert report.checks[0].duration_ms < report.checks[1].duration_ms
    assert 30 <= report.checks[1].duration_ms <= report.duration_ms


@pytest.mark.parametrize("error", [UnavailableError("no engine"), UnavailableError("no container")])
def test_without_a_lab_the_exit_code_is_3(error: LabError) -> None:
    """No engine, or none of the lab's containers running: the lab isn't there."""
    nowhere = replace(sources(), started=ready(dict.fromkeys(SERVICES, error)))
    assert run_on(nowhere, (GOOD, BAD)).exit_code == 3
    unknown = replace(sources(), started=failed(error))
    assert run_on(unknown, (GOOD, BAD)).exit_code == 3


def test_one_running_container_is_a_lab() -> None:
    """A lab with a stopped part is there, and its checks fail with 1."""
    stopped = UnavailableError("the gateway container is exited")
    assert run_on(sources(started={"gateway": stopped}), (BAD,)).exit_code == 1


def test_the_json_has_the_documented_keys_and_types() -> None:
    """`{passed, checks: [{id, title, passed, evidence, impact, fix, duration_ms}]}`."""
    document = json.loads(json.dumps(to_json(run_on(sources(), (GOOD, BAD)))))
    assert list(document) == ["passed", "checks"]
    assert document["passed"] is False
    for check in document["checks"]:
        assert list(check) == KEYS
        assert isinstance(check["evidence"], str)
        assert isinstance(check["duration_ms"], float)
    assert [check["fix"] for check in document["checks"]] == [None, "invoke traffic"]


def test_the_checkpoints_are_the_documented_ones_in_order() -> None:
    """The four of readiness first, then the lab's own; ids are stable."""
    assert [point.id for point in CHECKPOINTS] == [
        "traces",
        "sampling",
        "attributes",
        "imports",
        "propagation",
        "datadog",
        "exporter",
        "retention",
        "pyspy",
    ]
    assert all(point.impact.startswith("Without it, ") for point in CHECKPOINTS)


def test_a_report_without_checks_is_json_too() -> None:
    """An empty report is an honest document."""
    assert to_json(Report((), lab_found=True, duration_ms=1)) == {"passed": False, "checks": []}
