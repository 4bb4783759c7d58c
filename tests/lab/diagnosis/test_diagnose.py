"""The diagnosis over literal measurements: one for each cause, and some that nobody planted."""

from dataclasses import replace

import pytest

from lab.diagnosis.findings import Diagnosis
from lab.measure.measurement import Awaited, Background, BuiltinCall, Measurement
from lab.measure.stacks import Frame
from tests.lab.literal_measurements import (
    ALIGNING,
    ANSWERING,
    ASGI,
    CALLING,
    EXECUTE,
    GENERATING,
    IDLE,
    LIB,
    LOADING,
    PINECONE,
    QUERYING,
    QUEUE_GET,
    RECV,
    RESPONDING,
    RETRIEVING,
    SCORING,
    SERIALIZING,
    SITE,
    STORING,
    WORKER,
    calls,
    changed,
    counted,
    counts_with,
    healthy,
    judged,
    own,
    span,
)

CHAT = calls("chat gpt-4", "POST", own_ms=3490)
TOKENS = {"llm.prompt_tokens": 1850.0, "llm.completion_tokens": 420.0}


def verdict(found: Diagnosis) -> tuple[str, str | None, str | None]:
    """Cause, function, span."""
    return found.verdict.cause, found.verdict.function, found.verdict.span


def test_computing_beyond_the_reference_is_cpu() -> None:
    """A prompt serialized dozens of times while the provider's call stays the same."""
    again = (*RESPONDING, *SERIALIZING[-1:])
    now = changed(
        healthy(),
        span(
            "openai.generate",
            (4300.0, 4310.0, 4330.0),
            {ANSWERING: 3490, CALLING: 8, again: 800},
            cpu_ms=(815.0, 816.0, 820.0),
            still={ANSWERING: 3480},
            calls=(CHAT,),
            tokens=TOKENS,
        ),
    )
    found = judged(now, healthy())
    assert verdict(found) == ("cpu", "serialize_prompt", "openai.generate")
    assert found.verdict.confidence == "high"
    assert found.verdict.file == "services/generator/prompt.py"
    assert found.verdict.avoidable_ms == pytest.approx(800, abs=20)
    assert found.verdict.total_ms == 800
    assert found.wants_growth == "generator"
    assert found.guilty_place == now.spans[8].place


def test_a_slow_provider_is_io_wait_in_the_calling_function() -> None:
    """Pure waiting for the answer, longer than the healthy one by more than its spread."""
    now = changed(
        healthy(),
        span(
            "openai.generate",
            (4700.0, 4705.0, 4701.0),
            {ANSWERING: 4690, CALLING: 8},
            cpu_ms=(15.0, 15.0, 15.0),
            still={ANSWERING: 4680},
            calls=(calls("chat gpt-4", "POST", own_ms=4690),),
            tokens=TOKENS,
        ),
    )
    found = judged(now, healthy())
    assert verdict(found) == ("io_wait", "_call", "openai.generate")
    assert "`chat gpt-4` > `POST` to providers" in found.verdict.hypothesis
    assert found.wants_growth is None


def storm() -> Measurement:
    """Three failed tries with pauses between them, in a loop of ours."""
    retrying = (*RESPONDING, own("_with_retries", "generator/completion.py", 70))
    trying = (*retrying, own("_call", "generator/completion.py", 60), RECV)
    return changed(
        healthy(),
        span(
            "openai.generate",
            (4160.0, 4165.0, 4170.0),
            {trying: 3560, retrying: 600},
            cpu_ms=(20.0, 20.0, 20.0),
            still={trying: 3480, retrying: 600},
            calls=(calls("chat gpt-4", "POST", own_ms=3540, count=4, errors=3, extent_ms=4150),),
            tokens=TOKENS,
        ),
        counts=counts_with(
            counted("generator", "openai.generate", "_with_retries", "generator/completion.py", 1),
            counted("generator", "openai.generate", "_call", "generator/completion.py", 4),
        ),
    )


