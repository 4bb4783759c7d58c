"""The retriever's settings."""

from dataclasses import dataclass
from pathlib import Path

from services.common.env import Env
from services.common.passages import MAX_PASSAGES


@dataclass(frozen=True)
class Settings:
    """Read from the environment; the defaults are for a lab in containers.

    Without ``pinecone_host`` the index is looked up by its name at pinecone.io.
    """

    pinecone_api_key: str
    pinecone_host: str | None = None
    pinecone_index: str = "tracelab"
    pinecone_timeout_s: float = 5
    data_dir: Path = Path("/app/data")
    candidates_per_result: int = 6
    min_candidates: int = 20

    @staticmethod
    def read(env: Env) -> "Settings":
        """Raises SettingsError for a value that can't be used."""
        default = Settings("")
        host = env.optional("PINECONE_HOST")
        return Settings(
            pinecone_api_key=env.text("PINECONE_API_KEY"),
            pinecone_host=env.url("PINECONE_HOST") if host else None,
            pinecone_index=env.text("PINECONE_INDEX", default.pinecone_index),
            pinecone_timeout_s=env.number(
                "PINECONE_TIMEOUT_S", default.pinecone_timeout_s, 0.1, 60
            ),
            data_dir=Path(env.text("DATA_DIR", str(default.data_dir))),
            candidates_per_result=env.integer(
                "CANDIDATES_PER_RESULT", default.candidates_per_result, 1, 20
            ),
            min_candidates=env.integer("MIN_CANDIDATES", default.min_candidates, 1, MAX_PASSAGES),
        )

    def candidates(self, top_k: int) -> int:
        """How many passages are fetched, so that reranking has something to choose from."""
        wanted = max(top_k * self.candidates_per_result, self.min_candidates)
        return min(wanted, MAX_PASSAGES)
