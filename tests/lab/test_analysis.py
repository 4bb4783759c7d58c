"""From a trace, its replays and a recording to findings."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from lab.analysis import analyse, subject
from lab.errors import LabError
from lab.spans import Span, Trace
from lab.stacks import Frame, Stay, Timeline
from tests.lab.literal_traces import MS, T0_US, mystery, named, rerank_slowest

RATE_HZ = 100
SITE = "/opt/venv/lib/python3.13/site-packages/"
IDLE = Frame("Queue.get", "/usr/lib/python3.13/queue.py", 202)
RUN = Frame("Thread.run", "/usr/lib/python3.13/threading.py", 994)
ASK = Frame("Answerer.ask", "/app/services/generator/llm.py", 57)
READ = Frame("SyncStream.read", SITE + "httpcore2/_backends/sync.py", 126)
SCORE = Frame("score", "/app/services/retriever/rerank.py", 20)
# py-spy began 1 s before the first replay, the second one followed 5 s later.
STARTED_US = T0_US - 1_000_000


def replayed(trace: Trace, at_ms: int) -> Trace:
    """The trace once more, later, on another thread."""
    return Trace.of(
        replace(
            one,
            trace_id=f"{at_ms:032x}",
            start_us=one.start_us + at_ms * MS,
            attributes={**one.attributes, "thread.id": 55},
        )
        for one in trace.spans
    )


def recorded(spans: Iterable[Span], *inside: Frame, end_ms: int) -> Timeline:
    """Thread 55 idle but in the spans, where it has those frames on its stack."""
    stays = []
    at_us = 0
    for one in spans:
        start_us, end_us = one.start_us - STARTED_US, one.end_us - STARTED_US
        stays.append(Stay(55, at_us, start_us, (RUN, IDLE)))
        stays.append(Stay(55, start_us, end_us, (RUN, *inside)))
        at_us = end_us
    return Timeline((*stays, Stay(55, at_us, end_ms * MS, (RUN, IDLE))))


def test_the_mystery_query_waits_for_its_provider() -> None:
    """Two replays, cut: openai.generate is I/O-bound under the function that asks."""
    original = mystery()
    replays = [replayed(original, 0), replayed(original, 5000)]
    spans = [named(one, "openai.generate") for one in replays]
    timeline = recorded(spans, ASK, READ, end_ms=12_000)
    found = analyse(subject(original), replays, timeline, STARTED_US, RATE_HZ)
    assert (found.verdict.cause, found.verdict.confidence) == ("io_wait", "high")
    assert found.verdict.function == "Answerer.ask"
    assert found.replays == 2
    # Half a period late by the calibration: 5 ms of each span show what came before it.
    assert found.samples == 700
    assert (found.clock.edges, found.clock.worst_us) == (4, 0)
    by_name = {one.function: one for one in found.functions}
    assert by_name["SyncStream.read"].self_us == 3_495_000
    assert by_name["Answerer.ask"].total_us == 3_495_000


def test_a_replay_that_outlasts_the_recording_is_not_cut() -> None:
    """Only spans that lie whole inside the recording are judged."""
    original = mystery()
    replays = [replayed(original, 0), replayed(original, 5000)]
    spans = [named(one, "openai.generate") for one in replays]
    timeline = recorded(spans[:1], ASK, READ, end_ms=8_000)
    found = analyse(subject(original), replays, timeline, STARTED_US, RATE_HZ)
    assert found.replays == 1
    assert found.verdict.confidence == "medium"


def test_no_replay_inside_the_recording_is_an_error() -> None:
    """Nothing to cut is not passed over as if nothing had happened."""
    original = mystery()
    with pytest.raises(LabError, match=r"record longer: `invoke profile --seconds N`"):
        analyse(
            subject(original),
            [replayed(original, 0)],
            recorded([], end_ms=2_000),
            STARTED_US,
            RATE_HZ,
        )


def test_a_replay_that_took_another_way_is_an_error() -> None:
    """A replay without the span explains nothing."""
    with pytest.raises(LabError, match="took another way"):
        analyse(
            subject(mystery()),
            [rerank_slowest()],
            recorded([], end_ms=2_000),
            STARTED_US,
            RATE_HZ,
        )


def test_contributors_are_the_requests_parts() -> None:
    """Parts of at least 1 % are listed, the longest first; only the subject has a function."""
    original = mystery()
    replays = [replayed(original, 0)]
    timeline = recorded([named(replays[0], "openai.generate")], ASK, READ, end_ms=8_000)
    found = analyse(subject(original), replays, timeline, STARTED_US, RATE_HZ).contributors
    assert [(one.span, one.cause, one.function, one.critical_ms) for one in found[:3]] == [
        ("openai.generate", "io_wait", "Answerer.ask", 3500.0),
        ("score", "cpu", None, 400.0),
        ("pinecone.query", "io_wait", None, 140.0),
    ]
    assert all(one.critical_ms >= 42 for one in found)


@pytest.mark.parametrize(("trace", "is_waiting"), [(mystery(), True), (rerank_slowest(), False)])
def test_whether_the_span_waits_is_known_before_recording(trace: Trace, is_waiting: bool) -> None:
    """CPU time in the trace decides whether py-spy's pictures need the waiting threads."""
    assert subject(trace).is_waiting is is_waiting


def test_a_computing_span_is_cpu_bound() -> None:
    """With rerank slowest the verdict names the function of the cut samples."""
    original = rerank_slowest()
    replays = [replayed(original, 0), replayed(original, 2000)]
    timeline = recorded([named(one, "score") for one in replays], SCORE, end_ms=6_000)
    found = analyse(subject(original), replays, timeline, STARTED_US, RATE_HZ).verdict
    assert (found.cause, found.confidence, found.function) == ("cpu", "high", "score")


def test_a_span_without_thread_can_not_be_cut() -> None:
    """A missing attribute is named."""
    original = rerank_slowest()
    bare = Trace.of(replace(one, attributes={}) for one in original.spans)
    with pytest.raises(LabError, match=r"has no thread\.id"):
        analyse(subject(bare), [bare], recorded([], end_ms=2_000), STARTED_US, RATE_HZ)
