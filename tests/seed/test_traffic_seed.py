"""The scenarios and the mystery query can be sent as they are."""

import json
import tomllib
from pathlib import Path

import pytest

from services.common import tokens
from services.common.fields import MAX_QUESTION_CHARS, MAX_TOP_K
from services.common.passages import Passage
from services.common.prices import PRICES
from services.generator.prompt import serialize_prompt
from services.generator.settings import Settings
from services.providers.answers import compose

SEED = Path(__file__).parents[2] / "seed"
SCENARIOS = tomllib.loads((SEED / "scenarios.toml").read_text(encoding="utf-8"))
KEYS = {
    "description",
    "models",
    "top_k",
    "users",
    "user_skew",
    "repeat_share",
    "repeat_skew",
    "use_cache",
    "burst",
}


def test_the_default_scenario_comes_first() -> None:
    """`invoke traffic` sends the first; `invoke up` needs `warmup`."""
    assert next(iter(SCENARIOS)) == "steady"
    assert {"warmup", "cold", "heavy"} <= set(SCENARIOS)


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_is_complete_and_sensible(name: str) -> None:
    """Every key that the file's head explains is there, and holds what can be drawn from."""
    scenario = SCENARIOS[name]
    assert set(scenario) == KEYS
    assert scenario["models"]
    assert set(scenario["models"]) <= set(PRICES)
    assert all(1 <= int(wanted) <= MAX_TOP_K for wanted in scenario["top_k"])
    for weights in (scenario["models"], scenario["top_k"]):
        assert sum(weights.values()) > 0
        assert min(weights.values()) >= 0
    assert 0 <= scenario["repeat_share"] < 1
    assert scenario["user_skew"] >= 0
    assert scenario["repeat_skew"] >= 0
    assert scenario["users"] >= 1
    assert scenario["burst"] >= 1


MYSTERY = json.loads((SEED / "mystery.json").read_text(encoding="utf-8"))
PASSAGE_TOKENS = 193  # the corpus's mean


def test_the_mystery_query_is_a_long_question_to_the_slowest_model() -> None:
    """It has the four fields of a query's body and nothing else."""
    assert set(MYSTERY) == {"question", "user_id", "top_k", "model"}
    assert MYSTERY["model"] == "gpt-4"
    assert 150 <= len(MYSTERY["question"].split()) <= 300
    assert 1 <= MYSTERY["top_k"] <= MAX_TOP_K
    assert len(MYSTERY["question"]) <= MAX_QUESTION_CHARS


def test_the_mystery_query_fills_prompt_and_answer() -> None:
    """With passages of ordinary length it takes all tokens the generator allows, both ways."""
    sentence = "Threads of one process take turns, so the work of a request waits for the others. "
    text = sentence * (PASSAGE_TOKENS // tokens.count(sentence))
    passages = [
        Passage(id=f"p{number}", title="Threads", url="https://docs.python.org", text=text, score=1)
        for number in range(MYSTERY["top_k"])
    ]
    settings = Settings("key")
    prompt = serialize_prompt(MYSTERY["question"], passages, settings.prompt_token_budget)
    answer = compose(prompt.messages[-1]["content"], settings.max_tokens)
    assert settings.prompt_token_budget - 5 <= prompt.tokens <= settings.prompt_token_budget
    assert answer.tokens == settings.max_tokens
