"""A piece of the documentation, as the retriever, gateway and generator pass it on."""

from pydantic import BaseModel, ConfigDict, Field

MAX_PASSAGES = 120
MAX_TEXT_CHARS = 20_000


class Passage(BaseModel):
    """``score`` is the retriever's: first the cosine similarity, after reranking 0 to 1."""

    model_config = ConfigDict(frozen=True)

    id: str = Field(max_length=500)
    title: str = Field(max_length=1000)
    url: str = Field(max_length=1000)
    text: str = Field(max_length=MAX_TEXT_CHARS)
    score: float
