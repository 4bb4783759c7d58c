"""The generator's settings."""

from dataclasses import dataclass

from services.common.env import Env


@dataclass(frozen=True)
class Settings:
    """Read from the environment. Without ``openai_base_url`` the calls go to api.openai.com."""

    openai_api_key: str
    openai_base_url: str | None = None
    openai_timeout_s: float = 30
    max_tokens: int = 420
    prompt_token_budget: int = 1850

    @staticmethod
    def read(env: Env) -> "Settings":
        """Raises SettingsError for a value that can't be used."""
        default = Settings("")
        base_url = env.optional("OPENAI_BASE_URL")
        return Settings(
            openai_api_key=env.text("OPENAI_API_KEY"),
            openai_base_url=env.url("OPENAI_BASE_URL") if base_url else None,
            openai_timeout_s=env.number("OPENAI_TIMEOUT_S", default.openai_timeout_s, 0.1, 600),
            max_tokens=env.integer("MAX_COMPLETION_TOKENS", default.max_tokens, 1, 4096),
            prompt_token_budget=env.integer(
                "PROMPT_TOKEN_BUDGET", default.prompt_token_budget, 100, 100_000
            ),
        )
