"""A measurement written as JSON and read again."""

import json

import pytest

from lab.errors import LabError
from lab.measure import measurement_json
from lab.measure.measurement import (
    Awaited,
    Background,
    BuiltinCall,
    ClientCalls,
    Counted,
    Counts,
    Measurement,
    Request,
    SpanCost,
)
from tests.lab.literal_recordings import ALIGNMENT, REFRESH, RERANK, SCORE, WORKER

SCORED = SpanCost(
    place=(("gateway", "POST /query"), ("retriever", "score")),
    critical_ms=(400.0, 410.5),
    own_ms=(400.0, 410.5),
    cpu_ms=(395.25, 401.0),
    calls=(
        ClientCalls(("POST",), "providers", 1.5, 0.5, 12.0, 14.0, False, "SELECT ? FROM passages"),
    ),
    tokens={"llm.prompt_tokens": 1850.0},
    stacks={(WORKER, RERANK, SCORE, ALIGNMENT): 350.0, (WORKER, RERANK): 50.0},
    still={(WORKER, RERANK): 20.0},
    samples=80,
)
COUNTS = Counts(
    functions=(
        Counted(
            "retriever",
            "score",
            "alignment",
            "services/retriever/scoring.py",
            50,
            60,
            60,
            "score",
            (BuiltinCall("len", 51, 60, 0.125, 0.0625),),
            suspends=True,
        ),
        Counted("retriever", "score", "dot", "numpy/core.py", 7, 2, None, None, ()),
    ),
    awaited=(Awaited("gateway", "rerank", (RERANK, SCORE), 405.5),),
    gaps={"generator": "too many calls"},
)
WHOLE = Measurement(
    request=Request("0123456789abcdef", 40, 10, "gpt-4", False),
    taken_s=1_700_000_000.5,
    code="c0de",
    replays=2,
    request_ms=(4200.0, 4300.25),
    spans=(SCORED,),
    background=(Background("retriever", 8, {(WORKER, REFRESH): 580.0}),),
    counts=COUNTS,
    error_ms={"retriever": 1.5},
)
BARE = Measurement(
    request=WHOLE.request,
    taken_s=1.0,
    code="",
    replays=1,
    request_ms=(1.0,),
    spans=(),
    background=(),
    counts=None,
    error_ms={},
)


@pytest.mark.parametrize("measurement", [WHOLE, BARE], ids=["whole", "bare"])
def test_what_is_written_is_read_again(measurement: Measurement) -> None:
    """Nothing is lost on the way, frames and stacks included."""
    assert measurement_json.loads(measurement_json.dumps(measurement)) == measurement


def test_each_frame_is_written_once() -> None:
    """Stacks are numbers of frames, so that deep stacks stay small."""
    document = json.loads(measurement_json.dumps(WHOLE))
    assert len(document["frames"]) == len({tuple(frame) for frame in document["frames"]}) == 5
    assert document["spans"][0]["stacks"][0] == [[0, 1, 2, 3], 350.0]


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", "null", '{"version": 1}', measurement_json.dumps(WHOLE)[:-40]]
)
def test_anything_else_is_refused(text: str) -> None:
    """A file cut short or of another kind is told, not half read."""
    with pytest.raises(LabError, match="it is no measurement"):
        measurement_json.loads(text)


def test_an_older_one_tells_less_of_what_was_counted() -> None:
    """No CPU time of C calls, no generators; the rest is as it was."""
    document = json.loads(measurement_json.dumps(WHOLE))
    del document["counts"]["functions"][0]["builtins"][0]["cpu_ms"]
    del document["counts"]["functions"][0]["suspends"]
    read = measurement_json.loads(json.dumps(document))
    assert read.counts is not None
    assert read.counts.functions[0].builtins == (BuiltinCall("len", 51, 60, 0.125),)
    assert not read.counts.functions[0].suspends


def test_another_version_is_refused() -> None:
    """A measurement of a later version might mean something else by the same names."""
    later = measurement_json.dumps(WHOLE).replace('"version": 1', '"version": 2')
    with pytest.raises(LabError, match="of version 2, and 1 is read here"):
        measurement_json.loads(later)