def test_failed_tries_are_a_retry_storm_of_the_function_that_repeats() -> None:
    """The loop is named, not what it calls."""
    found = judged(storm(), healthy())
    assert verdict(found) == ("retry_storm", "_with_retries", "openai.generate")
    assert "3 of 4 calls" in found.verdict.hypothesis


def more_tokens(delta_ms: float = 160.0) -> Measurement:
    """800 prompt tokens more, added by a function that the reference doesn't know."""
    total_ms = 3500 + delta_ms
    return changed(
        healthy(),
        span(
            "openai.generate",
            (total_ms, total_ms + 3, total_ms + 1),
            {ANSWERING: total_ms - 10, CALLING: 8},
            cpu_ms=(15.0, 15.0, 15.0),
            still={ANSWERING: total_ms - 20},
            calls=(calls("chat gpt-4", "POST", own_ms=total_ms - 10),),
            tokens={"llm.prompt_tokens": 2650, "llm.completion_tokens": 420},
        ),
        counts=counts_with(
            counted(
                "generator", "serialize_prompt", "_format_turn", "generator/history.py", 8,
                caller="conversation_history",
            ),
            counted(
                "generator", "serialize_prompt", "conversation_history", "generator/history.py", 1,
                caller="serialize_prompt",
            ),
        ),
    )  # fmt: skip


def test_a_grown_prompt_is_redundant_tokens_of_the_new_function() -> None:
    """The time shows as the provider's; the counted replay tells what makes the prompt longer."""
    found = judged(more_tokens(), healthy())
    assert verdict(found) == ("redundant_tokens", "conversation_history", "openai.generate")
    assert "2,650 prompt tokens where 1,850 did before" in found.verdict.hypothesis


def test_a_slower_provider_within_its_spread_is_nobodys_fault() -> None:
    """The same 130 ms more without more tokens are the provider's own business."""
    now = more_tokens(130)
    as_before = replace(now.spans[8], tokens=TOKENS)
    assert judged(changed(now, as_before), healthy()).verdict.cause == "none"


def test_a_query_for_each_passage_is_an_inefficient_algorithm() -> None:
    """Fifty SELECTs where one did."""
    one_by_one = (*LOADING, own("Documents._one", "retriever/documents.py", 90), EXECUTE)
    now = changed(
        healthy(),
        span(
            "load_passages",
            (310.0, 305.0, 312.0),
            {one_by_one: 300, LOADING: 8},
            cpu_ms=(280.0, 280.0, 281.0),
            calls=(calls("SELECT", own_ms=250, count=50, extent_ms=305, peer="sqlite"),),
        ),
    )
    found = judged(now, healthy())
    assert verdict(found) == ("inefficient_algorithm", "Documents._one", "load_passages")
    assert "the same call 50 times" in found.verdict.hypothesis


def test_many_small_redis_calls_are_an_inefficient_algorithm_not_a_blocked_loop() -> None:
    """A chatty cache in async code: the loop rests between calls, and their number is the cost."""
    setting = (*STORING, own("Cache._store_parts", "gateway/cache.py", 110))
    sending = (*setting, Frame("Connection.pack_command", SITE + "redis/asyncio/connection.py", 9))
    now = changed(
        healthy(),
        span(
            "cache",
            (420.0, 430.0, 425.0),
            {sending: 250, IDLE: 160, STORING: 6},
            cpu_ms=(250.0, 255.0, 252.0),
            calls=(calls("SETEX", own_ms=330, count=300, extent_ms=410, peer="redis"),),
        ),
    )
    found = judged(now, healthy())
    assert verdict(found) == ("inefficient_algorithm", "Cache._store_parts", "cache")


def test_a_wait_in_a_connection_pool_is_pool_wait() -> None:
    """Threads of the span wait for a connection, the span's own thread for them."""
    fetching = (*WORKER, own("Documents._fetch", "retriever/documents.py", 95), *QUEUE_GET)
    joining = (*LOADING, Frame("Future.result", LIB + "concurrent/futures/_base.py", 451),
               Frame("Condition.wait", LIB + "threading.py", 359))  # fmt: skip
    now = changed(
        healthy(),
        span(
            "load_passages",
            (510.0, 520.0, 515.0),
            {fetching: 900, joining: 500, (*LOADING, EXECUTE): 6},
            cpu_ms=(8.0, 8.0, 8.0),
            still={fetching: 800, joining: 500},
        ),
    )
    found = judged(now, healthy())
    assert verdict(found) == ("pool_wait", "Documents._fetch", "load_passages")


