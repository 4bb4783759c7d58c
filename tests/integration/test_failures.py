"""What a user meets when a part of the lab is gone: answers go on, or the error says why."""

import time

import httpx
import pytest

from lab.console import Steps
from lab.settings import Settings
from lab.stack import containers
from lab.stack import lifecycle as stack
from tests.integration.support import Invoke, commands_of

pytestmark = pytest.mark.integration

QUESTION = {"question": "How do I sort a list of tuples by the second item?", "user_id": "u2"}
UNCACHED = {"Cache-Control": "no-cache"}


def ask(settings: Settings) -> httpx.Response:
    """One uncached question."""
    url = f"{settings.url('gateway')}/query"
    return httpx.post(url, json={**QUESTION, "model": "gpt-4o-mini"}, headers=UNCACHED, timeout=60)


def stop(settings: Settings, *services: str) -> None:
    """Stop services at once, as a crash would."""
    for service in services:
        containers.container(settings, service).kill()


def test_without_trace_backends_no_query_fails_or_waits(restored: Settings) -> None:
    """With Jaeger and Datadog dead, twenty queries succeed, none held up by an exporter."""
    ask(restored)
    stop(restored, "jaeger", "datadog")
    answers = [ask(restored) for _ in range(20)]
    assert {answer.status_code for answer in answers} == {200}
    slowest_s = max(answer.elapsed.total_seconds() for answer in answers)
    fastest_s = min(answer.elapsed.total_seconds() for answer in answers)
    assert slowest_s < fastest_s + 5, "an exporter's timeout is 10 s"


def test_without_redis_answers_go_on_uncached(restored: Settings) -> None:
    """With Redis dead every question is answered, and none from the cache."""
    stop(restored, "redis")
    url = f"{restored.url('gateway')}/query"
    for _ in range(3):
        answer = httpx.post(url, json={**QUESTION, "model": "gpt-4o-mini"}, timeout=60)
        assert answer.status_code == 200, answer.text
        assert answer.json()["cached"] is False


def test_a_dead_upstream_is_a_problem_document(restored: Settings) -> None:
    """With the generator dead a query ends in bounded time with 502 as problem+json."""
    stop(restored, "generator")
    began_s = time.monotonic()
    answer = ask(restored)
    assert answer.status_code in (502, 504)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == answer.status_code
    assert QUESTION["question"] not in answer.text
    assert time.monotonic() - began_s < 60


def test_up_restores_a_killed_container(
    restored: Settings, invoke_lab: Invoke, steps: Steps
) -> None:
    """After a container died `status` says so with exit code 3, and `up` brings it back."""
    stop(restored, "retriever")
    told = invoke_lab("status")
    assert told.exit_code == 3
    assert "retriever" in told.stdout
    assert "exited" in told.stdout
    assert invoke_lab("up", "--no-traffic").exit_code == 0
    assert ask(restored).status_code == 200


def test_commands_without_a_lab_say_how_to_start_one(lab: Settings, second_lab: Settings) -> None:
    """Every command that needs a lab ends with 3 and names `invoke up` where there is none."""
    command = commands_of(second_lab)
    for arguments in (("traffic",), ("trace",), ("profile",), ("logs",)):
        refused = command(*arguments)
        assert refused.exit_code == 3, (arguments, refused.stderr)
        assert "invoke up" in refused.stderr, arguments
    assert stack.leftovers(second_lab, volumes=True) == ()


def test_down_without_a_lab_is_content(second_lab: Settings) -> None:
    """`invoke down` where nothing runs says so and succeeds."""
    done = commands_of(second_lab)("down", "--volumes")
    assert done.exit_code == 0
    assert "nothing to remove" in done.stdout
