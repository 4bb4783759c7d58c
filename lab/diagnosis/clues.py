"""What besides a span's stacks tells what its threads did."""

from collections.abc import Callable
from dataclasses import dataclass, field

from lab.diagnosis.shape import innermost_own, is_server, works_in_threads
from lab.measure.measurement import BuiltinCall, Counted, Counts, SpanCost
from lab.measure.stacks import Frame, Stack

Source = Callable[[str, str, int], str | None]
"""The text of a line: service, path as in lab.measure.stacks.Frame.path, line number from 1."""


@dataclass(frozen=True)
class Clues:
    """What besides the stacks tells what a line waits for.

    ``asynchronous`` are the services whose spans are open on their event loop. ``crowding`` is how
    many times as long computing took by the wall as by the processor's clock, where both are known
    (``is_crowding_known``).
    ``pace`` is the same going by stacks that moved all the time: there is no wait in it, but py-spy
    stops a process for each sample. None where no span tells.
    """

    counts: Counts | None = None
    asynchronous: frozenset[str] = frozenset()
    crowding: float = 1.0
    is_crowding_known: bool = False
    pace: float | None = None
    source: Source = field(default=lambda _service, _path, _line: None)

    def counted(self, service: str, span: str, frame: Frame) -> Counted | None:
        """The counted replay's record of the frame's function in the span."""
        if self.counts is None:
            return None
        return next(
            (
                one
                for one in self.counts.functions
                if (one.service, one.span) == (service, span) and is_same(one, frame)
            ),
            None,
        )

    def counted_as(self, cost: SpanCost, function: str, path: str) -> Counted | None:
        """The same by the function's name and path as shown."""
        return self.counted(cost.service, cost.name, Frame(function, path, 0))

    def is_foreign(self, cost: SpanCost, stack: Stack) -> bool:
        """Whether the stack is another request's: its own code ran for this one, but elsewhere.

        A span's stacks may hold those of threads that worked for others at the same time: where
        they take longer than the span itself, or no thread is the span's own. A generator or a
        coroutine may have begun in another span.
        """
        if not (is_server(cost) or works_in_threads(cost)):
            return False
        frame = innermost_own(stack)
        if self.counts is None or frame is None:
            return False
        records = [
            one
            for one in self.counts.functions
            if one.service == cost.service and is_same(one, frame)
        ]
        here = {cost.name, *cost.covers}
        may_be_here = any(one.suspends or one.span in here for one in records)
        return bool(records) and not may_be_here

    def builtin(self, cost: SpanCost, frame: Frame) -> BuiltinCall | None:
        """The C call that most of the time on the frame's line went into, if one was counted."""
        return max(self.builtins(cost, frame), key=lambda one: one.total_ms, default=None)

    def builtins(self, cost: SpanCost, frame: Frame) -> tuple[BuiltinCall, ...]:
        """All C calls that were counted on the frame's line."""
        counted = self.counted(cost.service, cost.name, frame)
        if counted is None:
            return ()
        return tuple(one for one in counted.builtins if one.line == frame.line)


def is_same(counted: Counted, frame: Frame) -> bool:
    """Whether both are the same function: file and name; either may leave out its class."""
    if counted.file != frame.path:
        return False
    one, other = counted.function, frame.function
    return one == other or (
        one.rpartition(".")[2] == other.rpartition(".")[2] and ("." not in one or "." not in other)
    )
