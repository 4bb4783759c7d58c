"""How often `invoke profile` names the guilty function and its cause, told nothing.

    python -m bench.diagnosis --repeats 3 --results reports/diagnosis.jsonl

Every fault of seed/faults.toml `--repeats` times in random order, one `invoke profile --json` each,
on one lab; and twelve requests with nothing injected on another, where no function may be blamed.
Beside each stands a dumb baseline: the slowest trace's longest leaf span, and the function with
most self time in the whole profile of its service. Results are appended to a file as they come;
run again with the same file, it goes on where it was. Takes about an hour on two cores.
"""

import argparse
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench import labs, machine
from bench.controls import Control, ask, controls
from bench.scoring import HEALTHY, Outcome, Said, Truth, misses, table
from lab import faults
from lab.console import err
from lab.faults import Fault
from lab.measure.stacks import Frame
from lab.measure.waiting import wait_of
from lab.run import CommandError, run
from lab.settings import ROOT, Settings
from lab.traces.jaeger import Jaeger

COMMAND_TIMEOUT_S = 300.0


@dataclass(frozen=True)
class Case:
    """One run: a fault or a control."""

    fault: Fault | None
    control: Control | None
    repeat: int

    @property
    def truth(self) -> Truth:
        if self.fault is not None:
            fault = self.fault
            return Truth(fault.id, fault.span, fault.function, fault.cause)
        return Truth(self.control.name if self.control else "", None, (), HEALTHY)


def main() -> None:
    """Run what isn't in the results yet, and print the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--repeats", type=int, default=3)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--results", type=Path, required=True)
    options.add_argument("--only", nargs="*", help="ids of faults, names of controls")
    given = options.parse_args()
    done = read(given.results)
    wanted = [
        case
        for case in cases(given.repeats, given.seed)
        if (not given.only or case.truth.case in given.only) and not _is_in(case, done)
    ]
    with ExitStack() as running:
        err.print(f"{machine.describe()}, {len(wanted)} diagnoses to go")
        open_labs: dict[str, Settings] = {}
        for case in wanted:
            kind = "faults" if case.fault else "controls"
            if kind not in open_labs:
                open_labs[kind] = running.enter_context(labs.fresh(kind))
                _invoke(open_labs[kind], "up")
            outcome = Outcome(case.truth, case.repeat, _attempt(open_labs[kind], case))
            append(given.results, outcome)
            done.append(outcome)
            err.print(
                f"{case.truth.case} #{case.repeat}: {outcome.said.cause} in "
                f"{outcome.said.function} ({outcome.said.took_s:.0f} s)"
            )
    sys.stdout.write(table(done) + "\n\n" + "\n".join(misses(done)) + "\n")


def cases(repeats: int, seed: int) -> list[Case]:
    """Faults and controls in random order; a leak isn't a span's and not among them."""
    listed = [
        Case(fault, None, repeat)
        for fault in faults.load()
        if fault.effect_ms > 0
        for repeat in range(1, repeats + 1)
    ]
    listed += [Case(None, control, 1) for control in controls()]
    random.Random(seed).shuffle(listed)  # noqa: S311 - an order, no secret
    return listed


def read(path: Path) -> list[Outcome]:
    """The outcomes in a results file; none where there is no file."""
    if not path.exists():
        return []
    return [_outcome(json.loads(line)) for line in path.read_text().splitlines() if line]


def _outcome(told: dict[str, Any]) -> Outcome:
    truth = {**told["truth"], "functions": tuple(told["truth"]["functions"])}
    return Outcome(Truth(**truth), told["repeat"], Said(**told["said"]))


def append(path: Path, outcome: Outcome) -> None:
    """Add one outcome to a results file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        file.write(json.dumps(asdict(outcome)) + "\n")


def _is_in(case: Case, done: Iterable[Outcome]) -> bool:
    return any(one.truth.case == case.truth.case and one.repeat == case.repeat for one in done)


def _attempt(settings: Settings, case: Case) -> Said:
    """One diagnosis; one that fails is a miss."""
    began_s = time.perf_counter()
    try:
        return _diagnose(settings, case)
    except CommandError as failed:
        err.print(f"{case.truth.case}: {failed}", markup=False)
        took_s = round(time.perf_counter() - began_s, 1)
        return Said(None, None, "failed", "low", None, took_s, "", None)


def _diagnose(settings: Settings, case: Case) -> Said:
    if case.fault is not None:
        _invoke(settings, "inject", case.fault.id)
        try:
            return _profile(settings)
        finally:
            _invoke(settings, "heal")
    if case.control is None:
        raise AssertionError("a case is a fault or a control")
    with case.control.around(settings):
        return _profile(settings, "--trace-id", ask(settings, case.control))


def _profile(settings: Settings, *arguments: str) -> Said:
    began_s = time.perf_counter()
    document = json.loads(_invoke(settings, "profile", "--json", *arguments))
    took_s = time.perf_counter() - began_s
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


def _longest_leaf(settings: Settings, trace_id: str) -> tuple[str, str]:
    with Jaeger(settings.url("jaeger")) as jaeger:
        trace = jaeger.trace(trace_id)
    if trace is None:
        raise AssertionError(f"the profiled trace {trace_id} is gone")
    leaves = (span for span in trace.spans if not trace.children(span))
    longest = max(leaves, key=lambda span: span.duration_us)
    return longest.name, longest.service


def top_function(speedscope: Mapping[str, Any], service: str) -> str | None:
    """The function with most self time where no wait is known, as an uncut flame graph has it.

    Of the profile's threads of that service, all that they did while it was recorded.
    """
    frames = [
        Frame(told["name"], told.get("file", ""), told.get("line", 0))
        for told in speedscope["shared"]["frames"]
    ]
    self_time: Counter[str] = Counter()
    for profile in speedscope["profiles"]:
        if profile["name"].startswith(f"{service}, thread"):
            for stack, weight in zip(profile["samples"], profile["weights"], strict=True):
                seen = tuple(frames[index] for index in stack)
                if seen and wait_of(seen) is None:
                    self_time[seen[-1].function] += weight
    return self_time.most_common(1)[0][0] if self_time else None


def _invoke(settings: Settings, *arguments: str) -> str:
    identity = {
        "TRACELAB_NAME": settings.name,
        "TRACELAB_PORT_OFFSET": str(settings.port_offset),
    }
    invoke = str(Path(sys.executable).with_name("invoke"))
    return run([invoke, *arguments], env=identity, cwd=ROOT, timeout_s=COMMAND_TIMEOUT_S).stdout


if __name__ == "__main__":
    main()
