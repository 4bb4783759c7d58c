"""Whether traces have arrived whole."""

import pytest

from lab.traces.arrival import is_complete
from lab.traces.spans import Trace
from tests.lab.trace_literals import query


def test_a_whole_query_is_complete() -> None:
    """The query, its stages, and all three services."""
    assert is_complete(query())


@pytest.mark.parametrize("span_id", ["01", "02", "06", "08"])
def test_a_query_without_its_root_or_a_stage_is_not(span_id: str) -> None:
    """It is still arriving, or came from the cache."""
    assert not is_complete(Trace.of(s for s in query().spans if s.span_id != span_id))


@pytest.mark.parametrize("span_id", ["04", "07", "09"])
def test_a_stage_whose_service_has_not_exported_is_missed(span_id: str) -> None:
    """The retriever's first request may have arrived without its second."""
    below = {"04": "05", "09": "0a"}.get(span_id)
    rest = [s for s in query().spans if s.span_id not in (span_id, below)]
    assert not is_complete(Trace.of(rest))


def test_a_span_without_its_parent_is_still_arriving() -> None:
    """The generator exports the prompt's span seconds before that of its whole request."""
    assert not is_complete(Trace.of(s for s in query().spans if s.span_id != "04"))


@pytest.mark.parametrize("service", ["gateway", "retriever", "generator"])
def test_a_query_without_one_of_its_services_is_not(service: str) -> None:
    """Each process exports in its own time."""
    assert not is_complete(Trace.of(s for s in query().spans if s.service != service))
