"""What the generator is asked and what it answers."""

from pydantic import BaseModel, ConfigDict, Field

from services.common.fields import STRICT, Model, Question, UserId
from services.common.passages import MAX_PASSAGES, Passage


class GenerateRequest(BaseModel):
    """Asks for an answer made from passages, the best first."""

    model_config = STRICT

    question: Question
    user_id: UserId
    model: Model
    passages: list[Passage] = Field(max_length=MAX_PASSAGES)


class Usage(BaseModel):
    """Tokens as the provider counted them."""

    model_config = ConfigDict(frozen=True)

    prompt_tokens: int
    completion_tokens: int


class GenerateAnswer(BaseModel):
    """``model`` is the one that answered, as the provider names it; the cost is in US dollars."""

    model_config = ConfigDict(frozen=True)

    answer: str
    model: str
    usage: Usage
    cost_usd: float
    timings_ms: dict[str, float]
