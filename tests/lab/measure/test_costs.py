"""What spans cost over several replays."""

from dataclasses import replace

from lab.measure.attribution import Seen
from lab.measure.costs import Replayed, span_costs
from lab.measure.measurement import SpanCost
from lab.traces.spans import Place, Trace
from tests.lab.literal_recordings import ALIGNMENT, RERANK, SCORE
from tests.lab.literal_traces import many_selects, mystery, span

RATE_HZ = 100


def costs(*traces: Trace, seen: dict[Place, Seen] | None = None) -> dict[str, SpanCost]:
    """The costs by the spans' names."""
    found = span_costs([Replayed.of(trace) for trace in traces], seen or {}, RATE_HZ)
    return {cost.name: cost for cost in found}


def test_each_place_has_one_value_a_replay() -> None:
    """Two replays of which one computed less: both values are there, and the median."""
    found = costs(mystery(395), mystery(200))
    assert found["score"].cpu_ms == (395.0, 200.0)
    assert found["score"].own_ms == (400.0, 400.0)
    assert found["openai.generate"].critical_ms == (3500.0, 3500.0)
    assert found["openai.generate"].typical_ms == 3500
    assert next(iter(found)) == "openai.generate"


def test_a_provider_call_and_the_tokens_are_told() -> None:
    """openai.generate carries what it waited for, and its tokens."""
    found = costs(mystery(), mystery())["openai.generate"]
    call = found.calls[0]
    assert (call.path, call.peer, call.count) == (("chat gpt-4", "POST"), "providers", 1)
    assert (call.own_ms, call.errors, call.is_answered) == (3492, 0, False)
    assert found.tokens == {"llm.completion_tokens": 420, "llm.prompt_tokens": 1850}


def test_spans_of_one_place_are_added_up() -> None:
    """The cache's look-up and store are one place in one request."""
    root = span("00", None, "POST /query", "gateway", (0, 100), kind="server", cpu_ms=30)
    look_up = span("01", "00", "cache", "gateway", (0, 10), cpu_ms=2)
    store = span("02", "00", "cache", "gateway", (70, 90), cpu_ms=5)
    calls = [
        span("03", "01", "SET", "gateway", (2, 8), kind="client", server__address="redis"),
        span("04", "02", "SET", "gateway", (72, 88), kind="client", server__address="redis"),
    ]
    found = costs(Trace.of([root, look_up, store, *calls]))
    assert found["cache"].own_ms == (30.0,)
    assert found["cache"].critical_ms == (30.0,)
    assert found["cache"].cpu_ms == (7.0,)
    assert [(one.count, one.own_ms, one.extent_ms) for one in found["cache"].calls] == [(2, 22, 22)]


def test_a_place_that_a_replay_lacks_took_none_of_its_time() -> None:
    """A span that only one of two replays has counts with 0 in the other."""
    whole = mystery()
    without = Trace.of(one for one in whole.spans if one.name != "serialize_prompt")
    found = costs(whole, without)["serialize_prompt"]
    assert found.own_ms == (20.0, 0.0)
    assert found.cpu_ms == (19.0, 0.0)


def test_repeated_calls_are_means_of_one_replay() -> None:
    """Fifty SELECTs in one replay and forty in the next are 45, of one statement."""
    found = costs(many_selects(50), many_selects(40))["load_passages"]
    repeated = found.calls[0]
    assert (repeated.count, repeated.own_ms) == (45, 45 * 6)
    assert repeated.statement == "SELECT text FROM passages WHERE rowid=?"


def test_cpu_time_of_a_thread_that_works_for_others_is_bounded_by_the_own_time() -> None:
    """While a child runs on another thread the loop may compute for whoever comes."""
    parent = span("01", None, "POST /rerank", "retriever", (0, 100), kind="server", cpu_ms=60)
    child = span("02", "01", "score", "retriever", (10, 95), cpu_ms=80, thread=7)
    assert costs(Trace.of([parent, child]))["POST /rerank"].cpu_ms == (15.0,)


def test_cpu_time_is_unknown_where_any_span_does_not_tell() -> None:
    """One replay without the attribute leaves the whole unknown."""
    silent = Trace.of(
        replace(one, attributes={k: v for k, v in one.attributes.items() if "cpu" not in k})
        for one in mystery().spans
    )
    assert costs(mystery(), silent)["score"].cpu_ms is None


def test_stacks_are_means_of_one_replay_in_milliseconds() -> None:
    """800 ms of stacks in two replays are 400 ms each, on 80 samples."""
    place = Replayed.of(mystery()).by_place.keys()
    score = next(one for one in place if one[-1][1] == "score")
    seen = Seen()
    seen.stacks[RERANK, SCORE, ALIGNMENT] = 800_000
    seen.still[RERANK, SCORE, ALIGNMENT] = 100_000
    found = costs(mystery(), mystery(), seen={score: seen})["score"]
    assert found.stacks == {(RERANK, SCORE, ALIGNMENT): 400}
    assert found.still == {(RERANK, SCORE, ALIGNMENT): 50}
    assert found.samples == 80
