"""What the retriever is asked and what it answers."""

from pydantic import BaseModel, ConfigDict, Field

from services.common.fields import STRICT, Question, TopK, UserId
from services.common.passages import MAX_PASSAGES, Passage


class RetrieveRequest(BaseModel):
    """Asks for passages near a question."""

    model_config = STRICT

    question: Question
    user_id: UserId
    top_k: TopK


class RerankRequest(BaseModel):
    """Asks for the best ``top_k`` of some passages."""

    model_config = STRICT

    question: Question
    passages: list[Passage] = Field(max_length=MAX_PASSAGES)
    top_k: TopK


class Passages(BaseModel):
    """Passages, best first."""

    model_config = ConfigDict(frozen=True)

    passages: list[Passage]
    timings_ms: dict[str, float]


class Candidates(Passages):
    """Several times ``top_k`` passages; ``corpus`` is the hash of the documentation they are of."""

    corpus: str
