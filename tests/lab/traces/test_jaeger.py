"""Jaeger's query API, asked over HTTP."""

import json

import httpx
import pytest

from lab.errors import LabError, UnavailableError, UsageError
from lab.traces.jaeger import Jaeger, checked_id, trace_url
from tests.lab.tiny_jaeger import TinyJaeger
from tests.lab.trace_literals import BEGAN_US, TRACE_ID, query, span, trace

URL = "http://127.0.0.1:16686"


def asking(tiny: TinyJaeger) -> Jaeger:
    """A client of these traces."""
    return Jaeger(URL, tiny.transport())


def answering(status: int, text: str) -> Jaeger:
    """A client of something that always answers this."""
    return Jaeger(URL, httpx.MockTransport(lambda _: httpx.Response(status, text=text)))


def test_a_trace_is_found_by_its_id() -> None:
    """What went into Jaeger comes out again."""
    with asking(TinyJaeger(query())) as jaeger:
        found = jaeger.trace(TRACE_ID)
    assert found is not None
    assert [one.name for one in found.spans] == [one.name for one in query().spans]


def test_an_id_may_be_in_capitals_and_without_its_zeros() -> None:
    """Ids are copied from wherever they are shown."""
    short = query("0" * 24 + "0000abcd")
    with asking(TinyJaeger(short)) as jaeger:
        found = jaeger.trace(" ABCD ")
    assert found is not None


def test_an_unknown_trace_is_none() -> None:
    """Jaeger's own 404 means that there is no such trace."""
    with asking(TinyJaeger()) as jaeger:
        assert jaeger.trace(TRACE_ID) is None


def test_the_404_of_something_else_is_an_error() -> None:
    """Another program on that port knows no traces at all."""
    with answering(404, "404: Not Found") as other, pytest.raises(LabError, match="not Jaeger"):
        other.trace(TRACE_ID)
    with (
        answering(404, '{"detail":"Not Found"}') as other,
        pytest.raises(LabError, match="not Jae"),
    ):
        other.trace(TRACE_ID)


def test_services_are_listed_in_order() -> None:
    """An empty Jaeger says null for none."""
    with asking(TinyJaeger(query())) as jaeger:
        assert jaeger.services() == ("gateway", "generator", "retriever")
    with asking(TinyJaeger()) as jaeger:
        assert jaeger.services() == ()


def test_a_search_names_all_it_filters_by() -> None:
    """As Jaeger's API takes it: microseconds, durations with a unit, tags as JSON."""
    asked: list[httpx.URL] = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request.url)
        return httpx.Response(200, json={"data": []})

    with Jaeger(URL, httpx.MockTransport(handle)) as jaeger:
        jaeger.traces(
            service="gateway",
            operation="POST /query",
            start_us=-5,
            end_us=7,
            min_duration_us=2_000,
            max_duration_us=9_000,
            tags={"user_id": "u7"},
            limit=3,
        )
    assert dict(asked[0].params) == {
        "service": "gateway",
        "operation": "POST /query",
        "start": "0",
        "end": "7",
        "minDuration": "2000us",
        "maxDuration": "9000us",
        "tags": json.dumps({"user_id": "u7"}),
        "limit": "3",
    }


def test_a_jaeger_that_is_not_there_is_unavailable() -> None:
    """The message names the address and what starts the lab."""
    with Jaeger("http://127.0.0.1:1") as jaeger, pytest.raises(UnavailableError) as told:
        jaeger.services()
    assert "http://127.0.0.1:1" in str(told.value)
    assert "`invoke up`" in str(told.value)


def test_a_jaeger_that_is_starting_is_unavailable() -> None:
    """HTTP 5xx is told with what came along."""
    with (
        answering(503, '{"data":null,"errors":[{"msg":"storage not ready"}]}') as jaeger,
        pytest.raises(UnavailableError, match=r"503.*storage not ready.*starting"),
    ):
        jaeger.services()


