"""py-spy's chrometrace as a timeline."""

import json

import pytest

from lab.errors import LabError
from lab.measure.stacks import Frame, Stay, is_own, parse

THREAD = ("thread (41): AnyIO worker thread", "", 0)
RUN = ("Thread.run", "/usr/lib/python3.13/threading.py", 994)
SCORE = ("score", "/app/services/retriever/rerank.py", 20)
SCORE_NEXT_LINE = ("score", "/app/services/retriever/rerank.py", 21)
OTHER = ("thread (42): MainThread", "", 0)
SELECT = ("EpollSelector.select", "/usr/lib/python3.13/selectors.py", 452)


def event(phase: str, ts: int, frame: tuple[str, str, int], tid: int = 1) -> dict[str, object]:
    """One event as py-spy writes it."""
    name, filename, line = frame
    args = {"filename": filename, "line": line}
    return {
        "args": args,
        "cat": "py-spy",
        "name": name,
        "ph": phase,
        "pid": 7,
        "tid": tid,
        "ts": ts,
    }


def frame(told: tuple[str, str, int]) -> Frame:
    """The frame that an event tells of."""
    return Frame(*told)


def test_each_change_of_the_stack_ends_a_stay() -> None:
    """A thread's events become stays with whole stacks, outermost frame first, by native id."""
    events = [
        event("B", 100, THREAD),
        event("B", 100, RUN),
        event("B", 100, SCORE),
        event("E", 300, SCORE),
        event("B", 300, SCORE_NEXT_LINE),
        event("E", 400, SCORE_NEXT_LINE),
        event("E", 900, RUN),
        event("E", 900, THREAD),
    ]
    assert parse(json.dumps(events).encode()).stays == (
        Stay(41, 100, 300, (frame(RUN), frame(SCORE))),
        Stay(41, 300, 400, (frame(RUN), frame(SCORE_NEXT_LINE))),
        Stay(41, 400, 900, (frame(RUN),)),
    )


def test_threads_are_kept_apart() -> None:
    """Events of two threads may be mixed; each thread has its own stays."""
    events = [
        event("B", 10, THREAD),
        event("B", 10, RUN),
        event("B", 11, OTHER, tid=2),
        event("B", 11, SELECT, tid=2),
        event("E", 50, RUN),
        event("E", 50, THREAD),
        event("E", 60, SELECT, tid=2),
        event("E", 60, OTHER, tid=2),
    ]
    timeline = parse(json.dumps(events).encode())
    assert timeline.by_thread[41] == (Stay(41, 10, 50, (frame(RUN),)),)
    assert timeline.by_thread[42] == (Stay(42, 11, 60, (frame(SELECT),)),)
    assert (timeline.start_us, timeline.end_us) == (10, 60)


def test_a_recording_without_an_event_is_empty() -> None:
    """A process that showed no stack has no stays."""
    assert parse(b"[]").stays == ()


@pytest.mark.parametrize("data", [b"", b"{", b'[{"name": "f"}]', b"[1]", b"null"])
def test_what_is_no_chrometrace_is_an_error(data: bytes) -> None:
    """A broken or foreign file is refused, not taken for an empty recording."""
    with pytest.raises(LabError, match="can't be read"):
        parse(data)


@pytest.mark.parametrize(
    ("file", "is_own", "path"),
    [
        ("/app/services/generator/llm.py", True, "services/generator/llm.py"),
        ("services/generator/llm.py", True, "services/generator/llm.py"),
        ("/opt/venv/lib/python3.13/site-packages/openai/_client.py", False, "openai/_client.py"),
        ("/opt/venv/lib/python3.13/site-packages/x/services/y.py", False, "x/services/y.py"),
        ("/usr/lib/python3.13/threading.py", False, "threading.py"),
    ],
)
def test_own_code_is_told_from_libraries(file: str, is_own: bool, path: str) -> None:
    """The services' code is that under /app/services; paths are shown short."""
    shown = Frame("f", file, 1)
    assert (shown.is_own, shown.path) == (is_own, path)


@pytest.mark.parametrize(
    ("file", "is_ours", "path"),
    [
        ("/app/services/retriever/rerank.py", True, "services/retriever/rerank.py"),
        ("/app/seed/embedding.py", True, "seed/embedding.py"),
        ("seed/embedding.py", True, "seed/embedding.py"),
        ("/opt/venv/lib/python3.13/site-packages/numpy/seed/x.py", False, "numpy/seed/x.py"),
        ("/usr/lib/python3.13/threading.py", False, "threading.py"),
    ],
)
def test_our_own_code_is_told_from_libraries(file: str, is_ours: bool, path: str) -> None:
    """What of seed/ runs in the services is no library's either."""
    assert (Frame("f", file, 1).is_own, is_own(file)) == (is_ours, is_ours)
    assert Frame("f", file, 1).path == path
