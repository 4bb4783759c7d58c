"""Names and numbers of the trace contract, used by the services, the host side and the checks.

Imports nothing, so that the host can read it without the services' libraries.
"""

SERVICES = ("gateway", "retriever", "generator")
# Of the project: what runs in the services and is no library's.
OWN_FOLDERS = ("services", "seed")

# Spans
ROOT_SPAN = "POST /query"
RETRIEVE = "retrieve"
RERANK = "rerank"
GENERATE = "generate"
CACHE = "cache"
EMBED = "embed"
PINECONE_QUERY = "pinecone.query"
LOAD_PASSAGES = "load_passages"
SCORE = "score"
SERIALIZE_PROMPT = "serialize_prompt"
OPENAI_GENERATE = "openai.generate"
STAGES = (RETRIEVE, RERANK, GENERATE)
# Made by the application itself, whatever their kind; those of instrumentations have other names.
APPLICATION = frozenset(
    {*STAGES, CACHE, EMBED, PINECONE_QUERY, LOAD_PASSAGES, SCORE, SERIALIZE_PROMPT, OPENAI_GENERATE}
)

# Span attributes
USER_ID = "user_id"
COST_USD = "cost_usd"
CACHE_HIT = "cache.hit"
LLM_MODEL = "llm.model"
LLM_PROMPT_TOKENS = "llm.prompt_tokens"
LLM_COMPLETION_TOKENS = "llm.completion_tokens"
GEN_AI_REQUEST_MODEL = "gen_ai.request.model"
GEN_AI_INPUT_TOKENS = "gen_ai.usage.input_tokens"
GEN_AI_OUTPUT_TOKENS = "gen_ai.usage.output_tokens"
CPU_TIME_MS = "tracelab.cpu_time_ms"
THREAD_ID = "thread.id"

# Resource attributes
SERVICE_NAME = "service.name"
CONTAINER_ID = "container.id"
PROCESS_PID = "process.pid"

# Sampling, export and retention
SAMPLE_RATIO = 0.10
SCHEDULE_DELAY_MS = 5000
RETENTION_DAYS = 30

# Response header of the gateway: tells the trace id and whether the trace was sampled
TRACERESPONSE = "traceresponse"
