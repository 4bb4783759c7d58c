"""Waiting and computing in C, told by the processor's clock in the counted replay."""

from dataclasses import replace

import pytest

from lab.diagnosis.clues import Clues
from lab.diagnosis.in_c import in_c
from lab.measure.measurement import BuiltinCall, Measurement
from lab.measure.stacks import Frame, Stack
from tests.lab.literal_measurements import (
    ALIGNING,
    ASGI,
    LIB,
    RETRIEVING,
    SCORING,
    WORKER,
    changed,
    counted,
    counts_with,
    healthy,
    judged,
    own,
    span,
)

LINE = own("_fetch", "retriever/scoring.py", 33)
FETCHING: Stack = (*SCORING, LINE)


def scored(*calls: BuiltinCall, stack: Stack = FETCHING, cpu_ms: float = 405.0) -> Measurement:
    """300 ms more in `score`, in a stack that moves; the C calls of `_fetch`."""
    return changed(
        healthy(),
        span(
            "score",
            (710.0, 715.0, 712.0),
            {ALIGNING: 390, SCORING: 20, stack: 300},
            cpu_ms=(cpu_ms,) * 3,
        ),
        counts=counts_with(
            counted("retriever", "score", "_fetch", "retriever/scoring.py", 20, builtins=calls)
        ),
    )


@pytest.mark.parametrize(
    ("calls", "crowding", "told"),
    [
        ((BuiltinCall("lib.fetch", 33, 20, 300.0, 4.0),), 1.0, "blocked"),
        ((BuiltinCall("lib.fetch", 33, 20, 300.0, 290.0),), 1.0, "computing"),
        ((BuiltinCall("lib.fetch", 33, 20, 300.0, 100.0),), 1.0, None),
        ((BuiltinCall("lib.fetch", 33, 20, 300.0, None),), 1.0, None),
        ((BuiltinCall("lib.fetch", 33, 20, 100.0, 1.0),), 1.0, None),
        ((BuiltinCall("lib.fetch", 34, 20, 300.0, 4.0),), 1.0, None),
        ((BuiltinCall("a", 33, 1, 150.0, 1.0), BuiltinCall("b", 33, 1, 9.0, 9.0)), 1.0, "blocked"),
        ((BuiltinCall("lib.fetch", 33, 20, 300.0, 30.0),), 4.0, None),
        ((BuiltinCall("lib.fetch", 33, 20, 300.0, 0.0),), float("inf"), None),
        ((), 1.0, None),
    ],
    ids=[
        "waits", "computes", "both", "not measured", "less than seen", "another line", "two calls",
        "may want the processor", "nobody knows how crowded", "none",
    ],
)  # fmt: skip
def test_what_a_line_did_in_c(
    calls: tuple[BuiltinCall, ...], crowding: float, told: str | None
) -> None:
    """By its C calls together, where they make up what was seen on the line."""
    now = scored(*calls)
    cost = next(one for one in now.spans if one.name == "score")
    found = in_c(cost, Clues(now.counts, crowding=crowding))
    assert found == ({LINE: told} if told else {})


def test_short_waits_in_c_are_io_wait() -> None:
    """20 waits of 15 ms in a library in C whose name says nothing."""
    verdict = judged(scored(BuiltinCall("lib.fetch", 33, 20, 300.0, 4.0)), healthy()).verdict
    assert (verdict.cause, verdict.function) == ("io_wait", "_fetch")


@pytest.mark.parametrize("cpu_ms", [290.0, None])
def test_short_calls_that_compute_in_c_stay_cpu(cpu_ms: float | None) -> None:
    """Whether or not that was measured."""
    call = BuiltinCall("zlib.compress", 33, 20, 300.0, cpu_ms)
    verdict = judged(scored(call, cpu_ms=700.0), healthy()).verdict
    assert (verdict.cause, verdict.function) == ("cpu", "_fetch")


def handled(stack: Stack, *calls: BuiltinCall) -> Measurement:
    """A stack that stands still for 200 ms in a handler outside of any span of ours."""
    return changed(
        healthy(),
        span(
            "POST /retrieve",
            (210.0, 212.0, 211.0),
            {RETRIEVING: 8, stack: 200},
            cpu_ms=(6.0, 6.0, 6.0),
            still={stack: 200},
        ),
        counts=counts_with(
            counted(
                "retriever", "POST /retrieve", "Retriever.sign", "retriever/service.py", 1,
                builtins=calls,
            )
        ),
    )  # fmt: skip


SIGNING: Stack = (*WORKER, own("Retriever.sign", "retriever/service.py", 57))


@pytest.mark.parametrize(("cpu_ms", "cause"), [(195.0, "cpu"), (2.0, "io_wait"), (None, "io_wait")])
def test_a_long_c_call_in_a_handler_is_told_by_its_clock(cpu_ms: float | None, cause: str) -> None:
    """The server span's own CPU time is that of another thread, the event loop's."""
    call = BuiltinCall("_hashlib.pbkdf2_hmac", 57, 1, 200.0, cpu_ms)
    verdict = judged(handled(SIGNING, call), healthy()).verdict
    assert (verdict.cause, verdict.function) == (cause, "Retriever.sign")


def test_a_library_in_c_that_was_called_from_c_is_told_by_our_line() -> None:
    """`max(..., key=library)`: the C call of our line covers what it called."""
    inside = (*SIGNING, Frame("distance", LIB + "some/library.py", 9))
    call = BuiltinCall("max", 57, 1, 200.0, 196.0)
    verdict = judged(handled(inside, call), healthy()).verdict
    assert (verdict.cause, verdict.function) == ("cpu", "Retriever.sign")


def test_json_that_stands_still_computes() -> None:
    """The encoder is in C, and called by a library: there is no call of ours to measure."""
    encoding = (*SIGNING, Frame("JSONEncoder.iterencode", LIB + "json/encoder.py", 261))
    verdict = judged(handled(encoding), healthy()).verdict
    assert (verdict.cause, verdict.function) == ("cpu", "Retriever.sign")


def test_json_frozen_for_want_of_a_processor_is_nobodys_fault() -> None:
    """Ten times as many threads as processors: it stands still now and then, for long."""
    frozen = {(*ALIGNING[:-1], replace(ALIGNING[-1], line=line)): 300.0 for line in (62, 65, 68)}
    decoding = (*ASGI, Frame("JSONDecoder.raw_decode", LIB + "json/decoder.py", 361))
    now = changed(
        healthy(),
        span(
            "score",
            (1290.0, 1320.0, 1350.0),
            {**frozen, ALIGNING: 690, SCORING: 20},
            cpu_ms=(405.0, 402.0, 404.0),
            still=dict.fromkeys(frozen, 280.0),
        ),
        span("POST /retrieve", (190.0, 9.0, 220.0), {decoding: 130, RETRIEVING: 8},
             cpu_ms=(6.0, 6.0, 6.0), still={decoding: 130}),
    )  # fmt: skip
    assert judged(now, healthy()).verdict.cause == "none"
