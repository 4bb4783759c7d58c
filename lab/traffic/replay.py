"""The original request of a trace, sent again: one at a time, always sampled."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import httpx

from lab.errors import LabError, UnavailableError
from lab.settings import Settings
from lab.traces.spans import Trace
from lab.traffic import ledger
from lab.traffic.gateway import forced_traceparent

# Known by this in their traces, which are no queries of a user's, and slower under py-spy.
USER_AGENT = "tracelab-replay"
USER_AGENT_ATTRIBUTE = "user_agent.original"
CONNECT_TIMEOUT_S = 5.0
LEAST_TIMEOUT_S = 60.0
LEAST_REPLAYS = 3
MOST_SECONDS = 60.0
# So that a recording shows what the services' threads do while no request is there.
PAUSE_S = 0.3
# Of quick requests so many are enough, and Jaeger isn't flooded.
MOST_REPLAYS = 100


@dataclass(frozen=True)
class Replay:
    """One replayed request; ``stages_ms`` is how long each stage took, by the answer's own word."""

    trace_id: str
    duration_s: float
    stages_ms: Mapping[str, float] = field(default_factory=dict)


class Replayer:
    """Sends one request to a lab's gateway again and again. Use it in a ``with`` block.

    ``expected_s`` is how long the original took. With ``use_cache`` a replay may be answered from
    the cache, as the original was. ``sent`` counts the replays, ``cost_usd`` is what they cost.
    """

    def __init__(
        self,
        settings: Settings,
        expected_s: float,
        *,
        use_cache: bool = False,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._settings = settings
        self._url = settings.url("gateway")
        self._use_cache = use_cache
        self.sent = 0
        self.cost_usd = 0.0
        self._client = httpx.Client(
            base_url=self._url,
            timeout=httpx.Timeout(max(LEAST_TIMEOUT_S, 3 * expected_s), connect=CONNECT_TIMEOUT_S),
            headers={"User-Agent": USER_AGENT},
            # Between replays the gateway may close a connection just as it is used again.
            limits=httpx.Limits(max_keepalive_connections=0),
            trust_env=False,
            transport=transport,
        )

    def original(self, trace_id: str) -> Mapping[str, Any]:
        """The body of the request that made a trace. Raises LabError where it isn't kept."""
        answer = self._call("GET", f"/queries/{trace_id}")
        if answer.status_code == httpx.codes.NOT_FOUND:
            raise LabError(
                f"the request of trace {trace_id} is no longer kept, so it can't be replayed "
                "(requests are kept for 24 hours, in Redis's memory); send a new one with "
                "`invoke traffic` or choose another trace: `invoke trace`, then "
                "`invoke profile --trace-id ID`"
            )
        if answer.is_success:
            body = _json(answer)
            if isinstance(body, dict):
                return body
        raise LabError(f"the gateway doesn't give the request of {trace_id}: {_problem(answer)}")

    def is_kept(self, trace_id: str) -> bool:
        """Whether the request that made a trace can be sent again."""
        return self._call("GET", f"/queries/{trace_id}").is_success

    def send(self, body: Mapping[str, Any], trace_id: str | None = None) -> Replay:
        """Replay once, as a new trace or the one given (32 hex digits).

        Raises LabError for any answer but a good one of the forced trace.
        """
        traceparent = forced_traceparent(trace_id)
        trace_id = traceparent.split("-")[1]
        headers = {"traceparent": traceparent}
        if not self._use_cache:
            headers["Cache-Control"] = "no-cache"
        began_s, sent_s = time.perf_counter(), time.time()
        answer = self._call("POST", "/query", json=dict(body), headers=headers)
        duration_s = time.perf_counter() - began_s
        told = _json(answer)
        if not answer.is_success or not isinstance(told, dict):
            raise LabError(
                f"the replay failed: {_problem(answer)} (trace {trace_id}); "
                "look at `invoke status` and `invoke logs --service gateway`"
            )
        if told.get("trace_id") != trace_id:
            raise LabError(
                f"the replay was sent as trace {trace_id}, but the gateway made it "
                f"{told.get('trace_id')!r}: it lost its caller's `traceparent`; "
                "see `invoke checklist`"
            )
        self._note(trace_id, sent_s, duration_s, answer.status_code, told)
        self.sent += 1
        self.cost_usd += float(told.get("cost_usd") or 0.0)
        return Replay(trace_id, duration_s, _stages_ms(told.get("timings_ms")))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def _call(self, method: str, path: str, **how: Any) -> httpx.Response:
        try:
            return self._client.request(method, path, **how)
        except httpx.TimeoutException as late:
            raise LabError(
                f"the gateway at {self._url} didn't answer {method} {path} in time; "
                "look at `invoke status` and `invoke logs`"
            ) from late
        except httpx.HTTPError as failed:
            raise UnavailableError(
                f"the gateway doesn't answer at {self._url} ({failed or type(failed).__name__}); "
                "start the lab with `invoke up`"
            ) from failed

    def _note(
        self, trace_id: str, sent_s: float, duration_s: float, status: int, told: Mapping[str, Any]
    ) -> None:
        cached = told.get("cached") is True
        ledger.append(
            self._settings,
            ledger.Sent(sent_s, trace_id, True, True, status, cached, round(duration_s * 1000, 3)),
        )


def is_replay(trace: Trace) -> bool:
    """Whether a trace is that of a replay."""
    return trace.root.attributes.get(USER_AGENT_ATTRIBUTE) == USER_AGENT


def fill(
    send: Callable[[], Replay],
    seconds: float,
    *,
    least: int = LEAST_REPLAYS,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> tuple[Replay, ...]:
    """Replay one after another, with pauses, for ``seconds`` and at least ``least`` times.

    Fewer than ``least`` only where they would take longer than MOST_SECONDS, once at least, and
    MOST_REPLAYS times at most. A replay is expected to take as long as the slowest so far.
    """
    began_s = clock()
    replays = [send()]
    while len(replays) < MOST_REPLAYS:
        next_s = max(one.duration_s for one in replays)
        spent_s = clock() - began_s
        wanted_s = MOST_SECONDS if len(replays) < least else seconds
        if spent_s + PAUSE_S + next_s > wanted_s:
            break
        sleep(PAUSE_S)
        replays.append(send())
    return tuple(replays)


def _stages_ms(told: object) -> Mapping[str, float]:
    if not isinstance(told, dict):
        return {}
    times = {str(name): ms for name, ms in told.items() if isinstance(ms, int | float)}
    times.pop("total", None)
    return times


def _json(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return None


def _problem(answer: httpx.Response) -> str:
    told = _json(answer)
    detail = told.get("detail") or told.get("title") if isinstance(told, dict) else answer.text
    return f"HTTP {answer.status_code}, {str(detail)[:200] or 'nothing more'}"
