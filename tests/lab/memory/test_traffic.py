"""The requests that memory is judged by."""

from itertools import islice

from lab.memory.traffic import requests

QUESTIONS = [f"Question {number}?" for number in range(10)]


def test_no_two_requests_are_alike() -> None:
    """However many are sent, question and user are new and no cache answers."""
    sent = list(islice(requests(QUESTIONS, seed=5), 35))
    assert len({one.question for one in sent}) == len({one.user_id for one in sent}) == 35
    assert all(one.no_cache for one in sent)


def test_a_seed_decides_all_of_them() -> None:
    """The same seed sends the same requests, another one sends none of them."""
    first = list(islice(requests(QUESTIONS, seed=5), 30))
    assert first == list(islice(requests(QUESTIONS, seed=5), 30))
    others = {one.question for one in islice(requests(QUESTIONS, seed=6), 30)}
    assert not others & {one.question for one in first}
