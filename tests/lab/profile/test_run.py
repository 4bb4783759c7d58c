"""What a profile decides by itself."""

from dataclasses import replace

from lab.diagnosis.findings import Slowest
from lab.profile.run import is_computing, slowest_of
from lab.traces.folding import slowest_span
from lab.traces.spans import Trace
from tests.lab.literal_traces import mystery, span
from tests.lab.measure.test_measurement_json import SCORED


def test_the_slowest_span_is_told_with_its_lead() -> None:
    """Its own time on the critical path, its share, and what comes next."""
    found = slowest_of(slowest_span(mystery()))
    assert found == Slowest(
        "openai.generate", "generator", 3500.0, 3500.0, 3500 / 4200, "score", 3100.0
    )


def test_a_lone_span_leads_nobody() -> None:
    """A trace of one span has no next."""
    alone = Trace.of([span("00", None, "POST /query", "gateway", (0, 10), kind="server")])
    assert slowest_of(slowest_span(alone)).next_name is None


def test_a_picture_without_waiting_threads_is_for_spans_that_compute() -> None:
    """One that waits, or of which nothing is known, is drawn with what waits."""
    assert is_computing(SCORED)
    assert not is_computing(replace(SCORED, cpu_ms=(10.0, 12.0)))
    assert not is_computing(replace(SCORED, cpu_ms=None))
    assert not is_computing(None)
