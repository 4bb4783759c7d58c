"""Verdicts on literal traces and stacks."""

from dataclasses import replace

import pytest

from lab import diagnosis
from lab.cuts import Cut
from lab.evidence import gather
from lab.facts import Facts, facts
from lab.findings import Verdict
from lab.spans import Span, Trace
from lab.stacks import Frame, Stack
from tests.lab.literal_traces import many_selects, mystery, named, rerank_slowest, span

RATE_HZ = 100
SITE = "/opt/venv/lib/python3.13/site-packages/"
HANDLER = Frame("generate", "/app/services/generator/app.py", 31)
ASK = Frame("Answerer.ask", "/app/services/generator/llm.py", 57)
SCORE = Frame("score", "/app/services/retriever/rerank.py", 20)
READ = Frame("SyncStream.read", SITE + "httpcore2/_backends/sync.py", 126)
WAIT = Frame("Condition.wait", "/usr/lib/python3.13/threading.py", 359)


def of(trace: Trace, name: str) -> Facts:
    """The facts on the trace's first span of that name."""
    return facts(trace, named(trace, name))


def seen(stacks: dict[Stack, int], still_ms: int = 0) -> Cut:
    """A cut of two replays with these stacks, milliseconds each, so long without a change."""
    return Cut({stack: ms * 1000 for stack, ms in stacks.items()}, 2, 0, still_ms * 1000)


def judge(original: Facts, replays: int = 2, cut: Cut | None = None) -> Verdict:
    """Judge a span whose replays were all like the original."""
    return diagnosis.judge(gather(original, [original] * replays, cut, RATE_HZ))


def lone(cpu_ms: float | None, name: str = "score") -> Facts:
    """A span of one second without any call."""
    one = span("01", None, name, "retriever", (0, 1000), cpu_ms=cpu_ms)
    return facts(Trace.of([one]), one)


def test_a_wait_for_the_provider_is_io_bound() -> None:
    """The mystery query: little CPU, one long call that nobody in the trace answers."""
    waiting = seen({(HANDLER, ASK, READ): 6900, (HANDLER, ASK): 60})
    found = judge(of(mystery(), "openai.generate"), cut=waiting)
    assert (found.cause, found.confidence) == ("io_wait", "high")
    assert (found.function, found.file, found.line) == (
        "Answerer.ask",
        "services/generator/llm.py",
        57,
    )
    assert "`chat gpt-4` > `POST` to providers" in found.hypothesis
    assert "that provider's own" in found.hypothesis
    assert "1,850 prompt tokens and 420 completion tokens" in found.next_step
    assert "its thread computed for 14 ms of 3,500 ms (0.4%)" in found.evidence
    assert any(told.startswith("1 x `chat gpt-4` > `POST`") for told in found.evidence)
    assert any(
        "of about 696 samples inside the span, 99.1% waited" in one for one in found.evidence
    )


def test_computing_is_cpu_bound_and_names_the_function() -> None:
    """A span whose thread computed all the while is CPU-bound in the function of its stacks."""
    found = judge(of(rerank_slowest(), "score"), cut=seen({(SCORE,): 1700, (SCORE, WAIT): 10}))
    assert (found.cause, found.confidence) == ("cpu", "high")
    assert (found.function, found.line) == ("score", 20)
    assert "`score` (services/retriever/rerank.py:20)" in found.hypothesis


def test_many_like_calls_are_an_inefficient_algorithm() -> None:
    """Fifty SELECTs one after another: their number is the cost."""
    found = judge(of(many_selects(50), "load_passages"))
    assert found.cause == "inefficient_algorithm"
    assert "the same call 50 times" in found.hypothesis
    assert "6.0 ms each" in found.hypothesis
    assert "50 x `SELECT passages` to sqlite: 300 ms" in found.evidence


@pytest.mark.parametrize(("count", "other_ms"), [(9, 0.0), (12, 2000.0)])
def test_few_calls_or_short_loops_are_no_inefficient_algorithm(count: int, other_ms: float) -> None:
    """Nine calls, or twelve beside one that takes most of the time, are not blamed."""
    found = judge(of(many_selects(count, other_ms), "load_passages"))
    assert found.cause == "io_wait"


