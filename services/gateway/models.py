"""What the gateway is asked and what it answers."""

from pydantic import BaseModel, ConfigDict, Field

from services.common.fields import STRICT, Model, Question, TopK, UserId
from services.common.passages import Passage

FROZEN = ConfigDict(frozen=True)


class QueryRequest(BaseModel):
    """A question about Python's documentation."""

    model_config = STRICT

    question: Question
    user_id: UserId
    top_k: TopK = 5
    model: Model = "gpt-4"


class Source(BaseModel):
    """A passage the answer was made from; ``score`` is 0 to 1, ``excerpt`` how it begins."""

    model_config = FROZEN

    id: str
    title: str
    url: str
    score: float
    excerpt: str


class Usage(BaseModel):
    """Tokens as the model's provider counted them."""

    model_config = FROZEN

    prompt_tokens: int
    completion_tokens: int


class QueryAnswer(BaseModel):
    """A cached answer keeps the usage of the call that made it and costs nothing: cost_usd is 0."""

    model_config = FROZEN

    answer: str
    sources: list[Source]
    usage: Usage
    cost_usd: float = Field(description="US dollars, 0 if cached")
    cached: bool
    trace_id: str = Field(description="32 hex digits, also of a query that is not sampled")
    timings_ms: dict[str, float] = Field(description="one entry a stage, and `total`")


class Retrieved(BaseModel):
    """The retriever's answer; ``corpus`` names the documentation it was made from."""

    passages: list[Passage]
    corpus: str


class Reranked(BaseModel):
    """The best passages, best first."""

    passages: list[Passage]


class Generated(BaseModel):
    """The generator's answer."""

    answer: str
    usage: Usage
    cost_usd: float


class StoredAnswer(BaseModel):
    """What the cache keeps of an answer, with the passages it was made from."""

    answer: str
    usage: Usage
    passages: list[Passage]
