"""Sending queries to one lab's gateway, and writing to the ledger what was sent."""

import secrets
import time
from typing import Self

import httpx

from lab.errors import UnavailableError
from lab.settings import Settings
from lab.traffic import ledger
from lab.traffic.outcome import Outcome, Told, failure, read
from lab.traffic.scenario import Request

# A real provider's slowest model takes tens of seconds for a long answer.
TIMEOUT_S = 60.0
CONNECT_TIMEOUT_S = 5.0


class Gateway:
    """Sends queries to one lab's gateway. Use it in an ``async with`` block.

    At most ``connections`` are open at once; proxies of the environment are passed by.
    ``user_agent`` replaces the client's own.
    """

    def __init__(
        self,
        settings: Settings,
        connections: int,
        transport: httpx.AsyncBaseTransport | None = None,
        user_agent: str | None = None,
    ) -> None:
        self._settings = settings
        self._url = settings.url("gateway")
        self._client = httpx.AsyncClient(
            base_url=self._url,
            headers={"User-Agent": user_agent} if user_agent else None,
            timeout=httpx.Timeout(TIMEOUT_S, connect=CONNECT_TIMEOUT_S),
            limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections),
            trust_env=False,
            transport=transport,
        )

    async def check(self) -> None:
        """Raise UnavailableError unless the gateway answers."""
        try:
            answer = await self._client.get("/healthz")
        except httpx.HTTPError as failed:
            raise UnavailableError(
                f"the gateway doesn't answer at {self._url} ({failed or type(failed).__name__}); "
                "start the lab with `invoke up`"
            ) from failed
        if not answer.is_success:
            raise UnavailableError(
                f"what answers at {self._url}/healthz says HTTP {answer.status_code}; "
                "look at `invoke status` for what runs there"
            )

    async def send(
        self, request: Request, *, late_ms: float = 0.0, traceparent: str | None = None
    ) -> Outcome:
        """Send one query. Whatever the gateway does, there is an outcome.

        ``late_ms`` is how long ago it was meant to start. A sampled ``traceparent`` forces its
        trace to be kept. Raises LabError where the ledger can't be written.
        """
        headers = {"traceparent": traceparent} if traceparent else {}
        if request.no_cache:
            headers["Cache-Control"] = "no-cache"
        sent_s, began_s = time.time(), time.perf_counter()
        status, told = await self._post(request, headers)
        service_ms = (time.perf_counter() - began_s) * 1000
        outcome = Outcome(
            request=request,
            sent_s=sent_s,
            latency_ms=late_ms + service_ms,
            service_ms=service_ms,
            status=status,
            error=told.error,
            trace_id=told.trace_id,
            sampled=told.sampled,
            forced=traceparent is not None,
            cached=told.cached,
        )
        self._note(outcome)
        return outcome

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def _post(self, request: Request, headers: dict[str, str]) -> tuple[int | None, Told]:
        try:
            answer = await self._client.post("/query", json=request.body(), headers=headers)
        except httpx.HTTPError as failed:
            return None, Told(failure(failed))
        return answer.status_code, read(answer)

    def _note(self, outcome: Outcome) -> None:
        """Only what told its sampling: a request of unknown fate would skew the observed ratio."""
        if outcome.sampled is None or outcome.status is None:
            return
        sent = ledger.Sent(
            time_s=outcome.sent_s,
            trace_id=outcome.trace_id,
            sampled=outcome.sampled,
            forced=outcome.forced,
            status=outcome.status,
            cached=outcome.cached,
            duration_ms=round(outcome.service_ms, 3),
        )
        ledger.append(self._settings, sent)


def forced_traceparent(trace_id: str | None = None) -> str:
    """A W3C `traceparent` of a trace that is to be sampled: a new one, or the one given."""
    return f"00-{trace_id or secrets.token_hex(16)}-{secrets.token_hex(8)}-01"
