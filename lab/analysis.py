"""The span to explain: the trace's slowest."""

from dataclasses import dataclass

from lab import folding
from lab.critical_path import Ranked
from lab.facts import Facts, facts
from lab.findings import Slowest
from lab.spans import Trace

MOSTLY_WAITING = 0.5


@dataclass(frozen=True)
class Subject:
    """The span to explain, in its trace."""

    trace: Trace
    ranked: Ranked
    facts: Facts

    @property
    def slowest(self) -> Slowest:
        ranked = self.ranked
        return Slowest(
            name=ranked.span.name,
            service=ranked.span.service,
            duration_ms=ranked.span.duration_ms,
            self_ms=ranked.critical_self_us / 1000,
            share=ranked.share,
            next_name=ranked.next_span.name if ranked.next_span else None,
            ahead_of_next_ms=ranked.ahead_of_next_us / 1000,
        )

    @property
    def is_waiting(self) -> bool:
        """Whether its thread mostly waited, as far as the trace tells."""
        cpu_us = self.facts.cpu_us
        return cpu_us is None or cpu_us < MOSTLY_WAITING * self.facts.self_us


def subject(trace: Trace) -> Subject:
    """The trace's slowest span: the one with most folded self time on the critical path."""
    ranked = folding.slowest_span(trace)
    return Subject(trace, ranked, facts(trace, ranked.span))
