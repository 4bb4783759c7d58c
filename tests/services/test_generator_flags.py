"""What the generator and its provider do while one of their flags is on."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest

from services.common import flags
from services.common.problems import ProblemError
from services.generator import completion, prompt
from services.generator.completion import generate_response
from services.generator.prompt import serialize_prompt
from services.generator.stats import METRICS, CompletionStats
from services.providers import limit
from services.providers.limit import RateLimit
from tests.services.servers import Server
from tests.services.test_completion import ANSWER, Provider
from tests.services.test_prompt import passage

Switch = Callable[..., None]
PASSAGES = [passage(number, 3) for number in range(1, 9)]


@pytest.fixture
def switch(monkeypatch: pytest.MonkeyPatch) -> Switch:
    """Turns these flags on, and all others off."""

    def on(*names: str) -> None:
        monkeypatch.setattr(flags, "_on", frozenset(names))

    return on


class Busy(Provider):
    """Refuses the first requests with 429."""

    def __init__(self, refusals: int) -> None:
        super().__init__(200, ANSWER)
        self._refusals = refusals

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        answer = super().__call__(request)
        if len(self.asked) > self._refusals:
            return answer
        return httpx2.Response(429, json={"error": {"message": "later"}})


def test_serialization_makes_the_same_prompt(switch: Switch) -> None:
    """The prompt's text and tokens don't depend on the flag."""
    before = serialize_prompt("Why?", PASSAGES, 500)
    switch("prompt_serialization")
    assert serialize_prompt("Why?", PASSAGES, 500) == before


def test_serialization_is_repeated_in_the_call(
    switch: Switch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dozens of serializations, each for another budget; the same prompt is sent."""
    budgets: list[int] = []

    def counted(question: str, passages: list[object], budget: int) -> prompt.Prompt:
        budgets.append(budget)
        return serialize_prompt(question, PASSAGES, budget)

    monkeypatch.setattr(completion, "serialize_prompt", counted)
    provider = Provider(200, ANSWER)
    made = serialize_prompt("Why?", PASSAGES, 500)
    generate_response(provider.client(), made, "gpt-4", "u1", 420)
    assert budgets == []
    switch("prompt_serialization")
    generate_response(provider.client(), made, "gpt-4", "u1", 420)
    assert len(set(budgets)) == len(budgets) > 48
    assert [asked["messages"] for asked in provider.asked] == [list(made.messages)] * 2


def test_a_body_beyond_the_providers_limit_loses_its_last_passage(
    switch: Switch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is counted is used: the passage that passes the limit is left out."""
    monkeypatch.setattr(prompt, "MAX_BODY_BYTES", 500)
    switch("prompt_serialization")
    content = serialize_prompt("Why?", PASSAGES, 10_000).messages[1]["content"]
    assert f"[{len(PASSAGES) - 1}]" in content
    assert f"[{len(PASSAGES)}]" not in content


def test_examples_grow_with_the_passages(switch: Switch) -> None:
    """Ninety prompt tokens for each passage, in the instructions; the rest is the same."""
    before = serialize_prompt("Why?", PASSAGES, 2000)
    switch("prompt_examples")
    after = serialize_prompt("Why?", PASSAGES, 2000)
    assert after.tokens - before.tokens == 90 * len(PASSAGES)
    assert after.messages[1:] == before.messages[1:]
    assert after.messages[0]["content"].count("Example of an answer") == len(PASSAGES)


def test_refused_calls_are_repeated_at_once(switch: Switch) -> None:
    """Each refusal is a call of its own; the answer is that of the first one that is taken."""
    switch("provider_retries")
    provider = Busy(limit.REFUSALS)
    made = serialize_prompt("Why?", PASSAGES, 500)
    assert generate_response(provider.client(), made, "gpt-4", "u1", 420).text == "So."
    assert len(provider.asked) == limit.REFUSALS + 1


def test_refusals_without_an_end_are_a_bad_gateway(
    switch: Switch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After its last attempt it gives up like any failed call."""
    monkeypatch.setattr(completion, "BETWEEN_ATTEMPTS_S", 0.001)
    switch("provider_retries")
    provider = Busy(1000)
    made = serialize_prompt("Why?", PASSAGES, 500)
    with pytest.raises(ProblemError, match="429"):
        generate_response(provider.client(), made, "gpt-4", "u1", 420)
    assert len(provider.asked) == completion.ATTEMPTS


def test_the_limit_takes_the_same_request_every_sixth_time() -> None:
    """Five refusals, then one is taken, and so on; another request is counted by itself."""
    rate = RateLimit()
    taken = [not rate.refuses(b"one") for _ in range(12)]
    assert [number for number, one in enumerate(taken, 1) if one] == [6, 12]
    assert rate.refuses(b"two")


def test_the_emulated_provider_refuses_as_openai_does(switch: Switch, outside: Server) -> None:
    """429 with OpenAI's code and type; the same request is answered once it came often enough."""
    body = {"model": "gpt-4", "messages": [{"role": "user", "content": "Refused for a while?"}]}
    key = {"authorization": "Bearer key"}
    switch("provider_retries")
    refused = outside.post("/v1/chat/completions", body, **key)
    assert refused.status == 429
    assert refused.json()["error"]["code"] == "rate_limit_exceeded"
    assert refused.json()["error"]["type"] == "requests"
    statuses = [outside.post("/v1/chat/completions", body, **key).status for _ in range(5)]
    assert statuses == [429, 429, 429, 429, 200]


def test_totals_count_every_completion(tmp_path: Path) -> None:
    """Added from several threads, read over all stripes."""
    stats = CompletionStats(tmp_path)

    def add() -> None:
        stats.record(dict.fromkeys(METRICS, 2.0))

    threads = [threading.Thread(target=add) for _ in range(9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert stats.record({"completions": 1}) == {"completions": 19.0}
    assert stats.total("cost_usd") == 18.0


def test_reading_totals_waits_for_the_writer(switch: Switch, tmp_path: Path) -> None:
    """A walk over all stripes follows the writer's; without the writer it costs nothing."""
    stats = CompletionStats(tmp_path)
    figures = dict.fromkeys(METRICS, 1.0)
    assert seconds(lambda: stats.record(figures)) < 0.05
    switch("completion_stats")
    stats.keep_writing()
    time.sleep(0.05)
    assert seconds(lambda: stats.record(figures)) > 0.4
    switch()
    assert writers_end()
    written = (tmp_path / "completions.txt").read_text().splitlines()
    assert {line.split()[0] for line in written} == set(METRICS)


def test_the_writer_is_started_once(switch: Switch, tmp_path: Path) -> None:
    """However often it is asked for, there is one, and it starts again after it ended."""
    switch("completion_stats")
    stats = CompletionStats(tmp_path)
    for _ in range(3):
        stats.keep_writing()
    assert len(writers()) == 1
    switch()
    assert writers_end()
    switch("completion_stats")
    stats.keep_writing()
    assert len(writers()) == 1
    switch()
    assert writers_end()


def seconds(work: Callable[[], object]) -> float:
    """How long it takes."""
    began_s = time.monotonic()
    work()
    return time.monotonic() - began_s


def writers() -> list[threading.Thread]:
    """The threads that write totals."""
    return [thread for thread in threading.enumerate() if thread.name == "stats"]


def writers_end() -> bool:
    """Whether they end within two seconds."""
    for thread in writers():
        thread.join(2)
    return not writers()
