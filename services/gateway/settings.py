"""The gateway's settings."""

from dataclasses import dataclass

from services.common.env import Env


@dataclass(frozen=True)
class Settings:
    """Read from the environment; the defaults are for a lab in containers.

    In ``trace_url`` and ``datadog_url`` a `{trace_id}` stands for a trace's 32 hex digits, and a
    `{datadog_id}` for the lower half of it as a decimal number, which is Datadog's name for it.
    """

    retriever_url: str = "http://retriever:8000"
    generator_url: str = "http://generator:8000"
    redis_url: str = "redis://redis:6379/0"
    redis_timeout_s: float = 0.25
    cache_ttl_s: int = 3600
    keep_requests: bool = True
    retrieve_timeout_s: float = 10
    rerank_timeout_s: float = 15
    generate_timeout_s: float = 40
    deadline_s: float = 60
    trace_url: str = "http://127.0.0.1:16686/trace/{trace_id}"
    datadog_url: str = "http://127.0.0.1:8127/traces/{datadog_id}"

    @staticmethod
    def read(env: Env) -> "Settings":
        """Raises SettingsError for a value that can't be used."""
        default = Settings()
        return Settings(
            retriever_url=env.url("RETRIEVER_URL", default.retriever_url),
            generator_url=env.url("GENERATOR_URL", default.generator_url),
            redis_url=env.url("REDIS_URL", default.redis_url, "redis rediss"),
            redis_timeout_s=env.number("REDIS_TIMEOUT_S", default.redis_timeout_s, 0.01, 10),
            cache_ttl_s=env.integer("CACHE_TTL_S", default.cache_ttl_s, 1, 30 * 86400),
            keep_requests=env.flag("TRACELAB_KEEP_REQUESTS", default.keep_requests),
            retrieve_timeout_s=env.number(
                "RETRIEVE_TIMEOUT_S", default.retrieve_timeout_s, 0.1, 300
            ),
            rerank_timeout_s=env.number("RERANK_TIMEOUT_S", default.rerank_timeout_s, 0.1, 300),
            generate_timeout_s=env.number(
                "GENERATE_TIMEOUT_S", default.generate_timeout_s, 0.1, 300
            ),
            deadline_s=env.number("QUERY_DEADLINE_S", default.deadline_s, 0.1, 600),
            trace_url=env.url("TRACE_URL", default.trace_url),
            datadog_url=env.url("DATADOG_TRACE_URL", default.datadog_url),
        )