def test_blocking_in_async_code_is_a_blocked_event_loop() -> None:
    """Key stretching in the gateway's coroutine: computing in C, on the loop."""
    auditing = (*QUERYING, own("Audit.sign", "gateway/audit.py", 30))
    now = changed(
        healthy(),
        span(
            "POST /query",
            (420.0, 425.0, 430.0),
            {auditing: 400, QUERYING: 12, IDLE: 8},
            cpu_ms=(410.0, 412.0, 415.0),
            still={auditing: 400},
        ),
    )
    found = judged(now, healthy())
    assert verdict(found) == ("event_loop_blocked", "Audit.sign", "POST /query")


def test_a_wait_for_a_lock_names_who_waits_and_who_holds_it() -> None:
    """A `with` line that stands still without using the processor."""
    waiting = (*RESPONDING, own("Stats.add", "generator/stats.py", 22))
    rolling = (*WORKER[:1], own("Stats.roll_up", "generator/stats.py", 40))
    now = changed(
        healthy(),
        span(
            "openai.generate",
            (4000.0, 4010.0, 4020.0),
            {ANSWERING: 3490, CALLING: 8, waiting: 505},
            cpu_ms=(16.0, 16.0, 16.0),
            still={ANSWERING: 3480, waiting: 500},
            calls=(CHAT,),
            tokens=TOKENS,
        ),
        background=(Background("generator", 9, {rolling: 4000.0}),),
    )
    text = {("services/generator/stats.py", 22): "        with self._lock:"}
    found = judged(now, healthy(), source=text)
    assert verdict(found) == ("lock_wait", "Stats.add", "openai.generate")
    assert any("`Stats.roll_up`" in told for told in found.verdict.evidence)


def test_a_lock_is_also_told_by_the_counted_call() -> None:
    """Without the source, the C function that the line called tells what it waited for."""
    waiting = (*SCORING, own("Rarity.of", "retriever/scoring.py", 48))
    builtin = BuiltinCall("_thread.lock.acquire", 48, 3, 380.0)
    now = changed(
        healthy(),
        span(
            "score",
            (810.0, 815.0, 812.0),
            {ALIGNING: 390, SCORING: 20, waiting: 400},
            cpu_ms=(400.0, 402.0, 401.0),
            still={waiting: 400},
        ),
        counts=counts_with(
            counted("retriever", "score", "Rarity.of", "retriever/scoring.py", 3,
                    builtins=(builtin,)),
        ),
    )  # fmt: skip
    assert verdict(judged(now, healthy())) == ("lock_wait", "Rarity.of", "score")


def test_waiting_for_ones_own_busy_threads_is_what_those_do() -> None:
    """A join of threads that compute for the span is computing."""
    joining = (*SCORING, Frame("Future.result", LIB + "concurrent/futures/_base.py", 451),
               Frame("Condition.wait", LIB + "threading.py", 359))  # fmt: skip
    hashing = (*WORKER[:1], own("fingerprint", "retriever/scoring.py", 99))
    now = changed(
        healthy(),
        span(
            "score",
            (810.0, 815.0, 812.0),
            {ALIGNING: 390, SCORING: 20, joining: 400, hashing: 390},
            cpu_ms=(400.0, 402.0, 401.0),
            still={joining: 400},
        ),
    )
    cause, function, _ = verdict(judged(now, healthy()))
    assert (cause, function) == ("cpu", "fingerprint")


