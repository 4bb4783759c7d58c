"""A rate limit: what comes while the service is over it is refused."""

import hashlib
from collections import OrderedDict

REFUSALS = 5
MOST_KEPT = 1000


class RateLimit:
    """Refuses a request until it has been sent often enough.

    A real limit passes with time. This one counts, so that the same request always meets the same.
    """

    def __init__(self) -> None:
        self._refused: OrderedDict[bytes, int] = OrderedDict()

    def refuses(self, body: bytes) -> bool:
        """Whether this request is refused; ``REFUSALS`` times in a row, then it is taken."""
        key = hashlib.sha256(body).digest()
        refused = self._refused.pop(key, 0)
        if refused == REFUSALS:
            return False
        self._refused[key] = refused + 1
        if len(self._refused) > MOST_KEPT:
            self._refused.popitem(last=False)
        return True
