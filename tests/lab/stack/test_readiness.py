"""Reading the gateway's readiness document."""

from lab.stack.readiness import parse_gateway


def document(redis_ok: bool, loaded: int) -> dict[str, object]:
    """What /readyz says when Redis is ok or not and `loaded` of 10 passages are in the index."""
    index_ok = loaded == 10
    index = {"ok": index_ok, "passages": loaded, "expected": 10}
    return {
        "ready": redis_ok and index_ok,
        "dependencies": {
            "redis": {"ok": redis_ok, "detail": "connection refused"},
            "retriever": {"ok": index_ok, "dependencies": {"index": index}},
        },
    }


def test_all_well_is_ready() -> None:
    """Nothing is waited for when every dependency is ok."""
    seen = parse_gateway(document(redis_ok=True, loaded=10))
    assert seen.ready
    assert (seen.index_passages, seen.index_expected) == (10, 10)


def test_an_unloaded_index_is_the_only_thing_missing() -> None:
    """A service that waits for its index alone is told as the index, not as the service."""
    seen = parse_gateway(document(redis_ok=True, loaded=3))
    assert seen.only_index_missing
    assert not seen.ready


def test_what_else_is_missing_is_named_with_its_detail() -> None:
    """A dependency that is down is named with what it said."""
    seen = parse_gateway(document(redis_ok=False, loaded=3))
    assert not seen.only_index_missing
    assert seen.waiting_for["redis"] == "connection refused"
