"""`GET /readyz`: what a service needs, by name, and whether it is there."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any

from fastapi.responses import JSONResponse
from opentelemetry.instrumentation.utils import suppress_instrumentation

PROBE_TIMEOUT_S = 2.5

Probe = Callable[[], Awaitable[Mapping[str, Any]]]


class NotReadyError(Exception):
    """A dependency that answers but isn't ready; ``found`` is what it said."""

    def __init__(self, found: Mapping[str, Any]) -> None:
        super().__init__(str(found.get("problem", "not ready")))
        self.found = found


async def report(
    needed: Mapping[str, Probe], wanted: Mapping[str, Probe] | None = None
) -> JSONResponse:
    """Ask all at once. 200 if all that is needed is there, else 503; ``wanted`` is only told.

    A probe returns what is worth telling, or raises.
    """
    wanted = wanted or {}
    probes = {**needed, **wanted}
    # Neither a health check nor what it calls belongs into the traces.
    with suppress_instrumentation():
        found = await asyncio.gather(*(_ask(probe) for probe in probes.values()))
    dependencies = dict(zip(probes, found, strict=True))
    for name in wanted:
        dependencies[name]["required"] = False
    ready = all(dependencies[name]["ok"] for name in needed)
    status = HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE
    return JSONResponse({"ready": ready, "dependencies": dependencies}, status)


async def _ask(probe: Probe) -> dict[str, Any]:
    try:
        async with asyncio.timeout(PROBE_TIMEOUT_S):
            return {"ok": True, **await probe()}
    except NotReadyError as said:
        return {"ok": False, **said.found}
    except TimeoutError:
        return {"ok": False, "problem": f"no answer within {PROBE_TIMEOUT_S:g} s"}
    except Exception as failed:  # noqa: BLE001 - whatever fails is what the report is about
        return {"ok": False, "problem": f"{type(failed).__name__}: {failed}"[:300]}