@pytest.mark.parametrize("line", ["time.sleep(0.3)", None])
def test_a_sleep_in_a_handler_is_io_wait(line: str | None) -> None:
    """Outside any span of our own, on the worker thread: the server span's."""
    napping = own("Retriever.retrieve", "retriever/service.py", 57)
    now = changed(
        healthy(),
        span(
            "POST /retrieve",
            (310.0, 312.0, 311.0),
            {RETRIEVING: 8, (*WORKER, napping): 300},
            cpu_ms=(6.0, 6.0, 6.0),
            still={(*WORKER, napping): 300},
        ),
    )
    text = {("services/retriever/service.py", 57): line} if line else {}
    found = judged(now, healthy(), source=text)
    assert verdict(found) == ("io_wait", "Retriever.retrieve", "POST /retrieve")


def test_many_short_sleeps_are_told_by_the_counted_calls() -> None:
    """None of them lasts 100 ms, so no stack stands still; the counted replay knows the callee."""
    napping = (*SCORING, own("_settle", "retriever/scoring.py", 33))
    builtin = BuiltinCall("time.sleep", 33, 10, 300.0)
    now = changed(
        healthy(),
        span(
            "score",
            (710.0, 715.0, 712.0),
            {ALIGNING: 390, SCORING: 20, napping: 300},
            cpu_ms=(400.0, 402.0, 401.0),
        ),
        counts=counts_with(
            counted("retriever", "score", "_settle", "retriever/scoring.py", 10,
                    builtins=(builtin,)),
        ),
    )  # fmt: skip
    assert verdict(judged(now, healthy())) == ("io_wait", "_settle", "score")


@pytest.mark.parametrize(
    "waiting",
    [
        Frame("Popen._execute_child", LIB + "subprocess.py", 1900),
        Frame("Popen._try_wait", LIB + "subprocess.py", 2000),
    ],
)
def test_many_short_subprocesses_are_io_wait(waiting: Frame) -> None:
    """None of them lasts 100 ms: their names tell."""
    running = (*SCORING, own("_spell", "retriever/scoring.py", 33), waiting)
    now = changed(
        healthy(),
        span("score", (710.0, 715.0, 712.0), {ALIGNING: 390, SCORING: 20, running: 300},
             cpu_ms=(405.0, 406.0, 407.0)),
    )  # fmt: skip
    assert verdict(judged(now, healthy())) == ("io_wait", "_spell", "score")


def test_a_line_that_joins_text_computes() -> None:
    """Only a thread's `.join(` waits, and that shows a frame of `threading`."""
    joining = (*SCORING, own("_common", "retriever/scoring.py", 33))
    now = changed(
        healthy(),
        span("score", (710.0, 715.0, 712.0), {ALIGNING: 390, SCORING: 20, joining: 300},
             cpu_ms=(700.0, 702.0, 701.0)),
    )  # fmt: skip
    line = '    text = " ".join([word for word in mine if word not in theirs])'
    found = judged(now, healthy(), source={("services/retriever/scoring.py", 33): line})
    assert verdict(found) == ("cpu", "_common", "score")


def test_a_sleep_in_async_code_names_the_coroutine() -> None:
    """The loop's stacks show `select` alone; the tasks' own stacks tell who awaits."""
    sleeping = (
        own("Gateway.query", "gateway/service.py", 44),
        own("Pipeline._warm", "gateway/pipeline.py", 90),
        Frame("sleep", LIB + "asyncio/tasks.py", 702),
    )
    now = changed(
        healthy(),
        span(
            "POST /query",
            (320.0, 322.0, 321.0),
            {QUERYING: 12, IDLE: 308},
            cpu_ms=(12.0, 12.0, 12.0),
            still={IDLE: 300},
        ),
        counts=counts_with(awaited=(Awaited("gateway", "POST /query", sleeping, 300.0),)),
    )
    assert verdict(judged(now, healthy())) == ("io_wait", "Pipeline._warm", "POST /query")


