"""The healthy reference: what the mystery query costs while nothing is wrong.

Kept beside the lab's name until `invoke down --volumes`; `invoke reference` renews it. Where none
could be recorded, as with changed code, the one that comes with the lab has to do.
"""

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from lab.errors import LabError
from lab.measure import capture, measurement_json
from lab.measure.capture import Plan, Tell
from lab.measure.measurement import Measurement
from lab.run import CommandError, run
from lab.settings import ROOT, Settings
from lab.traffic import scenario
from lab.traffic.replay import Replayer
from services.telemetry.conventions import OWN_FOLDERS

FILE = "reference.json"
# Of the committed code on another machine: `python -m lab.profile.record_reference` writes it.
SHIPPED = Path(__file__).with_name("healthy_reference.json")
EXPECTED_S = 4.2
BUSY_SPREAD = 0.15


@dataclass(frozen=True)
class Kept:
    """The reference, or None and why there is none that can be used."""

    measurement: Measurement | None
    why_not: str = ""


def path(settings: Settings) -> Path:
    """Where this lab's reference is."""
    return settings.state_dir / FILE


def load(settings: Settings) -> Kept:
    """The reference kept. One that can't be read counts as none."""
    try:
        return Kept(measurement_json.loads(path(settings).read_bytes()))
    except FileNotFoundError:
        return Kept(None, "no healthy reference has been recorded; run `invoke reference`")
    except (OSError, LabError) as bad:
        return Kept(None, f"the healthy reference can't be used ({bad}); `invoke reference` renews")


def best(settings: Settings, shipped: Path = SHIPPED) -> Kept:
    """The lab's own reference, else the one that comes with the lab; why it isn't the own is told.

    How long computing takes on another machine is allowed for (lab.diagnosis.machine).
    """
    own = load(settings)
    if own.measurement is not None:
        return own
    try:
        measurement = measurement_json.loads(shipped.read_bytes())
    except (OSError, LabError):
        return own
    told = f"{own.why_not}; until then the one that comes with the lab is used, of another machine"
    return Kept(measurement, told)


def save(settings: Settings, measurement: Measurement) -> None:
    """Keep a reference in one step. Raises LabError where it can't be written."""
    target = path(settings)
    aside = target.with_name(f"{FILE}.{os.getpid()}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        aside.write_text(measurement_json.dumps(measurement), encoding="utf-8")
        aside.replace(target)
    except OSError as failed:
        with suppress(OSError):
            aside.unlink()
        raise LabError(
            f"can't write the reference {target}: {failed.strerror}; make room or give this user "
            "the folder"
        ) from failed


def record(settings: Settings, tell: Tell) -> Measurement:
    """Measure the mystery query as it runs now, and keep that as healthy."""
    plan = Plan(scenario.mystery().body())
    with Replayer(settings, EXPECTED_S) as replayer:
        captured = capture.measure(settings, plan, replayer, tell)
    if captured.not_counted is not None:
        raise LabError(f"its calls could not be counted: {captured.not_counted}")
    measured = captured.measurement
    save(settings, measured)
    spread = max(measured.request_ms) / min(measured.request_ms) - 1
    if spread > BUSY_SPREAD:
        tell(
            f"the replays differ by {spread:.0%}: the machine is busy, so small differences won't "
            "show; `invoke reference` records anew once it is quiet"
        )
    return measured


def ensure(settings: Settings, tell: Tell, faults_on: Sequence[str] = ()) -> bool:
    """Record a reference where there is none that can be used and the lab is as committed.

    Tells whether requests were sent for it.

    A reference made with a fault in it would hide that fault, so nothing is recorded while one is
    on or the services' code has been changed; then, and where it fails, that is told.
    """
    if load(settings).measurement is not None:
        return False
    changed = changed_code()
    if faults_on:
        tell(f"no healthy reference recorded while {', '.join(faults_on)} is on: `invoke heal`")
        return False
    if changed:
        tell(
            f"no healthy reference recorded, as {changed[0]} differs from the committed one; "
            "`invoke reference` records one all the same"
        )
        return False
    tell("recording what a healthy mystery query costs")
    try:
        record(settings, tell)
    except LabError as failed:
        tell(f"no healthy reference: {failed}; `invoke reference` tries again")
    return True


def renew(settings: Settings, tell: Tell, faults_on: Sequence[str] = ()) -> None:
    """`invoke reference`: record one whatever there is, and say what may be wrong with it."""
    if faults_on:
        raise LabError(
            f"{', '.join(faults_on)} is on, and would count as healthy; `invoke heal` first"
        )
    for file in changed_code()[:1]:
        tell(f"note: {file} differs from the committed one; whatever it does counts as healthy")
    made = record(settings, tell)
    tell(f"the reference is the median of {made.replays} replays, kept at {path(settings)}")


def changed_code(root: Path | None = None) -> tuple[str, ...]:
    """The services' files that differ from the committed ones; none where git can't tell."""
    try:
        told = run(
            ["git", "status", "--porcelain", "--untracked-files=normal", "--", *OWN_FOLDERS],
            cwd=root or ROOT,
            timeout_s=10,
        )
    except CommandError:  # no git, or not a checkout
        return ()
    return tuple(line[3:] for line in told.stdout.splitlines() if line.strip())
