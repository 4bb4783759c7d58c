"""Which traces are kept, how they leave, and what is told of it."""

import threading
import time

import pytest
from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, TraceFlags

from services.telemetry import conventions
from services.telemetry.threads import ThreadProcessor
from services.telemetry.tracer import TracerSettings, Tracing, build_sampler
from tests.services.collector import Collector
from tests.services.recorder import Recorder

TRACE_ID = 0x4BF92F3577B34DA6A3CE929D0E0E4736
FAR = 60_000


def decide(trace_id: int, *, parent_sampled: bool | None = None) -> bool:
    """Whether the services' sampler keeps a trace."""
    parent = None
    if parent_sampled is not None:
        flags = TraceFlags(TraceFlags.SAMPLED if parent_sampled else TraceFlags.DEFAULT)
        remote = SpanContext(trace_id, 1, is_remote=True, trace_flags=flags)
        parent = trace.set_span_in_context(NonRecordingSpan(remote))
    result = build_sampler().should_sample(parent, trace_id, "POST /query", SpanKind.SERVER)
    return result.decision is Decision.RECORD_AND_SAMPLE


def test_one_trace_in_ten_is_kept() -> None:
    """The decision follows the trace id alone: the lowest tenth of its lower 64 bits."""
    limit = round(0.10 * 2**64)
    assert decide(limit - 1)
    assert not decide(limit)
    spread = [decide((number * 0x9E3779B97F4A7C15) % 2**64) for number in range(1, 10_001)]
    assert 950 < sum(spread) < 1050


@pytest.mark.parametrize("trace_id", [1, TRACE_ID, 2**128 - 1])
def test_callers_decision_stands(trace_id: int) -> None:
    """A sampled caller is always kept, an unsampled one never."""
    assert decide(trace_id, parent_sampled=True)
    assert not decide(trace_id, parent_sampled=False)


def test_ratio_can_be_replaced() -> None:
    """OTEL_TRACES_SAMPLER_ARG is for measuring what tracing costs."""
    assert "TraceIdRatioBased{0.5}" in build_sampler(0.5).get_description()
    assert "TraceIdRatioBased{0.0}" in build_sampler(0.0).get_description()


def test_ratio_in_the_code_is_the_contracts() -> None:
    """The literal that a reader sees is the number the checks expect."""
    description = build_sampler().get_description()
    assert description.startswith(
        f"ParentBased{{root:TraceIdRatioBased{{{conventions.SAMPLE_RATIO}}}"
    )


def test_description_is_read_off_what_runs() -> None:
    """Other settings are told, not the defaults."""
    settings = TracerSettings("http://127.0.0.1:9", 0.25, 1234)
    tracing = Tracing.build(settings, Resource.create({}))
    assert tracing.describe() == {
        "sampler": build_sampler(0.25).get_description(),
        "sample_ratio": 0.25,
        "parent_based": True,
        "exporter_endpoint": "http://127.0.0.1:9/v1/traces",
        "schedule_delay_ms": 1234,
        "max_queue_size": 2048,
    }
    tracing.shutdown()


def test_shutdown_sends_what_is_queued() -> None:
    """A span that waits for its turn isn't lost when the process ends."""
    with Collector() as collector:
        tracing = Tracing.build(TracerSettings(collector.url, 1.0, FAR), Resource.create({}))
        tracing.provider.get_tracer("test").start_span("last words").end()
        assert collector.names == []
        tracing.shutdown()
    assert collector.names == ["last words"]


def test_dead_backend_holds_nothing_up(caplog: pytest.LogCaptureFixture) -> None:
    """Spans are made at once, the queue stays bounded, the end comes within its time."""
    tracing = Tracing.build(TracerSettings("http://127.0.0.1:1", 1.0, FAR), Resource.create({}))
    tracer = tracing.provider.get_tracer("test")
    began_s = time.perf_counter()
    for _ in range(5000):
        tracer.start_span("unheard").end()
    assert time.perf_counter() - began_s < 5
    assert tracing.describe()["max_queue_size"] == 2048
    began_s = time.perf_counter()
    tracing.shutdown(0.5)
    assert time.perf_counter() - began_s < 2


def test_cpu_time_is_the_threads_own() -> None:
    """Milliseconds of the thread's CPU clock between start and end; sleeping costs none."""
    clock_ns = [5_000_000]
    spans, provider = Recorder(), TracerProvider()
    provider.add_span_processor(ThreadProcessor(lambda: clock_ns[0]))
    provider.add_span_processor(spans)
    span = provider.get_tracer("test").start_span("work")
    clock_ns[0] += 2_345_678
    span.end()
    attributes = spans.finished()[0].attributes or {}
    assert attributes[conventions.CPU_TIME_MS] == 2.346
    assert attributes[conventions.THREAD_ID] == threading.get_native_id()


def test_span_that_ends_on_another_thread_has_no_cpu_time() -> None:
    """Two threads' clocks can't be compared."""
    spans, provider = Recorder(), TracerProvider()
    provider.add_span_processor(ThreadProcessor())
    provider.add_span_processor(spans)
    span = provider.get_tracer("test").start_span("work")
    other = threading.Thread(target=span.end)
    other.start()
    other.join()
    attributes = spans.finished()[0].attributes or {}
    assert conventions.CPU_TIME_MS not in attributes
    assert attributes[conventions.THREAD_ID] == threading.get_native_id()


def test_span_ended_twice_is_left_alone(caplog: pytest.LogCaptureFixture) -> None:
    """The second end changes nothing."""
    spans, provider = Recorder(), TracerProvider()
    provider.add_span_processor(ThreadProcessor())
    provider.add_span_processor(spans)
    span = provider.get_tracer("test").start_span("work")
    span.end()
    span.end()
    assert len(spans.finished()) == 1
    assert "Setting attribute" not in caplog.text
