"""Checkpoint 6: Datadog holds the same traces, by the same ids and the same decision."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from checks.result import Checkpoint, Finding, conclude, send
from checks.sources import Sources
from checks.window import Window
from lab.settings import Settings
from lab.stack import containers
from lab.traces.datadog import Datadog, DatadogSpan
from lab.traces.jaeger import Jaeger
from lab.traces.spans import Trace
from services.telemetry.conventions import SERVICES

API_KEY = "DD_API_KEY"
SEARCHED_ONE_BY_ONE = 20
BRIDGE = "look at the Datadog part in services/telemetry, then `invoke up`"
TRAFFIC = send()


@dataclass(frozen=True)
class Compared:
    """The window's traces by id, each with the lab's services that have spans in it.

    ``only_datadog`` are ids that Jaeger doesn't hold, ``unsampled`` what was told to be dropped,
    ``dropped`` what Datadog holds with a priority that says drop.
    """

    jaeger: Mapping[str, frozenset[str]]
    datadog: Mapping[str, frozenset[str]]
    only_datadog: tuple[str, ...]
    unsampled: frozenset[str]
    dropped: tuple[str, ...]


def judge(both: Compared) -> Finding:
    """Each trace is in both, from the same services; none is in one alone."""
    absent = [one for one in both.jaeger if one not in both.datadog]
    partial = [one for one in both.jaeger if _lacking(both, one) and one not in absent]
    undecided = sorted(both.unsampled & both.datadog.keys())
    shared = len(both.jaeger) - len(absent)
    problems = []
    for found, wrong in (
        (absent, f"of {len(both.jaeger)} traces in Jaeger are not in Datadog"),
        (undecided, "unsampled requests are in Datadog"),
        (both.only_datadog, "traces are in Datadog alone"),
        (both.dropped, "traces are in Datadog with a priority that says drop"),
    ):
        if found:
            problems.append((f"{len(found)} {wrong}, as {found[0]}", BRIDGE))
    if partial:
        services = ", ".join(sorted(_lacking(both, partial[0])))
        wrong = f"{len(partial)} traces lack a service in Datadog, as {partial[0]} lacks {services}"
        problems.append((wrong, BRIDGE))
    if not both.jaeger:
        problems.append(("no trace since the lab started", BRIDGE if problems else TRAFFIC))
    evidence = [
        f"{shared} of {len(both.jaeger)} trace ids in both, {len(undecided)} of"
        f" {len(both.unsampled)} unsampled requests in Datadog",
        "its test agent knows what came since it started, so older traces are left out",
    ]
    return conclude(evidence, problems)


def find(sources: Sources) -> Finding:
    """Compare what both hold, where the agent is one that tells."""
    agent = containers.container(sources.settings, "datadog")
    if has_api_key(agent.attrs["Config"]["Env"] or ()):
        return judge_real_agent(sources.settings)
    with Datadog(sources.settings.url("datadog")) as datadog:
        told = datadog.traces()
    return judge(compare(sources, told))


def has_api_key(environment: Iterable[str]) -> bool:
    """Whether the agent is Datadog's own, sending to its intake; ``NAME=value`` lines."""
    return any(one.startswith(f"{API_KEY}=") and one != f"{API_KEY}=" for one in environment)


def judge_real_agent(settings: Settings) -> Finding:
    """Datadog's own agent can only be asked whether it is there."""
    with Datadog(settings.url("datadog")) as datadog:
        version = datadog.info().get("version", "of unknown version")
    evidence = [
        f"Datadog's own agent {version} takes traces; what it sent on can't be read here, so ids"
        " and decisions are not compared: look into your Datadog account"
    ]
    return conclude(evidence, [])


def compare(sources: Sources, told: Mapping[str, tuple[DatadogSpan, ...]]) -> Compared:
    """What both hold of the time in which services and agent ran and all has arrived."""
    held = sources.held.result()
    window = Window.before(sources.now_s, held.since_s, sources.since_s("datadog"))
    inside = {one: spans for one, spans in told.items() if _is_inside(window, spans)}
    known = {trace.trace_id for trace in (*held.queries, *held.elsewhere)}
    unknown = sorted(inside.keys() - known)
    return Compared(
        jaeger={trace.trace_id: _services(trace) for trace in window.select(held.queries)},
        datadog={one: frozenset(s.service for s in spans) for one, spans in told.items()},
        only_datadog=tuple(_unheld(sources.settings, unknown)),
        unsampled=frozenset(
            one.trace_id
            for one in sources.ledger.result()
            if not one.sampled and window.holds(one.time_s, one.time_s + one.duration_ms / 1000)
        ),
        dropped=tuple(one for one, spans in inside.items() if any(map(_is_dropped, spans))),
    )


def _lacking(both: Compared, trace_id: str) -> frozenset[str]:
    return both.jaeger[trace_id] - both.datadog.get(trace_id, frozenset())


def _services(trace: Trace) -> frozenset[str]:
    return frozenset(span.service for span in trace.spans) & frozenset(SERVICES)


def _is_inside(window: Window, spans: tuple[DatadogSpan, ...]) -> bool:
    end_ns = max(span.start_ns + span.duration_ns for span in spans)
    return window.holds(spans[0].start_ns / 1e9, end_ns / 1e9)


def _is_dropped(span: DatadogSpan) -> bool:
    return span.sampling_priority is not None and span.sampling_priority <= 0


def _unheld(settings: Settings, trace_ids: list[str]) -> list[str]:
    """The ids that Jaeger doesn't hold; beyond a number that takes long, none is taken for held."""
    with Jaeger(settings.url("jaeger")) as jaeger:
        searched = trace_ids[:SEARCHED_ONE_BY_ONE]
        found = {one for one in searched if jaeger.trace(one) is not None}
    return [one for one in trace_ids if one not in found]


CHECKPOINT = Checkpoint(
    "datadog",
    "Datadog holds the same traces",
    "Without it, a trace found in one tool can't be opened in the other.",
    find,
)
