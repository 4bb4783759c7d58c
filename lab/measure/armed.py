"""One replay whose calls the services count, and what they counted.

The services count a trace only while the control directory names it (services/telemetry/armed.py),
and tell the result only to who knows the token in there.
"""

import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from lab.locks import one_at_a_time
from lab.measure.measurement import Awaited, BuiltinCall, Counted, Counts
from lab.measure.stacks import Frame
from lab.settings import Settings
from lab.stack import containers, control
from services.telemetry.armed import FILE, TOKEN_HEADER
from services.telemetry.conventions import SERVICES

# Far longer than a replay may take; what a killed command leaves behind ends by itself.
ARMED_S = 180.0
TELL_TIMEOUT_S = 40.0


def count(
    settings: Settings, send: Callable[[str], object], tell: Callable[[str], None] = lambda _: None
) -> Counts:
    """What one replay calls and awaits, in all services.

    ``send`` replays the request as the trace whose id it is given. Services that counted nothing
    are in ``gaps``. Raises UnavailableError where a service doesn't answer, LabError where the
    control directory can't be written, and what ``send`` raises.
    """
    trace_id = secrets.token_hex(16)
    with armed(settings, trace_id, tell) as token:
        send(trace_id)
    headers = {TOKEN_HEADER: token}

    def told(service: str) -> Any:
        path = f"/counted/{trace_id}"
        return containers.get_json(settings, service, path, TELL_TIMEOUT_S, headers)

    with ThreadPoolExecutor(len(SERVICES)) as asking:
        return counts(dict(zip(SERVICES, asking.map(told, SERVICES), strict=True)))


@contextmanager
def armed(settings: Settings, trace_id: str, tell: Callable[[str], None]) -> Iterator[str]:
    """Let the services count one trace inside the block; gives the token for the result.

    One at a time: another command that counts is waited for. Nothing is armed afterwards.
    """
    token = secrets.token_hex(32)
    said = {"trace_id": trace_id, "token": token, "expires_s": time.time() + ARMED_S}
    with one_at_a_time(settings.state_dir / "armed.lock", tell, "counting a replay"):
        try:
            control.write(settings, FILE, said)
            yield token
        finally:
            control.remove(settings, FILE)


def counts(told: Mapping[str, Any]) -> Counts:
    """The services' results, by service, as one."""
    functions: list[Counted] = []
    awaited: list[Awaited] = []
    gaps: dict[str, str] = {}
    for service, result in told.items():
        if not isinstance(result, dict) or "functions" not in result:
            gaps[service] = _refusal(result)
            continue
        if gap := result["not_counted"] or result["incomplete"]:
            gaps[service] = str(gap)
        functions += [_counted(service, one) for one in result["functions"]]
        awaited += [_awaited(service, one) for one in result["awaited"]]
    return Counts(tuple(functions), tuple(awaited), gaps)


def _refusal(result: Any) -> str:
    detail = result.get("detail") if isinstance(result, dict) else None
    return str(detail or "the service doesn't know how to count")


def _counted(service: str, told: Mapping[str, Any]) -> Counted:
    return Counted(
        service=service,
        span=told["span"],
        function=told["function"],
        file=Frame(told["function"], told["file"], told["line"]).path,
        line=told["line"],
        calls=told["calls"],
        distinct_arguments=told["distinct_arguments"],
        caller=told["caller"],
        builtins=tuple(BuiltinCall(**one) for one in told["builtins"]),
        suspends=told.get("suspends", False),
    )


def _awaited(service: str, told: Mapping[str, Any]) -> Awaited:
    stack = tuple(Frame(function, file, line) for function, file, line in told["stack"])
    return Awaited(service, told["span"], stack, told["waited_ms"])
