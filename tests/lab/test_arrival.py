"""Whether traces have arrived whole."""

import pytest

from lab.arrival import is_complete
from lab.spans import Trace
from tests.lab.trace_literals import query


def test_a_whole_query_is_complete() -> None:
    """The query, its stages, and all three services."""
    assert is_complete(query())


@pytest.mark.parametrize("span_id", ["01", "02", "06", "08"])
def test_a_query_without_its_root_or_a_stage_is_not(span_id: str) -> None:
    """It is still arriving, or came from the cache."""
    assert not is_complete(Trace.of(s for s in query().spans if s.span_id != span_id))


@pytest.mark.parametrize("service", ["gateway", "retriever", "generator"])
def test_a_query_without_one_of_its_services_is_not(service: str) -> None:
    """Each process exports in its own time."""
    assert not is_complete(Trace.of(s for s in query().spans if s.service != service))
