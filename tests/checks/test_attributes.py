"""Checkpoint 3: model calls tell tokens, queries tell user and cost."""

from dataclasses import replace

import pytest

from checks.attributes import judge
from checks.window import Window
from lab.traces.spans import AttributeValue
from tests.checks.literal import (
    NOW_S,
    cached,
    changed,
    only,
    queries,
    query,
    with_attributes,
    without,
    without_attribute,
)

WINDOW = Window.before(NOW_S)
CALL = "openai.generate"
ROOT = "POST /query"


def test_whole_queries_pass() -> None:
    """Calls with model, tokens, user and the right cost pass, and are counted."""
    found = judge((*queries(11), cached(50)), WINDOW)
    assert found.passed
    assert "11 of 11 model calls tell model and tokens" in found.evidence
    assert "12 of 12 queries tell user and cost, 1850 to 1850 prompt tokens" in found.evidence


@pytest.mark.parametrize(
    "attribute",
    ["llm.model", "llm.prompt_tokens", "llm.completion_tokens", "user_id", "cost_usd"],
)
def test_each_attribute_missing_from_one_call_fails(attribute: str) -> None:
    """One call among many without one attribute fails the check, which names it."""
    found = judge((*queries(11), without_attribute(query(50), CALL, attribute)), WINDOW)
    assert not found.passed
    assert "1 of 12 model calls: " in found.evidence
    assert f"no {attribute} (1)" in found.evidence
    assert found.fix is not None
    assert "services/generator" in found.fix


@pytest.mark.parametrize("attribute", ["user_id", "cost_usd"])
def test_each_attribute_missing_from_one_root_fails(attribute: str) -> None:
    """One query among many without its user or cost fails the check."""
    found = judge((*queries(11), without_attribute(query(50), ROOT, attribute)), WINDOW)
    assert not found.passed
    assert f"1 of 12 queries: no {attribute} (1)" in found.evidence
    assert found.fix is not None
    assert "services/gateway" in found.fix


@pytest.mark.parametrize(
    ("attributes", "told"),
    [
        ({"llm.model": ""}, "llm.model is ''"),
        ({"llm.prompt_tokens": 0}, "llm.prompt_tokens is 0"),
        ({"llm.prompt_tokens": -5}, "llm.prompt_tokens is -5"),
        ({"llm.prompt_tokens": "1850"}, "llm.prompt_tokens is '1850'"),
        ({"llm.completion_tokens": 420.0}, "llm.completion_tokens is 420.0"),
        ({"llm.completion_tokens": True}, "llm.completion_tokens is True"),
        ({"llm.prompt_tokens": 9000}, "more tokens than the context of 8,192"),
        ({"gen_ai.request.model": "gpt-4o"}, "llm.model differs from gen_ai.request.model"),
        ({"gen_ai.usage.input_tokens": 1}, "differs from gen_ai.usage.input_tokens"),
        ({"gen_ai.usage.output_tokens": 1}, "differs from gen_ai.usage.output_tokens"),
        ({"cost_usd": 0.0}, "cost_usd is not the price of its tokens"),
        ({"cost_usd": 8.07}, "cost_usd is not the price of its tokens"),
        ({"cost_usd": -0.1}, "cost_usd is -0.1"),
        ({"cost_usd": "0.0807"}, "cost_usd is '0.0807'"),
        ({"user_id": " "}, "user_id is ' '"),
    ],
)
def test_implausible_values_fail(attributes: dict[str, AttributeValue], told: str) -> None:
    """A value that can't be true fails the check, which shows it."""
    found = judge((*queries(11), with_attributes(query(50), CALL, attributes)), WINDOW)
    assert not found.passed
    assert told in found.evidence


def test_a_missing_gen_ai_name_fails() -> None:
    """The semantic conventions' name of the same must be there too."""
    told = without_attribute(query(50), CALL, "gen_ai.usage.input_tokens")
    found = judge((*queries(11), told), WINDOW)
    assert not found.passed
    assert "llm.prompt_tokens differs from gen_ai.usage.input_tokens (1)" in found.evidence


def test_a_query_whose_cost_is_not_its_calls_fails() -> None:
    """The root's cost is the sum of its model calls' costs."""
    found = judge((*queries(11), with_attributes(query(50), ROOT, {"cost_usd": 0.01})), WINDOW)
    assert not found.passed
    assert "1 of 12 queries: cost_usd differs from that of its model calls" in found.evidence


def test_a_model_of_unknown_price_needs_some_cost() -> None:
    """For a model outside the price table the cost must be above 0 and of a sane size."""
    other = {"llm.model": "other", "gen_ai.request.model": "other"}
    known = with_attributes(query(50), CALL, {**other, "cost_usd": 0.0807})
    assert judge((known,), WINDOW).passed
    free = with_attributes(query(50), CALL, {**other, "cost_usd": 0.0})
    assert not judge((free,), WINDOW).passed


def test_without_a_model_call_the_check_fails() -> None:
    """Nothing to judge is no pass: cached queries alone, and none at all."""
    for traces in ((), (cached(1),)):
        found = judge(traces, WINDOW)
        assert not found.passed
        assert "no openai.generate" in found.evidence
        assert found.fix == "invoke traffic --scenario cold --requests 100"


def test_calls_that_were_made_and_not_traced_are_looked_for() -> None:
    """Where queries ran and no call is traced, more traffic alone would not help."""
    found = judge(tuple(without(one, "openai.generate") for one in queries(11)), WINDOW)
    assert not found.passed
    assert found.fix is not None
    assert found.fix.startswith("look at `invoke logs --service generator`")


def test_one_fix_names_both_places() -> None:
    """What is wrong in two services is told in one fix."""
    bare = without_attribute(without_attribute(query(50), CALL, "llm.model"), ROOT, "user_id")
    found = judge((bare,), WINDOW)
    assert str(found.fix).count("invoke up") == 1
    assert "in services/generator and services/gateway by" in str(found.fix)


def test_without_a_query_the_check_fails() -> None:
    """Model calls of traces that lost their root don't show a query's user and cost."""
    found = judge(tuple(only(one, ["generator"]) for one in queries(11)), WINDOW)
    assert not found.passed
    assert "no POST /query in the 11 traces" in found.evidence


def test_a_query_that_lost_its_calls_is_not_blamed_for_its_cost() -> None:
    """Where the generator's spans are lost there is nothing to compare the cost with."""
    lost = only(query(50), ["gateway", "retriever"])
    assert judge((*queries(3), lost), WINDOW).passed
    paid = with_attributes(cached(51), ROOT, {"cost_usd": 0.08})
    assert not judge((*queries(3), paid), WINDOW).passed


def test_calls_that_failed_are_not_judged() -> None:
    """A call that ended in an error has no completion tokens to tell."""
    failed = changed(
        without_attribute(query(50), CALL, "llm.completion_tokens"),
        lambda s: replace(s, is_error=s.name in (CALL, ROOT)),
    )
    assert judge((*queries(3), failed), WINDOW).passed


def test_only_the_window_is_judged() -> None:
    """What an earlier configuration traced, and what is still arriving, is left out."""
    old = without_attribute(query(50, ago_s=3000), CALL, "llm.model")
    young = without_attribute(query(51, ago_s=5), CALL, "llm.model")
    assert judge((old, young, *queries(3)), Window.before(NOW_S, NOW_S - 1000)).passed
