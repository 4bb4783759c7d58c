"""What spans are called."""

import pytest

from lab.traces.labels import label, place, printable
from lab.traces.spans import AttributeValue
from tests.lab.trace_literals import query, span


@pytest.mark.parametrize(
    ("name", "attributes", "expected"),
    [
        ("POST", {"server.address": "providers"}, "POST providers"),
        ("POST", {"net.peer.name": "retriever"}, "POST retriever"),
        ("POST", {"http.url": "http://generator:8000/generate"}, "POST generator"),
        ("GET", {"db.system": "redis", "net.peer.name": "redis-1"}, "GET redis"),
        ("GET", {}, "GET"),
        ("SELECT corpus", {"db.system": "sqlite"}, "SELECT corpus"),
        ("pinecone.query", {"server.address": "providers"}, "pinecone.query"),
        ("POST", {"http.url": "not an address"}, "POST"),
    ],
)
def test_a_clients_bare_name_gets_what_it_speaks_to(
    name: str, attributes: dict[str, AttributeValue], expected: str
) -> None:
    """By either generation of OpenTelemetry's conventions; a telling name stays as it is."""
    assert label(span("a", None, 0, 1, name=name, kind="client", attributes=attributes)) == expected


def test_other_spans_keep_their_names() -> None:
    """Only a client speaks to something."""
    told = span("a", None, 0, 1, name="score", attributes={"server.address": "x"})
    assert label(told) == "score"


def test_a_place_is_the_nearest_work_above() -> None:
    """The call that took so long is told with what made it."""
    trace = query()
    assert place(trace, trace.by_id["0a"]) == "POST providers in openai.generate"
    assert place(trace, trace.by_id["04"]) == "POST /retrieve in retrieve"
    assert place(trace, trace.by_id["01"]) == "POST /query"


def test_a_name_cannot_steer_the_terminal() -> None:
    """Escapes, line ends and the like are shown as question marks."""
    assert printable("a\x1b[2Jb\nc\u202ed") == "a?[2Jb?c?d"
    assert label(span("a", None, 0, 1, name="x\x07")) == "x?"
