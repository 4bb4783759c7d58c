"""What the gateway's answers say."""

import httpx
import pytest

from lab.traffic.outcome import Told, failure, read

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"


def answer(status: int, text: str, flags: str | None = "01") -> httpx.Response:
    """What the gateway may answer, with the decision in its header."""
    told = {"traceresponse": f"00-{TRACE_ID}-00f067aa0ba902b7-{flags}"} if flags else {}
    return httpx.Response(status, text=text, headers=told)


def test_a_good_answer_tells_its_cache_and_its_trace() -> None:
    """The trace flags' lowest bit says whether it was sampled."""
    assert read(answer(200, '{"cached": true}')) == Told("", True, TRACE_ID, True)
    assert read(answer(200, '{"cached": false}', "00")) == Told("", False, TRACE_ID, False)
    assert read(answer(200, '{"cached": false}', "03")).sampled is True


def test_a_refusal_is_an_error_by_its_status() -> None:
    """Its trace is told as of any other."""
    assert read(answer(502, "{}", "00")) == Told("HTTP 502", False, TRACE_ID, False)


@pytest.mark.parametrize("text", ["", "<html>", "[]", "null", "{}"])
def test_a_good_status_with_something_else_is_an_error(text: str) -> None:
    """Whatever answered there, it wasn't the gateway's answer."""
    assert read(answer(200, text)).error == "not an answer"


@pytest.mark.parametrize("header", ["", "junk", f"00-{TRACE_ID}-zz-01", f"00-{TRACE_ID[:31]}-1-1"])
def test_without_a_good_header_the_decision_is_unknown(header: str) -> None:
    """Neither sampled nor not: it counts for neither."""
    told = read(httpx.Response(200, text='{"cached": false}', headers={"traceresponse": header}))
    assert (told.trace_id, told.sampled) == ("", None)


def test_failures_are_told_in_a_word() -> None:
    """They are counted by that word."""
    assert failure(httpx.ReadTimeout("")) == "timeout"
    assert failure(httpx.ConnectTimeout("")) == "timeout"
    assert failure(httpx.ConnectError("")) == "no connection"
    assert failure(httpx.RemoteProtocolError("")) == "RemoteProtocolError"
