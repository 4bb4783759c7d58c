"""A request with half and with double the work."""

from lab.profile.variants import QUESTION, TOP_K, doubled, halved

BODY = {"question": "How do I sort a dict by value", "user_id": "u1", "top_k": 10, "model": "gpt-4"}


def test_half_the_passages_and_half_the_question() -> None:
    """Each variant changes one thing alone."""
    fewer, shorter = halved(BODY)
    assert (fewer.kind, fewer.work, fewer.body) == (TOP_K, 0.5, {**BODY, "top_k": 5})
    assert (shorter.kind, shorter.work) == (QUESTION, 0.5)
    assert shorter.body == {**BODY, "question": "How do I sort"}


def test_double_the_passages_and_double_the_question() -> None:
    """The question is asked twice."""
    more, longer = doubled(BODY)
    assert (more.work, more.body["top_k"]) == (2, 20)
    assert longer.work == 2
    assert longer.body["question"] == "How do I sort a dict by value How do I sort a dict by value"


def test_no_more_is_asked_for_than_the_gateway_takes() -> None:
    """20 passages and 4,000 characters are the most; the work is what was really asked."""
    body = {**BODY, "top_k": 15, "question": " ".join(["abcd"] * 500)}
    more, longer = doubled(body)
    assert (more.body["top_k"], more.work) == (20, 20 / 15)
    assert len(longer.body["question"]) == 3999
    assert longer.work == 800 / 500


def test_what_can_not_be_halved_or_doubled_is_left_out() -> None:
    """One passage has no half, the most have no double, and so with words."""
    assert list(halved({**BODY, "top_k": 1, "question": "Why?"})) == []
    full = {**BODY, "top_k": 20, "question": " ".join(["abc"] * 1000)}
    assert list(doubled(full)) == []


def test_a_body_without_top_k_has_the_gateways_own() -> None:
    """The gateway takes 5 where nothing is asked."""
    fewer = next(halved({"question": "How do I", "user_id": "u1"}))
    assert (fewer.body["top_k"], fewer.work) == (2, 0.4)
