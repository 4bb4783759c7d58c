"""The baseline beside a diagnosis, and where a run goes on."""

from pathlib import Path

from bench.asking import append, read, top_function
from bench.diagnosis import cases
from bench.scoring import Outcome, Said, Truth

RECORDED = {
    "shared": {
        "frames": [
            {"name": "serve", "file": "services/generator/service.py", "line": 10},
            {"name": "work", "file": "services/generator/prompt.py", "line": 20},
            {"name": "socket.recv", "file": "socket.py", "line": 30},
        ]
    },
    "profiles": [
        {"name": "score (retriever)", "samples": [[0, 1]], "weights": [900]},
        {"name": "generator, thread 7", "samples": [[0, 1], [0], [0, 2]], "weights": [5, 4, 90]},
        {"name": "gateway, thread 1", "samples": [[0]], "weights": [500]},
    ],
}


def test_the_baseline_takes_the_service_as_a_whole() -> None:
    """All threads of that service, whatever they worked for; a known wait is no work."""
    assert top_function(RECORDED, "generator") == "work"
    assert top_function(RECORDED, "retriever") is None


def test_every_fault_is_tried_as_often_as_asked() -> None:
    """Faults that take time so many times, controls once, in an order that the seed decides."""
    listed = cases(2, seed=1)
    faults = [case.fault.id for case in listed if case.fault]
    assert len(faults) == 2 * len(set(faults))
    assert len(set(faults)) >= 12
    assert "document_cache" not in faults
    assert sum(case.control is not None for case in listed) >= 10
    assert [case.truth for case in listed] == [case.truth for case in cases(2, seed=1)]


def test_outcomes_are_read_back_as_written(tmp_path: Path) -> None:
    """An interrupted run goes on from its file."""
    said = Said("score", "rank", "cpu", "high", 400.0, 40.0, "POST", "recv")
    outcome = Outcome(Truth("heavy", ("score",), ("rank",), ("cpu",)), 1, said)
    file = tmp_path / "results" / "run.jsonl"
    assert read(file) == []
    append(file, outcome)
    append(file, outcome)
    assert read(file) == [outcome, outcome]
