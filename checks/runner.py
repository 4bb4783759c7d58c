"""Runs all checks side by side; one that breaks or hangs hides no other."""

import time
from concurrent.futures import Future
from functools import partial

from checks import (
    attributes,
    datadog,
    exporter,
    imports,
    propagation,
    pyspy,
    retention,
    sampling,
    traces,
)
from checks.background import start
from checks.result import Check, Checkpoint, Finding, Report, mend
from checks.sources import Sources, gather, is_found
from lab.errors import LabError
from lab.settings import Settings

CHECKPOINTS = (
    traces.CHECKPOINT,
    sampling.CHECKPOINT,
    attributes.CHECKPOINT,
    imports.CHECKPOINT,
    propagation.CHECKPOINT,
    datadog.CHECKPOINT,
    exporter.CHECKPOINT,
    retention.CHECKPOINT,
    pyspy.CHECKPOINT,
)
TIMEOUT_S = 30.0


def run(settings: Settings) -> Report:
    """Check the lab as it is now."""
    return run_on(gather(settings, time.time()), CHECKPOINTS, TIMEOUT_S)


def run_on(
    sources: Sources, checkpoints: tuple[Checkpoint, ...], timeout_s: float = TIMEOUT_S
) -> Report:
    """Run these checks on that evidence. None takes longer than ``timeout_s``."""
    began_s = time.monotonic()
    running = [start(partial(_check, point, sources, began_s)) for point in checkpoints]
    checks = tuple(
        _within(future, point, began_s, timeout_s)
        for future, point in zip(running, checkpoints, strict=True)
    )
    found = is_found(sources, _left_s(began_s, timeout_s))
    return Report(checks, found, _since_ms(began_s))


def _check(point: Checkpoint, sources: Sources, began_s: float) -> Check:
    try:
        found = point.find(sources)
    except LabError as error:
        found = Finding(f"can't be checked: {error}", mend(error))
    except Exception as error:  # noqa: BLE001 - a broken check must not hide the others
        told = f"the check itself broke: {type(error).__name__}: {error}"
        found = Finding(told, "invoke doctor")
    return _result(point, found, began_s)


def _within(future: Future[Check], point: Checkpoint, began_s: float, timeout_s: float) -> Check:
    try:
        return future.result(_left_s(began_s, timeout_s))
    except TimeoutError:
        late = Finding(f"can't be checked: no answer within {timeout_s:g} s", "invoke doctor")
        return _result(point, late, began_s)


def _result(point: Checkpoint, found: Finding, began_s: float) -> Check:
    return Check(
        point.id,
        point.title,
        found.passed,
        found.evidence,
        point.impact,
        found.fix,
        _since_ms(began_s),
    )


def _left_s(began_s: float, timeout_s: float) -> float:
    return max(0.0, began_s + timeout_s - time.monotonic())


def _since_ms(began_s: float) -> float:
    return round((time.monotonic() - began_s) * 1000, 1)