def test_a_jaeger_that_hangs_is_unavailable() -> None:
    """A timeout is told as one."""

    def hang(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("timed out", request=request)

    with (
        Jaeger(URL, httpx.MockTransport(hang)) as jaeger,
        pytest.raises(UnavailableError, match="too long"),
    ):
        jaeger.services()


@pytest.mark.parametrize(
    "text", ["<html>a page</html>", "[]", '{"traces": []}', '{"data": "none"}', ""]
)
def test_an_answer_jaeger_does_not_give_is_an_error(text: str) -> None:
    """JSON of another shape or none: told with the beginning of what came."""
    with answering(200, text) as other, pytest.raises(LabError, match="is not Jaeger"):
        other.services()


def test_a_bad_request_is_told_with_jaegers_reason() -> None:
    """HTTP 400 is nobody's empty list."""
    body = '{"data":null,"errors":[{"code":400,"msg":"invalid limit"}]}'
    with answering(400, body) as jaeger, pytest.raises(LabError, match="invalid limit"):
        jaeger.traces(service="gateway", start_us=0, end_us=1, limit=0)


def test_proxies_of_the_environment_are_passed_by(monkeypatch: pytest.MonkeyPatch) -> None:
    """The lab is on this machine, whatever HTTP_PROXY says."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:2")
    with (
        Jaeger("http://127.0.0.1:1") as jaeger,
        pytest.raises(UnavailableError, match=r"127\.0\.0\.1:1 "),
    ):
        jaeger.services()


def test_the_slowest_query_of_the_window_is_found() -> None:
    """Younger and older ones, other operations and other services don't count."""
    now_us = BEGAN_US + 10_000_000
    told = TinyJaeger(
        trace(span("a", None, 9_000_000, 9_400_000, name="POST /query", trace_id="a" * 32)),
        trace(span("b", None, 8_000_000, 8_900_000, name="POST /query", trace_id="b" * 32)),
        trace(span("c", None, 1_000_000, 6_000_000, name="POST /query", trace_id="c" * 32)),
        trace(span("d", None, 9_000_000, 9_990_000, name="GET /readyz", trace_id="d" * 32)),
    )
    with asking(told) as jaeger:
        found = jaeger.slowest(since_s=5, now_us=now_us)
        assert found is not None
        assert found.trace_id == "b" * 32
        assert jaeger.slowest(since_s=5, now_us=now_us, min_duration_us=900_001) is None
        whole = jaeger.slowest(since_s=1e9, now_us=now_us)
        assert whole is not None
        assert whole.trace_id == "c" * 32


def test_a_long_span_below_does_not_make_a_query_slow() -> None:
    """A task left behind for a minute isn't the query's duration."""
    now_us = BEGAN_US + 10_000_000
    told = TinyJaeger(
        trace(
            span("a", None, 0, 100_000, name="POST /query", trace_id="a" * 32),
            span("task", "a", 50_000, 9_000_000, trace_id="a" * 32),
        ),
        trace(span("b", None, 0, 200_000, name="POST /query", trace_id="b" * 32)),
    )
    with asking(told) as jaeger:
        found = jaeger.slowest(since_s=60, now_us=now_us)
        assert found is not None
        assert found.trace_id == "b" * 32
        assert jaeger.slowest(since_s=60, now_us=now_us, min_duration_us=300_000) is None


def test_the_slowest_of_one_user_is_found_by_tag() -> None:
    """Others' slower queries don't count."""
    told = TinyJaeger(query("a" * 32, "u1"), query("b" * 32, "u2"))
    with asking(told) as jaeger:
        found = jaeger.slowest(since_s=60, tags={"user_id": "u2"}, now_us=BEGAN_US + 5_000_000)
    assert found is not None
    assert found.trace_id == "b" * 32


@pytest.mark.parametrize("text", ["", "xyz", "a" * 33, "0", "0" * 32, "../services", "a b"])
def test_what_is_no_trace_id_is_refused(text: str) -> None:
    """Before Jaeger is asked."""
    with pytest.raises(UsageError, match="up to 32 hex digits"):
        checked_id(text)


def test_a_traces_page_is_at_its_id() -> None:
    """The same address in Jaeger's own UI and in the lab's."""
    assert trace_url(f"{URL}/", TRACE_ID) == f"{URL}/trace/{TRACE_ID}"
