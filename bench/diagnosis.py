"""How often `invoke profile` names the guilty function and its cause, told nothing.

    python -m bench.diagnosis --repeats 3 --results reports/diagnosis.jsonl

Every fault of seed/faults.toml `--repeats` times in random order, one `invoke profile --json` each,
on one lab; and twelve requests with nothing injected on another, where no function may be blamed.
Beside each stands a dumb baseline: the slowest trace's longest leaf span, and the function with
most self time in the whole profile of its service. Results are appended to a file as they come;
run again with the same file, it goes on where it was. Takes about three quarters of an hour on two
cores.
"""

import argparse
import random
import sys
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bench import asking, labs, machine
from bench.controls import Control, ask, controls
from bench.scoring import HEALTHY, Outcome, Said, Truth, misses, table
from lab import faults
from lab.console import err
from lab.faults import Fault
from lab.settings import Settings


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
            return Truth(fault.id, (fault.span,), fault.function, (fault.cause,))
        return Truth(self.control.name if self.control else "", (), (), (HEALTHY,))


def main() -> None:
    """Run what isn't in the results yet, and print the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--repeats", type=int, default=3)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--results", type=Path, required=True)
    options.add_argument("--only", nargs="*", help="ids of faults, names of controls")
    given = options.parse_args()
    done = asking.read(given.results)
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
                asking.invoke(open_labs[kind], "up")
            outcome = Outcome(case.truth, case.repeat, _diagnose(open_labs[kind], case))
            asking.append(given.results, outcome)
            done.append(outcome)
            asking.tell(outcome)
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


def _is_in(case: Case, done: Iterable[Outcome]) -> bool:
    return any(one.truth.case == case.truth.case and one.repeat == case.repeat for one in done)


def _diagnose(settings: Settings, case: Case) -> Said:
    if case.fault is not None:
        asking.invoke(settings, "inject", case.fault.id)
        try:
            return asking.profile(settings)
        finally:
            asking.invoke(settings, "heal")
    if case.control is None:
        raise AssertionError("a case is a fault or a control")
    with case.control.around(settings):
        return asking.profile(settings, "--trace-id", ask(settings, case.control))


if __name__ == "__main__":
    main()
