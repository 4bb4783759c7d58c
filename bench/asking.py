"""The lab's own commands, as a person runs them, and what they said."""

import json
import sys
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.scoring import Outcome, Said, Truth
from lab.console import err
from lab.measure.stacks import Frame
from lab.measure.waiting import wait_of
from lab.run import CommandError, run
from lab.settings import ROOT, Settings
from lab.traces.jaeger import Jaeger

COMMAND_TIMEOUT_S = 300.0


def invoke(settings: Settings, *arguments: str, checkout: Path = ROOT) -> str:
    """What a command of a checkout printed. Raises CommandError where it failed."""
    identity = {
        "TRACELAB_NAME": settings.name,
        "TRACELAB_PORT_OFFSET": str(settings.port_offset),
    }
    program = str(Path(sys.executable).with_name("invoke"))
    done = run([program, *arguments], env=identity, cwd=checkout, timeout_s=COMMAND_TIMEOUT_S)
    return done.stdout


def profile(settings: Settings, *arguments: str, checkout: Path = ROOT) -> Said:
    """What `invoke profile` answers, told nothing, and what a dumb baseline does.

    One that fails counts as an answer that names nobody.
    """
    began_s = time.perf_counter()
    try:
        printed = invoke(settings, "profile", "--json", *arguments, checkout=checkout)
    except CommandError as failed:
        err.print(str(failed), markup=False)
        took_s = round(time.perf_counter() - began_s, 1)
        return Said(None, None, "failed", "low", None, took_s, "", None)
    took_s = time.perf_counter() - began_s
    document = json.loads(printed)
    verdict = document["verdict"]
    speedscope = json.loads(Path(document["artifacts"]["speedscope"]).read_bytes())
    span, service = _longest_leaf(settings, document["trace_id"])
    return Said(
        span=verdict["span"],
        function=verdict["function"],
        cause=verdict["cause"],
        confidence=verdict["confidence"],
        avoidable_ms=verdict["avoidable_ms"],
        took_s=round(took_s, 1),
        baseline_span=span,
        baseline_function=top_function(speedscope, service),
    )


def top_function(speedscope: Mapping[str, Any], service: str) -> str | None:
    """The function with most self time where no wait is known, as an uncut flame graph has it.

    Of the profile's threads of that service, all that they did while it was recorded.
    """
    frames = [
        Frame(told["name"], told.get("file", ""), told.get("line", 0))
        for told in speedscope["shared"]["frames"]
    ]
    self_time: Counter[str] = Counter()
    for profiled in speedscope["profiles"]:
        if profiled["name"].startswith(f"{service}, thread"):
            for stack, weight in zip(profiled["samples"], profiled["weights"], strict=True):
                seen = tuple(frames[index] for index in stack)
                if seen and wait_of(seen) is None:
                    self_time[seen[-1].function] += weight
    return self_time.most_common(1)[0][0] if self_time else None


def read(path: Path) -> list[Outcome]:
    """The outcomes in a results file; none where there is no file."""
    if not path.exists():
        return []
    return [_outcome(json.loads(line)) for line in path.read_text().splitlines() if line]


def append(path: Path, outcome: Outcome) -> None:
    """Add one outcome to a results file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        file.write(json.dumps(asdict(outcome)) + "\n")


def tell(outcome: Outcome) -> None:
    """One line, as it comes."""
    said = outcome.said
    is_right = outcome.function_right and outcome.cause_right
    err.print(
        f"{outcome.truth.case} #{outcome.repeat}: {said.cause} in {said.function} ({said.span}), "
        f"{said.avoidable_ms or 0:,.0f} ms, {said.confidence}, {said.took_s:.0f} s: "
        f"{'right' if is_right else 'WRONG'}",
        markup=False,
    )


def _longest_leaf(settings: Settings, trace_id: str) -> tuple[str, str]:
    with Jaeger(settings.url("jaeger")) as jaeger:
        trace = jaeger.trace(trace_id)
    if trace is None:
        raise AssertionError(f"the profiled trace {trace_id} is gone")
    leaves = (span for span in trace.spans if not trace.children(span))
    longest = max(leaves, key=lambda span: span.duration_us)
    return longest.name, longest.service


def _outcome(told: dict[str, Any]) -> Outcome:
    truth = told["truth"]
    any_of = {key: tuple(truth[key]) for key in ("spans", "functions", "causes")}
    return Outcome(Truth(case=truth["case"], **any_of), told["repeat"], Said(**told["said"]))
