"""Fingerprints of texts: alike texts differ in few bits (SimHash; Charikar, 2002)."""

from hashlib import blake2b

BITS = 96
SHINGLE_CHARS = 4


def fingerprint(text: str) -> int:
    """BITS bits over all runs of SHINGLE_CHARS characters."""
    balance = [0] * BITS
    for start in range(len(text) - SHINGLE_CHARS + 1):
        shingle = text[start : start + SHINGLE_CHARS].encode()
        code = int.from_bytes(blake2b(shingle, digest_size=BITS // 8).digest(), "big")
        for bit in range(BITS):
            balance[bit] += 1 if code >> bit & 1 else -1
    bits = 0
    for bit, votes in enumerate(balance):
        if votes > 0:
            bits |= 1 << bit
    return bits


def likeness(one: int, other: int) -> float:
    """The share of bits in which two fingerprints agree."""
    return 1 - (one ^ other).bit_count() / BITS
