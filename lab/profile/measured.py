"""How a profile's numbers came about, in sentences."""

from collections.abc import Iterator

from lab.diagnosis.wording import ms
from lab.measure.capture import Captured
from lab.measure.pyspy import RATE_HZ
from lab.traffic.replay import Replayer


def told(captured: Captured, replayer: Replayer) -> tuple[str, ...]:
    """What was replayed and recorded, how exact it is, and what it cost."""
    return tuple(_told(captured, replayer))


def _told(captured: Captured, replayer: Replayer) -> Iterator[str]:
    now = captured.measurement
    services = ", ".join(captured.aligned)
    yield (
        f"The request was replayed {now.replays} times, one at a time and always sampled, while "
        f"py-spy read {services} {RATE_HZ} times a second from sidecars: "
        f"{ms(min(now.request_ms))} to {ms(max(now.request_ms))}."
    )
    yield (
        "A span has the stacks of its own thread and of threads in handlers' code during its own "
        "time; the recordings' clocks are aligned with the spans: "
        + ", ".join(_clock(service, captured) for service in captured.aligned)
        + "."
    )
    if now.counts is not None:
        yield "Calls were counted in one more replay, which counting makes slower."
        for service, gap in now.counts.gaps.items():
            yield f"Not all calls in {service} were counted: {gap}."
    elif captured.not_counted is not None:
        yield f"Calls were not counted, as the replay for it failed: {captured.not_counted}."
    yield "profile.svg is py-spy's picture of the whole process during another replay."
    yield (
        f"The {replayer.sent} replays together cost {replayer.cost_usd:.4f} USD by the price table "
        "(nothing, where a stand-in answers for the provider)."
    )


def _clock(service: str, captured: Captured) -> str:
    clock = captured.aligned[service].clock
    if clock.edges:
        return f"{service} at {clock.edges} edges within {ms(clock.error_us / 1000)} (median)"
    return f"{service} without edges of its own, up to {ms(clock.error_us / 1000)} off"