def test_a_slow_property_reached_on_several_ways_adds_up() -> None:
    """No call path holds most of it; the property does."""
    slow = own("Passage.fingerprint", "common/passages.py", 20)
    one, other, third = (
        (*SCORING, own(name, "retriever/scoring.py", 90), slow) for name in ("a", "b", "c")
    )
    now = changed(
        healthy(),
        span(
            "score",
            (810.0, 815.0, 812.0),
            {ALIGNING: 390, SCORING: 20, one: 130, other: 130, third: 140},
            cpu_ms=(800.0, 802.0, 801.0),
        ),
    )
    assert verdict(judged(now, healthy())) == ("cpu", "Passage.fingerprint", "score")


def test_a_recursion_counts_once() -> None:
    """A deep recursion's time is not more than the span's."""
    step = own("_walk", "retriever/scoring.py", 91)
    now = changed(
        healthy(),
        span(
            "score",
            (810.0, 815.0, 812.0),
            {ALIGNING: 390, SCORING: 20, (*SCORING, *(step,) * 30): 200, (*SCORING, step): 200},
            cpu_ms=(800.0, 802.0, 801.0),
        ),
    )
    found = judged(now, healthy())
    assert verdict(found) == ("cpu", "_walk", "score")
    assert found.verdict.total_ms == 400


def test_time_in_a_dependency_is_told_below_our_function() -> None:
    """JSON encoded again and again: our function is named, and what it calls."""
    encoding = (*GENERATING, own("_audit", "generator/service.py", 80),
                Frame("JSONEncoder.iterencode", LIB + "json/encoder.py", 258))  # fmt: skip
    now = changed(
        healthy(),
        span(
            "POST /generate",
            (312.0, 315.0, 313.0),
            {GENERATING: 8, encoding: 300},
            cpu_ms=(6.0, 6.0, 6.0),
        ),
    )
    found = judged(now, healthy())
    assert verdict(found) == ("cpu", "_audit", "POST /generate")
    assert found.verdict.below[0].name == "JSONEncoder.iterencode (json/encoder.py)"


def test_a_long_call_of_a_c_extension_is_cpu() -> None:
    """It stands still at one line of ours, but the processor's clock runs."""
    packing = (*SERIALIZING, own("_pack", "generator/prompt.py", 60))
    builtin = BuiltinCall("zlib.compress", 60, 1, 400.0)
    now = changed(
        healthy(),
        span(
            "serialize_prompt",
            (410.0, 415.0, 412.0),
            {SERIALIZING: 8, packing: 400},
            cpu_ms=(407.0, 407.0, 407.0),
            still={packing: 400},
            tokens={"llm.prompt_tokens": 1850},
        ),
        counts=counts_with(
            counted("generator", "serialize_prompt", "_pack", "generator/prompt.py", 1,
                    builtins=(builtin,)),
        ),
    )  # fmt: skip
    found = judged(now, healthy())
    assert verdict(found) == ("cpu", "_pack", "serialize_prompt")
    assert ("zlib.compress", 1) in [(one.name, one.calls) for one in found.verdict.below]


def test_a_missing_cache_is_an_inefficient_algorithm() -> None:
    """Thousands of calls with few different arguments."""
    stemming = (*SCORING, own("_stem", "retriever/scoring.py", 30))
    now = changed(
        healthy(),
        span(
            "score",
            (810.0, 815.0, 812.0),
            {ALIGNING: 390, SCORING: 20, stemming: 400},
            cpu_ms=(800.0, 802.0, 801.0),
        ),
        counts=counts_with(
            counted("retriever", "score", "_stem", "retriever/scoring.py", 5000, distinct=300),
        ),
    )
    found = judged(now, healthy())
    assert verdict(found) == ("inefficient_algorithm", "_stem", "score")
    assert "called 5,000 times with 300 different arguments" in found.verdict.hypothesis


def test_code_in_middleware_is_found_in_the_requests_own_span() -> None:
    """Own code around the handler, on the loop."""
    hashing = (*ASGI, own("Signature.__call__", "common/signature.py", 25))
    now = changed(
        healthy(),
        span(
            "POST /retrieve",
            (260.0, 262.0, 261.0),
            {RETRIEVING: 8, hashing: 250},
            cpu_ms=(255.0, 255.0, 256.0),
        ),
    )
    found = judged(now, healthy())
    assert verdict(found) == ("event_loop_blocked", "Signature.__call__", "POST /retrieve")


