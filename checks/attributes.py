"""Checkpoint 3: every model call tells its tokens, every query its user and cost."""

from collections import Counter

from checks.plausible import call_problems, count_of, query_problems
from checks.result import Checkpoint, Finding, conclude, send
from checks.shape import entry, is_cached, is_failed
from checks.sources import Sources
from checks.window import Window
from lab.traces.spans import Span, Trace
from services.telemetry.conventions import LLM_PROMPT_TOKENS, OPENAI_GENERATE, ROOT_SPAN

SHOWN = 4
TRAFFIC = send()
FIND_CALLS = f"look at `invoke logs --service generator`, run `invoke up`, then `{TRAFFIC}`"


def judge(traces: tuple[Trace, ...], window: Window) -> Finding:
    """Every openai.generate and every answered query of the window, without exception."""
    settled = window.select(traces)
    calls = [span for trace in settled for span in calls_of(trace)]
    answered = [trace for trace in settled if entry(trace) is not None and not is_failed(trace)]
    wrong_calls = [call_problems(span) for span in calls]
    wrong_roots = [root_problems(trace) for trace in answered]
    told = {
        "services/generator": _told("model calls", wrong_calls),
        "services/gateway": _told("queries", wrong_roots),
    }
    fix = _fix([place for place, wrong in told.items() if wrong])
    problems = [(wrong, fix) for wrong in told.values() if wrong]
    if not answered:
        problems.append((_none_of(ROOT_SPAN, settled), TRAFFIC))
    if not calls:
        was_called = any(not is_cached(trace) for trace in answered)
        problems.append((_none_of(OPENAI_GENERATE, settled), FIND_CALLS if was_called else TRAFFIC))
    evidence = [
        f"{wrong_calls.count([])} of {len(calls)} model calls tell model and tokens,"
        f" {wrong_roots.count([])} of {len(answered)} queries tell user and cost{_range(calls)}"
    ]
    return conclude(evidence, problems)


def calls_of(trace: Trace) -> list[Span]:
    """The trace's model calls that got an answer."""
    return [span for span in trace.spans if span.name == OPENAI_GENERATE and not span.is_error]


def root_problems(trace: Trace) -> list[str]:
    """What is wrong with the user and the cost that a query's first span tells."""
    first = entry(trace)
    return [] if first is None else query_problems(first, calls_of(trace))


def find(sources: Sources) -> Finding:
    """Judge the traces since the lab started."""
    held = sources.held.result()
    window = Window.before(sources.now_s, sources.since_s(), held.since_s)
    every = {trace.trace_id: trace for trace in (*held.elsewhere, *held.queries)}
    return judge(tuple(every.values()), window)


def _told(what: str, wrong: list[list[str]]) -> str:
    counted = Counter(problem for problems in wrong for problem in problems)
    kinds = [f"{problem} ({count})" for problem, count in counted.most_common(SHOWN)]
    bad = sum(bool(problems) for problems in wrong)
    return f"{bad} of {len(wrong)} {what}: {', '.join(kinds)}" if bad else ""


def _none_of(name: str, settled: tuple[Trace, ...]) -> str:
    return f"no {name} in the {len(settled)} traces since the lab started"


def _fix(places: list[str]) -> str:
    return (
        f"set the attributes in {' and '.join(places)} by the names of"
        f" services/telemetry/conventions.py, run `invoke up`, then `{TRAFFIC}`"
    )


def _range(calls: list[Span]) -> str:
    tokens = sorted(prompt for span in calls if (prompt := count_of(span, LLM_PROMPT_TOKENS)))
    return f", {tokens[0]} to {tokens[-1]} prompt tokens a call" if tokens else ""


CHECKPOINT = Checkpoint(
    "attributes",
    "Model calls tell tokens, queries tell cost",
    "Without it, tokens can't be tied to latency.",
    find,
)
