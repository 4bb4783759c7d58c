"""The mystery query: always the same, always sampled."""

import asyncio

import httpx

from lab.errors import LabError
from lab.settings import Settings
from lab.traffic import scenario
from lab.traffic.gateway import Gateway, forced_traceparent


def send_mystery(settings: Settings, transport: httpx.AsyncBaseTransport | None = None) -> str:
    """Send the mystery query with a sampled `traceparent` of its own; its trace id, 32 hex digits.

    Raises UnavailableError where the gateway isn't there, LabError where it doesn't answer the
    query or doesn't keep its trace.
    """
    return asyncio.run(_send(settings, transport))


async def _send(settings: Settings, transport: httpx.AsyncBaseTransport | None) -> str:
    traceparent = forced_traceparent()
    trace_id = traceparent.split("-")[1]
    async with Gateway(settings, 1, transport) as gateway:
        await gateway.check()
        outcome = await gateway.send(scenario.mystery(), traceparent=traceparent)
    if not outcome.ok:
        raise LabError(
            f"the mystery query wasn't answered ({outcome.error}, trace {trace_id}); "
            "look at `invoke logs --service gateway`"
        )
    if outcome.trace_id != trace_id or not outcome.sampled:
        told = outcome.trace_id or "no trace at all"
        raise LabError(
            f"the mystery query was sent as trace {trace_id}, to be sampled, but the gateway made "
            f"it {told}{'' if outcome.sampled else ', unsampled'}; it lost its caller's "
            "`traceparent`: see `invoke checklist`"
        )
    return trace_id