def test_a_loop_of_its_own_in_a_handlers_thread_blocks_nobody() -> None:
    """`asyncio.run` in a sync handler: the service's event loop goes on."""
    running = (*RETRIEVING, *IDLE[1:])
    now = changed(
        healthy(),
        span(
            "POST /retrieve",
            (210.0, 212.0, 211.0),
            {RETRIEVING: 8, running: 200},
            cpu_ms=(6.0, 6.0, 6.0),
            still={running: 200},
        ),
    )
    found = judged(now, healthy())
    assert verdict(found) == ("io_wait", "Retriever.retrieve", "POST /retrieve")


def test_the_largest_avoidable_part_is_named_and_the_others_are_listed() -> None:
    """Two things wrong: one verdict, both among the contributors."""
    packing = (*SERIALIZING, own("_pack", "generator/prompt.py", 60))
    now = changed(
        storm(),
        span(
            "serialize_prompt",
            (210.0, 215.0, 212.0),
            {SERIALIZING: 8, packing: 200},
            cpu_ms=(207.0, 207.0, 207.0),
        ),
    )
    found = judged(now, healthy())
    assert verdict(found)[0] == "retry_storm"
    avoidable = {one.span: one.avoidable_ms for one in found.contributors}
    assert avoidable["serialize_prompt"] == pytest.approx(203, abs=10)
    assert avoidable["score"] == 0


def test_pinecone_taking_longer_is_io_wait() -> None:
    """The vector index answers late."""
    now = changed(
        healthy(),
        span(
            "pinecone.query",
            (520.0, 525.0, 522.0),
            {PINECONE: 518},
            cpu_ms=(4.0, 4.0, 4.0),
            still={PINECONE: 510},
            calls=(calls("POST", own_ms=517),),
        ),
    )
    assert verdict(judged(now, healthy())) == ("io_wait", "VectorIndex.query", "pinecone.query")


def test_without_counts_a_culprit_is_found_all_the_same() -> None:
    """The counted replay failed; the reference has counts."""
    slow = (*SCORING, own("fingerprint", "retriever/scoring.py", 99))
    now = changed(
        healthy(counts=None),
        span("score", (710.0, 715.0, 712.0), {ALIGNING: 390, SCORING: 20, slow: 300},
             cpu_ms=(700.0, 702.0, 701.0)),
    )  # fmt: skip
    assert verdict(judged(now, healthy())) == ("cpu", "fingerprint", "score")
    assert judged(healthy(counts=None), healthy()).verdict.cause == "none"


def test_what_of_seed_runs_in_a_service_is_own_code() -> None:
    """The embedder is slow: not its caller is to blame."""
    embedding = (*RETRIEVING, Frame("Embedder.embed", "/app/seed/embedding.py", 26))
    now = changed(
        healthy(),
        span("POST /retrieve", (210.0, 212.0, 211.0), {RETRIEVING: 8, embedding: 200},
             cpu_ms=(206.0, 207.0, 206.0)),
    )  # fmt: skip
    found = judged(now, healthy())
    assert verdict(found) == ("cpu", "Embedder.embed", "POST /retrieve")
    assert found.verdict.file == "seed/embedding.py"


@pytest.mark.parametrize(("suspends", "function"), [(True, "candidates"), (False, None)])
def test_a_generator_may_work_in_another_span_than_it_began_in(
    suspends: bool, function: str | None
) -> None:
    """A plain function that ran in another span alone is another request's."""
    picking = (*RETRIEVING, own("candidates", "retriever/scoring.py", 90))
    began = counted("retriever", "score", "candidates", "retriever/scoring.py", 1)
    now = changed(
        healthy(),
        span("POST /retrieve", (210.0, 212.0, 211.0), {RETRIEVING: 8, picking: 200}),
        counts=counts_with(replace(began, suspends=suspends)),
    )
    assert judged(now, healthy()).verdict.function == function
