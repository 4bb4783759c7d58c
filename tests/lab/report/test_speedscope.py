"""The speedscope file."""

import json
from typing import Any

from lab.report import speedscope
from tests.lab.literal_recordings import (
    ALIGNMENT,
    IDLE_WORKER,
    RERANK,
    SCORE,
    WORKER,
    aligned,
    stay,
)
from tests.lab.literal_traces import mystery
from tests.lab.measure.test_measurement_json import WHOLE

RETRIEVER = aligned(
    stay(7, (0, 200), *IDLE_WORKER),
    stay(7, (200, 600), WORKER, RERANK, SCORE, ALIGNMENT),
    stay(7, (600, 6000), *IDLE_WORKER),
    stay(9, (0, 6000), *IDLE_WORKER),
)


def written() -> dict[str, Any]:
    """The document of one replay."""
    told = speedscope.dumps("trace a", WHOLE, {"retriever": RETRIEVER}, [mystery()])
    document: dict[str, Any] = json.loads(told)
    return document


def test_each_profile_keeps_to_the_format() -> None:
    """As many weights as samples, which add up, and frames that exist."""
    document = written()
    assert document["$schema"] == "https://www.speedscope.app/file-format-schema.json"
    frames = document["shared"]["frames"]
    for profile in document["profiles"]:
        assert profile["type"] == "sampled"
        assert len(profile["samples"]) == len(profile["weights"]) > 0
        assert sum(profile["weights"]) == profile["endValue"] - profile["startValue"]
        assert all(0 <= index < len(frames) for stack in profile["samples"] for index in stack)


def test_spans_come_first_then_threads_that_worked() -> None:
    """A thread is cut to the requests' time; one that only waited is left out."""
    span, thread = written()["profiles"]
    assert (span["name"], span["unit"], span["endValue"]) == (
        "score (retriever)",
        "milliseconds",
        400.0,
    )
    assert (thread["name"], thread["unit"]) == ("retriever, thread 7", "microseconds")
    assert thread["endValue"] == 4_200_000


def test_frames_tell_function_file_and_line() -> None:
    """Files are shown as everywhere else."""
    frames = written()["shared"]["frames"]
    assert {"name": "score", "file": "services/retriever/scoring.py", "line": 87} in frames
