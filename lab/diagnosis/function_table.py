"""The functions of a request's spans with their times and calls."""

from collections import Counter
from collections.abc import Iterable

from lab.diagnosis.blame import FunctionId, function_id
from lab.diagnosis.clues import Clues
from lab.diagnosis.findings import FunctionCost
from lab.measure.measurement import Measurement, SpanCost
from lab.measure.stacks import Frame, is_own

LEAST_MS = 1.0
MOST = 60


def functions(now: Measurement, clues: Clues) -> tuple[FunctionCost, ...]:
    """Per span and function, of one replay, a recursive function counted once; most self time
    first. Own functions from 1 ms on, others where stacks end in them; at most 60 rows.
    """
    found = [row for cost in now.spans for row in _of_span(cost, clues)]
    found.sort(key=lambda row: (-row.self_ms, -row.total_ms, row.file, row.function))
    own = [row for row in found if is_own(row.file)]
    others = [row for row in found if row not in own][: max(0, MOST - len(own))]
    kept = {id(row) for row in [*own[:MOST], *others]}
    return tuple(row for row in found if id(row) in kept)


def _of_span(cost: SpanCost, clues: Clues) -> Iterable[FunctionCost]:
    self_ms: Counter[FunctionId] = Counter()
    total_ms: Counter[FunctionId] = Counter()
    lines: dict[FunctionId, Counter[Frame]] = {}
    for stack, ms in cost.stacks.items():
        self_ms[function_id(stack[-1])] += ms  # type: ignore[assignment] # a Counter of floats
        innermost = {function_id(frame): frame for frame in stack}
        for key, frame in innermost.items():
            total_ms[key] += ms  # type: ignore[assignment]
            lines.setdefault(key, Counter())[frame] += ms  # type: ignore[assignment]
    for key, whole_ms in total_ms.items():
        frame = lines[key].most_common(1)[0][0]
        if whole_ms < LEAST_MS or not (frame.is_own or self_ms[key] >= LEAST_MS):
            continue
        counted = clues.counted(cost.service, cost.name, frame)
        yield FunctionCost(
            function=key[0],
            file=key[1],
            line=frame.line,
            span=cost.name,
            service=cost.service,
            self_ms=self_ms[key],
            total_ms=whole_ms,
            calls=counted.calls if counted else None,
        )
