"""Leak, no leak or can't tell: the slope and the allocations together."""

from lab.memory.findings import ServiceFinding
from lab.memory.verdict import find, suspects, verdict
from tests.lab.memory_literals import DOCUMENTS, growth, leaking

HEALTHY = [
    find(growth("gateway", "steady"), None),
    find(growth("generator", "steady", -1.0), None),
]


def test_growing_memory_and_growing_allocations_are_a_leak() -> None:
    """The verdict names service, function, line, rate and holder, and tells both measurements."""
    found = verdict([*HEALTHY, find(growth("retriever", "grows", 62.0), leaking(60))])
    assert found.leak is True
    assert found.finding is not None
    assert found.finding.service == "retriever"
    assert found.kept is not None
    assert (found.kept.function, found.kept.file) == ("Documents.load", DOCUMENTS)
    assert found.holder is not None
    assert found.holder.name == "Documents.document_cache"
    assert "60.0 KB of each request" in found.hypothesis
    assert "`Documents.document_cache` holds it" in found.hypothesis
    assert "+62.0 ± 2.0 KB a request over 400 requests" in found.evidence[0]
    assert any("gateway" in told for told in found.evidence)
    assert "a bound" in found.next_step


def test_nothing_that_grows_is_no_leak() -> None:
    """A steady lab: no growth beyond noise, nobody named."""
    found = verdict([*HEALTHY, find(growth("retriever", "steady", 5.0), ())])
    assert (found.leak, found.finding, found.kept, found.holder) == (False, None, None, None)
    assert "no growth beyond noise" in found.hypothesis
    assert len(found.evidence) == 3


def test_memory_that_grows_alone_cannot_be_told() -> None:
    """No Python allocation explains it: C code or the allocator, so no leak is claimed."""
    found = verdict([*HEALTHY, find(growth("retriever", "grows", 40.0), leaking(0.1))])
    assert found.leak is None
    assert found.kept is None
    assert "C code" in found.hypothesis
    assert "--requests" in found.next_step


def test_allocations_that_explain_little_of_the_growth_are_not_blamed() -> None:
    """2 KB kept don't make 100 KB of growth."""
    assert find(growth("retriever", "grows", 100.0), leaking(2)).leak is None


def test_a_leak_shows_in_a_run_too_short_for_a_slope() -> None:
    """Too few samples, but 60 KB kept of each request: a leak."""
    assert find(growth("retriever", "unclear", None), leaking(60)).leak is True


def test_a_small_leak_is_told_by_its_allocations() -> None:
    """9 KB a request could be the allocator's, but 8 KB of it are kept by one function: a leak."""
    assert find(growth("retriever", "steady", 9.0), leaking(8)).leak is True
    assert find(growth("retriever", "steady", 9.0), leaking(3)).leak is False


def test_what_is_kept_while_the_memory_is_steady_cannot_be_told() -> None:
    """A cache that fills memory that was free looks the same as a young leak."""
    found = verdict([find(growth("retriever", "steady", 1.0), leaking(20))])
    assert found.leak is None
    assert found.kept is not None
    assert "may leak" in found.hypothesis


def test_unclear_memory_with_quiet_allocations_is_no_leak() -> None:
    """Noisy samples are settled by allocations that don't grow, if these were looked at."""
    assert find(growth("gateway", "unclear", 12.0, 9.0), ()).leak is False
    assert find(growth("gateway", "unclear", 12.0, 9.0), None).leak is None


def test_growth_that_was_not_traced_cannot_be_told() -> None:
    """Without a look at the allocations there is no verdict of a leak."""
    assert find(growth("gateway", "grows", 50.0), None).leak is None


def test_the_largest_of_two_leaks_comes_first() -> None:
    """Two services leak: the one that keeps more is the verdict."""
    small = find(growth("gateway", "grows", 30.0), leaking(30))
    large = find(growth("retriever", "grows", 90.0), leaking(90))
    found: ServiceFinding | None = verdict([small, large]).finding
    assert found is large


def test_only_what_may_grow_is_looked_into_else_all() -> None:
    """Tracing slows a service down, so only suspects are traced."""
    steady, growing = growth("gateway", "steady"), growth("retriever", "grows", 60.0)
    unclear = growth("generator", "unclear", 12.0, 15.0)
    found = suspects({"gateway": steady, "retriever": growing, "generator": unclear})
    assert found == ("retriever", "generator")
    assert suspects({"gateway": steady, "generator": steady}) == ("gateway", "generator")
