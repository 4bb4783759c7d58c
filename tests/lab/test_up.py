"""What `invoke up` says before it starts anything."""

from lab.up import paid


def test_a_key_that_costs_money_is_told() -> None:
    """Warm-up traffic alone is a hundred requests; an empty key is none."""
    (told,) = paid({"OPENAI_API_KEY": "sk-x", "PINECONE_API_KEY": ""})
    assert told.startswith("OPENAI_API_KEY is set: OpenAI itself is asked")
    assert "sk-x" not in told
    assert list(paid({})) == []
