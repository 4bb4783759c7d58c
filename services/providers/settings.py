"""The settings of the emulated providers."""

from dataclasses import dataclass
from pathlib import Path

from services.common.env import Env


@dataclass(frozen=True)
class Settings:
    """Read from the environment. ``latency_scale`` 0 answers as fast as possible."""

    data_dir: Path = Path("/data")
    dimensions: int = 256
    latency_scale: float = 1.0

    @staticmethod
    def read(env: Env) -> "Settings":
        """Raises SettingsError for a value that can't be used."""
        default = Settings()
        return Settings(
            Path(env.text("PROVIDERS_DATA_DIR", str(default.data_dir))),
            env.integer("PINECONE_DIMENSIONS", default.dimensions, 1, 20_000),
            env.number("LATENCY_SCALE", default.latency_scale, 0, 100),
        )
