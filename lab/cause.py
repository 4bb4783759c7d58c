"""Why a request takes longer than it needs: the closed list, and how each is called."""

from collections.abc import Mapping
from typing import Literal

Cause = Literal[
    "cpu",
    "io_wait",
    "inefficient_algorithm",
    "redundant_tokens",
    "lock_wait",
    "pool_wait",
    "event_loop_blocked",
    "retry_storm",
    "none",
    "unclear",
]

LABELS: Mapping[Cause, str] = {
    "cpu": "CPU-bound",
    "io_wait": "I/O-bound",
    "inefficient_algorithm": "inefficient algorithm",
    "redundant_tokens": "redundant tokens",
    "lock_wait": "waiting for a lock",
    "pool_wait": "waiting for a connection pool",
    "event_loop_blocked": "event loop blocked",
    "retry_storm": "retry storm",
    "none": "no bottleneck beyond what the request needs",
    "unclear": "unclear",
}
