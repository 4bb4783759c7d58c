"""The tracer of a service: which traces are kept, and how they reach Jaeger."""

import threading
from dataclasses import dataclass
from typing import Any

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.propagate import set_global_textmap
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, Sampler, TraceIdRatioBased
from opentelemetry.trace import set_tracer_provider
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from services.common.env import Env
from services.telemetry import conventions
from services.telemetry.resource import describe_process
from services.telemetry.threads import ThreadProcessor

TRACES_PATH = "/v1/traces"
EXPORT_TIMEOUT_S = 4
MAX_QUEUED_SPANS = 2048
SHUTDOWN_TIMEOUT_S = 4.0


def build_sampler(ratio: float | None = None) -> Sampler:
    """One trace in ten is kept, unless the caller has decided: then as it has.

    ``ratio`` replaces the 0.10, e.g. to see what tracing every query costs.
    """
    sampler = TraceIdRatioBased(0.10)
    if ratio is not None:
        sampler = TraceIdRatioBased(ratio)
    return ParentBased(root=sampler)


@dataclass(frozen=True)
class TracerSettings:
    """OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_TRACES_SAMPLER_ARG and OTEL_BSP_SCHEDULE_DELAY."""

    endpoint: str
    sample_ratio: float | None
    schedule_delay_ms: int

    @staticmethod
    def read(env: Env) -> "TracerSettings":
        ratio = env.optional("OTEL_TRACES_SAMPLER_ARG")
        delay_ms = conventions.SCHEDULE_DELAY_MS
        return TracerSettings(
            env.url("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318"),
            env.number("OTEL_TRACES_SAMPLER_ARG", 0, 0, 1) if ratio else None,
            env.integer("OTEL_BSP_SCHEDULE_DELAY", delay_ms, 1, 600_000),
        )


@dataclass(frozen=True)
class Tracing:
    """The live objects of this process's tracer."""

    provider: TracerProvider
    processor: BatchSpanProcessor
    exporter: OTLPSpanExporter

    @staticmethod
    def build(settings: TracerSettings, resource: Resource) -> "Tracing":
        """A tracer that sends kept traces in the background; a dead backend costs it nothing.

        The queue is bounded: with the backend away the newest spans push out the oldest.
        """
        exporter = OTLPSpanExporter(settings.endpoint + TRACES_PATH, timeout=EXPORT_TIMEOUT_S)
        processor = BatchSpanProcessor(
            exporter,
            max_queue_size=MAX_QUEUED_SPANS,
            schedule_delay_millis=settings.schedule_delay_ms,
        )
        provider = TracerProvider(
            sampler=build_sampler(settings.sample_ratio),
            resource=resource,
            shutdown_on_exit=False,
        )
        provider.add_span_processor(ThreadProcessor())
        provider.add_span_processor(processor)
        return Tracing(provider, processor, exporter)

    @staticmethod
    def start(settings: TracerSettings, service: str) -> "Tracing":
        """The tracer of this process, made the one that all libraries use. Once a process."""
        tracing = Tracing.build(settings, describe_process(service))
        set_tracer_provider(tracing.provider)
        set_global_textmap(TraceContextTextMapPropagator())
        return tracing

    def describe(self) -> dict[str, Any]:
        """What is in force, read off the objects that do the work."""
        sampler = self.provider.sampler
        # The SDK has no public reader for the root sampler, the delay and the endpoint.
        root = getattr(sampler, "_root", sampler)
        batch: Any = self.processor._batch_processor
        return {
            "sampler": sampler.get_description(),
            "sample_ratio": getattr(root, "rate", None),
            "parent_based": isinstance(sampler, ParentBased),
            "exporter_endpoint": batch._exporter._endpoint,
            "schedule_delay_ms": batch._schedule_delay_millis,
            "max_queue_size": batch._max_queue_size,
        }

    def shutdown(self, timeout_s: float = SHUTDOWN_TIMEOUT_S) -> None:
        """Send what is queued. Gives up after ``timeout_s``, so that a dead backend can't hold
        the process beyond the time a container is given to stop.
        """
        ending = threading.Thread(target=self.provider.shutdown, daemon=True)
        ending.start()
        ending.join(timeout_s)
