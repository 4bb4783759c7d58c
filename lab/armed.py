"""One replay whose calls the services count, and what they counted.

The services count a trace only while the control directory names it (services/telemetry/armed.py),
and tell the result only to who knows the token in there.
"""

import json
import os
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lab import containers
from lab.errors import LabError
from lab.measurement import Awaited, BuiltinCall, Counted, Counts
from lab.settings import Settings
from lab.stacks import Frame
from services.telemetry.armed import FILE, TOKEN_HEADER
from services.telemetry.conventions import SERVICES

# Far longer than a replay may take; what a killed command leaves behind ends by itself.
ARMED_S = 180.0
TELL_TIMEOUT_S = 40.0


def count(settings: Settings, send: Callable[[str], object]) -> Counts:
    """What one replay calls and awaits, in all services.

    ``send`` replays the request as the trace whose id it is given. Services that counted nothing
    are in ``gaps``. Raises LabError where another replay is being counted, UnavailableError where a
    service doesn't answer, and what ``send`` raises.
    """
    trace_id = secrets.token_hex(16)
    with armed(settings.control_dir, trace_id) as token:
        send(trace_id)
    headers = {TOKEN_HEADER: token}

    def told(service: str) -> Any:
        path = f"/counted/{trace_id}"
        return containers.get_json(settings, service, path, TELL_TIMEOUT_S, headers)

    with ThreadPoolExecutor(len(SERVICES)) as asking:
        return counts(dict(zip(SERVICES, asking.map(told, SERVICES), strict=True)))


@contextmanager
def armed(
    control_dir: Path, trace_id: str, clock: Callable[[], float] = time.time
) -> Iterator[str]:
    """Let the services count one trace inside the block; gives the token for the result.

    Raises LabError where another trace is armed. Nothing is armed afterwards.
    """
    token = secrets.token_hex(32)
    file, aside = control_dir / FILE, control_dir / f".{FILE}.{token[:16]}"
    said = {"trace_id": trace_id, "token": token, "expires_s": clock() + ARMED_S}
    try:
        aside.write_text(json.dumps(said), encoding="utf-8")
        aside.chmod(0o644)
        _claim(file, aside, clock)
        yield token
    finally:
        aside.unlink(missing_ok=True)
        if _field(file, "token") == token:
            file.unlink(missing_ok=True)


def _claim(file: Path, aside: Path, clock: Callable[[], float]) -> None:
    """Put it in its place, as one step that fails where something is there already."""
    if float(_field(file, "expires_s") or 0.0) <= clock():
        file.unlink(missing_ok=True)
    try:
        os.link(aside, file)
    except FileExistsError:
        left_s = float(_field(file, "expires_s") or 0.0) - clock()
        raise LabError(
            f"another replay of this lab is being counted ({file} is there, for {left_s:.0f} s "
            "more at most); wait for the other `invoke profile` to end, or remove the file if "
            "there is none"
        ) from None


def _field(file: Path, name: str) -> Any:
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return said.get(name) if isinstance(said, dict) else None


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
    )


def _awaited(service: str, told: Mapping[str, Any]) -> Awaited:
    stack = tuple(Frame(function, file, line) for function, file, line in told["stack"])
    return Awaited(service, told["span"], stack, told["waited_ms"])
