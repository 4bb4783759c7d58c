"""Keys of the answer cache and the circuit that spares a dead Redis."""

import pytest

from services.gateway.cache import answer_key
from services.gateway.circuit import Circuit
from services.gateway.models import QueryRequest

BASE = QueryRequest(question="How do I sort?", user_id="u1", top_k=5, model="gpt-4")


def test_case_spaces_and_user_do_not_matter() -> None:
    """What means the same question shares an answer."""
    same = QueryRequest(question="  how DO  I\nsort? ", user_id="u2", top_k=5, model="gpt-4")
    assert answer_key(BASE, "c1") == answer_key(same, "c1")


@pytest.mark.parametrize(
    "change", [{"question": "How do I sort!"}, {"top_k": 4}, {"model": "gpt-4o"}]
)
def test_what_changes_the_answer_changes_the_key(change: dict[str, object]) -> None:
    """Question, top_k and model are in the key, and the corpus."""
    other = BASE.model_copy(update=change)
    assert answer_key(BASE, "c1") != answer_key(other, "c1")
    assert answer_key(BASE, "c1") != answer_key(BASE, "c2")


def test_key_does_not_show_the_question() -> None:
    """Keys are hashes: they may be seen in telemetry."""
    assert answer_key(BASE, "c1").startswith("tracelab:answer:")
    assert "sort" not in answer_key(BASE, "c1")


class Clock:
    """Seconds that pass when told."""

    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_circuit_lets_one_try_after_each_pause() -> None:
    """Closed it lets all through, open nobody, after the pause one; success closes it again."""
    clock = Clock()
    circuit = Circuit(5, clock)
    assert circuit.allows()
    circuit.failed()
    assert not circuit.allows()
    clock.now_s += 5
    assert circuit.allows()
    assert not circuit.allows()
    clock.now_s += 5
    assert circuit.allows()
    circuit.succeeded()
    assert circuit.allows()
    assert circuit.allows()
