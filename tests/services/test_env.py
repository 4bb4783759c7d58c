"""Settings from the environment."""

import pytest

from services.common.env import Env, SettingsError, settings_or_exit
from services.gateway.settings import Settings as Gateway
from services.generator.settings import Settings as Generator
from services.providers.settings import Settings as Providers
from services.telemetry.tracer import TracerSettings


def test_defaults_are_for_the_containers() -> None:
    """An empty environment, or empty values, give the lab's own addresses."""
    for env in (Env({}), Env({"RETRIEVER_URL": "", "CACHE_TTL_S": ""})):
        assert Gateway.read(env) == Gateway()
        assert Providers.read(env) == Providers()
        assert TracerSettings.read(env).schedule_delay_ms == 5000
        assert TracerSettings.read(env).sample_ratio is None


def test_values_are_read() -> None:
    """Every kind of value, with units as the names say."""
    env = Env(
        {
            "RETRIEVER_URL": "http://127.0.0.1:9/",
            "REDIS_TIMEOUT_S": "1.5",
            "CACHE_TTL_S": "60",
            "TRACELAB_KEEP_REQUESTS": "0",
            "OTEL_TRACES_SAMPLER_ARG": "0",
            "OTEL_BSP_SCHEDULE_DELAY": "100",
        }
    )
    found = Gateway.read(env)
    assert found.retriever_url == "http://127.0.0.1:9"
    assert found.redis_timeout_s == 1.5
    assert found.cache_ttl_s == 60
    assert found.keep_requests is False
    assert TracerSettings.read(env).sample_ratio == 0.0
    assert TracerSettings.read(env).schedule_delay_ms == 100


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("RETRIEVER_URL", "retriever:8000", "http:// or https://"),
        ("GENERATOR_URL", "http://", "http:// or https://"),
        ("REDIS_URL", "http://redis", "redis:// or rediss://"),
        ("REDIS_TIMEOUT_S", "soon", "a number from 0.01 to 10"),
        ("REDIS_TIMEOUT_S", "nan", "a number from 0.01 to 10"),
        ("CACHE_TTL_S", "0", "a whole number from 1"),
        ("CACHE_TTL_S", "1.5", "a whole number from 1"),
        ("TRACELAB_KEEP_REQUESTS", "perhaps", "1 or 0"),
        ("QUERY_DEADLINE_S", "-1", "a number from 0.1 to 600"),
    ],
)
def test_bad_value_is_named_with_what_is_allowed(name: str, value: str, allowed: str) -> None:
    """The message has the variable, what was found and what may be there."""
    with pytest.raises(SettingsError) as raised:
        Gateway.read(Env({name: value}))
    assert name in str(raised.value)
    assert repr(value) in str(raised.value)
    assert allowed in str(raised.value)


def test_generator_needs_a_key() -> None:
    """Without OPENAI_API_KEY there is no start; without a base URL it is OpenAI itself."""
    with pytest.raises(SettingsError, match="OPENAI_API_KEY is not set"):
        Generator.read(Env({}))
    assert Generator.read(Env({"OPENAI_API_KEY": "key"})).openai_base_url is None


def test_process_ends_with_the_message(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that can't start says why in one line."""
    monkeypatch.setenv("CACHE_TTL_S", "never")
    with pytest.raises(SystemExit, match=r"settings: CACHE_TTL_S is 'never'; use a whole number"):
        settings_or_exit(Gateway.read)