def test_a_wait_on_a_socket_without_client_span_is_io_bound() -> None:
    """The stacks tell what no span does, but not on whom."""
    found = judge(lone(20), cut=seen({(SCORE, READ): 1900, (SCORE,): 100}))
    assert found.cause == "io_wait"
    assert "no client span says for what" in found.hypothesis


def test_a_wait_for_another_thread_is_a_lock_wait() -> None:
    """Stacks that end in the standard library's locks, with little CPU, wait for a lock."""
    found = judge(lone(20), cut=seen({(SCORE, WAIT): 1900, (SCORE,): 100}))
    assert (found.cause, found.function) == ("lock_wait", "score")


def test_a_sleep_in_our_own_code_is_unclear_but_named() -> None:
    """Neither CPU nor a known wait: unclear, with the function in which it was blocked."""
    found = judge(lone(5), cut=seen({(HANDLER, SCORE): 2000}, still_ms=1990))
    assert (found.cause, found.confidence, found.function) == ("unclear", "low", "score")
    assert "was blocked" in found.hypothesis


def test_a_span_too_short_to_sample_is_unclear() -> None:
    """Of a few milliseconds nothing is claimed."""
    one = span("01", None, "cache", "gateway", (0, 19), cpu_ms=18)
    found = judge(facts(Trace.of([one]), one), cut=seen({(SCORE,): 38}))
    assert (found.cause, found.confidence) == ("unclear", "low")
    assert "Spans below 20 ms can't be explained" in found.hypothesis


def test_some_computing_and_nothing_else_is_unclear() -> None:
    """Numbers that fit no cause are not forced into one."""
    found = judge(lone(450), cut=seen({(SCORE,): 2000}, still_ms=1100))
    assert found.cause == "unclear"
    assert "don't explain" in found.hypothesis


def test_computing_on_a_busy_machine_is_cpu_bound() -> None:
    """A thread at another line in each sample works, though it gets the processor half the time."""
    found = judge(lone(450), cut=seen({(SCORE,): 2000}, still_ms=200))
    assert (found.cause, found.confidence) == ("cpu", "medium")
    assert "the machine was busy" in found.hypothesis


def test_stacks_that_wait_contradict_cpu_time() -> None:
    """CPU time says busy, the stacks say waiting: the confidence is low."""
    found = judge(lone(900), cut=seen({(SCORE, READ): 1900}))
    assert (found.cause, found.confidence) == ("cpu", "low")


@pytest.mark.parametrize(("replays", "ms"), [(1, 1700), (2, 400)])
def test_one_replay_or_few_samples_is_medium(replays: int, ms: int) -> None:
    """Less than two replays or fifty samples are no high confidence."""
    found = judge(of(rerank_slowest(), "score"), replays, seen({(SCORE,): ms}))
    assert (found.cause, found.confidence) == ("cpu", "medium")


def test_unknown_cpu_time_leaves_the_calls_to_judge_by() -> None:
    """A span that changed threads is judged by its calls, with less confidence."""
    trace = mystery()
    bare = replace(of(trace, "openai.generate"), cpu_us=None)
    found = judge(bare, cut=seen({(ASK, READ): 6900}))
    assert (found.cause, found.confidence) == ("io_wait", "medium")
    assert any("CPU time is not known" in told for told in found.evidence)


def test_what_does_not_come_back_is_judged_by_the_trace_alone() -> None:
    """Replays of a tenth of the time show nothing of the cause: low confidence, no function."""
    original = of(mystery(), "openai.generate")
    quick = shortened(original.span, 300)
    replays = [facts(Trace.of([quick]), quick)] * 2
    cut = seen({(ASK,): 600})
    found = diagnosis.judge(gather(original, replays, cut, RATE_HZ))
    assert (found.cause, found.confidence, found.function) == ("io_wait", "low", None)
    assert any("not slow again" in told for told in found.evidence)


def shortened(span: Span, ms: int) -> Span:
    """The span, ended earlier."""
    return replace(span, duration_us=ms * 1000)
