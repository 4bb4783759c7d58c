"""Who was given which answer, in Redis for a day. Redis may be away: never an error."""

import hashlib
import json

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from services.gateway.circuit import Circuit

PREFIX = "tracelab:audit"
TTL_S = 24 * 3600
PAUSE_S = 5.0
# A record should outlive the loss of one Redis.
REPLICAS = 1
REPLICATION_MS = 400


class Audit:
    """One for the process."""

    def __init__(self, url: str, timeout_s: float) -> None:
        self._redis: Redis = Redis.from_url(
            url,
            socket_connect_timeout=timeout_s,
            socket_timeout=timeout_s + REPLICATION_MS / 1000,
            retry=Retry(NoBackoff(), 0),
        )
        self._circuit = Circuit(PAUSE_S)

    def record_answer(self, trace_id: str, user_id: str, answer: str) -> None:
        """Keep who was answered with what, the answer as a hash of it."""
        if not self._circuit.allows():
            return
        record = {"user_id": user_id, "answer": hashlib.sha256(answer.encode()).hexdigest()}
        pipe = self._redis.pipeline(transaction=False)
        pipe.set(f"{PREFIX}:{trace_id}", json.dumps(record), ex=TTL_S)
        pipe.wait(REPLICAS, REPLICATION_MS)
        try:
            pipe.execute()
        except (RedisError, OSError):
            self._circuit.failed()
        else:
            self._circuit.succeeded()

    def close(self) -> None:
        self._redis.close()
