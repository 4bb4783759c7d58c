"""What `seed/` says of the traffic."""

import json
from pathlib import Path

import pytest

from lab.errors import LabError, UsageError
from lab.traffic import scenario


def test_the_first_scenario_is_the_default() -> None:
    """`invoke traffic` without a name sends an ordinary day."""
    assert scenario.scenario() == next(iter(scenario.scenarios().values()))


def test_the_seed_has_what_the_lab_sends() -> None:
    """A warm-up, at least 200 questions, and a mystery query that never comes from the cache."""
    assert scenario.scenario("warmup").name == "warmup"
    assert len(set(scenario.questions())) >= 200
    assert scenario.mystery().no_cache


def test_an_unknown_scenario_is_refused_with_those_there_are() -> None:
    """The message lists names and what they are."""
    with pytest.raises(UsageError, match=r"no scenario 'nope'(.|\n)*steady: "):
        scenario.scenario("nope")


def test_a_requests_body_is_what_the_gateway_takes() -> None:
    """Nothing of how it is sent is in it."""
    request = scenario.Request("Why?", "u1", 5, "gpt-4", no_cache=True, is_repeat=True)
    assert request.body() == {
        "question": "Why?",
        "user_id": "u1",
        "top_k": 5,
        "model": "gpt-4",
    }


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("scenarios.toml", "[steady]\nusers = 5\n"),
        ("scenarios.toml", "steady ="),
        ("questions.jsonl", "\n"),
        ("questions.jsonl", '{"text": "no question"}\n'),
        ("mystery.json", json.dumps({"question": "Why?", "user_id": "u1", "top_k": 5})),
        ("mystery.json", "[]"),
    ],
)
def test_a_broken_seed_file_is_an_error_that_names_it(
    file: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever edits the seed is told which file it is."""
    monkeypatch.setattr("lab.traffic.scenario.SEED_DIR", tmp_path)
    (tmp_path / file).write_text(text)
    read = {
        "scenarios.toml": scenario.scenarios,
        "questions.jsonl": scenario.questions,
        "mystery.json": scenario.mystery,
    }[file]
    with pytest.raises(LabError, match=file):
        read()


def test_a_missing_seed_file_is_an_error_that_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So is one that isn't there."""
    monkeypatch.setattr("lab.traffic.scenario.SEED_DIR", tmp_path)
    with pytest.raises(LabError, match=r"mystery\.json"):
        scenario.mystery()
