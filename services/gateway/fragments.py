"""Values kept in Redis in pieces of one hash, so that none of them is large."""

from redis.asyncio import Redis

PIECES = 360


def fragments_key(key: str) -> str:
    """The hash that holds the pieces of what is kept under ``key``."""
    return f"{key}:fragments"


async def store_fragments(redis: Redis, key: str, value: bytes, ttl_s: int) -> None:
    """Keep a value in PIECES pieces. Raises as the client does."""
    name = fragments_key(key)
    size_bytes = -(-len(value) // PIECES)
    await redis.delete(name)
    for piece in range(PIECES):
        start = piece * size_bytes
        # Both or neither: a piece must not stay for ever.
        async with redis.pipeline(transaction=True) as pipe:
            pipe.hset(name, str(piece), value[start : start + size_bytes])
            pipe.expire(name, ttl_s)
            await pipe.execute()


async def read_fragments(redis: Redis, key: str) -> bytes | None:
    """The value, or None where a piece is missing. Raises as the client does."""
    name = fragments_key(key)
    value = b""
    for piece in range(PIECES):
        found = await redis.hget(name, str(piece))
        if not isinstance(found, bytes):
            return None
        value += found
    return value
