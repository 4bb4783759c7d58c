"""The verdict: why a span is slow, from CPU time against wall time, waits and repeated calls.

It knows nothing of what may have been planted. Where the numbers don't say it clearly, the verdict
is "unclear".
"""

from dataclasses import replace

from lab import wording
from lab.evidence import LEAST_MS, Evidence
from lab.findings import Cause, Confidence, Verdict

MOSTLY = 0.6
HALF = 0.5
# A thread that shares the processor with others computes for less of the time than it wants to.
CROWDED = 0.25
ENOUGH_SAMPLES = 50
ENOUGH_REPLAYS = 2


def judge(evidence: Evidence) -> Verdict:
    """Judge one span.

    A span of less than 20 ms is unclear. Then, in this order: one kind of call made ten times or
    more that takes half the time; a thread that computed for half of it; client calls that took
    60 %; samples that wait on a socket or a lock for 60 %; a thread that computed for a quarter at
    least and was at another line in nearly every sample, so that it waited for the processor;
    otherwise unclear.
    """
    cause = _cause(evidence)
    frame = evidence.samples.frame if evidence.samples else None
    verdict = Verdict(
        cause=cause,
        confidence=_confidence(cause, evidence),
        evidence=wording.evidence(evidence),
        hypothesis=wording.hypothesis(cause, evidence, frame),
        next_step=wording.next_step(cause, evidence, frame),
    )
    if frame is None:
        return verdict
    return replace(verdict, function=frame.function, file=frame.path, line=frame.line or None)


def _cause(evidence: Evidence) -> Cause:
    if evidence.original_ms < LEAST_MS:
        return "unclear"
    if evidence.repeated is not None and evidence.loop_share >= HALF:
        return "inefficient_algorithm"
    if evidence.cpu_share is not None and evidence.cpu_share >= HALF:
        return "cpu"
    if evidence.calls_share >= MOSTLY or evidence.waiting_share("io") >= MOSTLY:
        return "io_wait"
    if evidence.waiting_share("lock") >= MOSTLY:
        return "lock_wait"
    return "cpu" if _is_crowded_out(evidence) else "unclear"


def _is_crowded_out(evidence: Evidence) -> bool:
    """Whether the thread was at work all the while, but the processor often at another's."""
    samples = evidence.samples
    if samples is None or evidence.cpu_share is None:
        return False
    waiting = samples.io_share + samples.lock_share + evidence.calls_share
    return evidence.cpu_share >= CROWDED and samples.still_share < CROWDED and waiting < CROWDED


def _confidence(cause: Cause, evidence: Evidence) -> Confidence:
    if cause == "unclear" or not evidence.is_reproduced or _against(cause, evidence):
        return "low"
    enough = evidence.samples is not None and evidence.samples.count >= ENOUGH_SAMPLES
    is_known = evidence.cpu_share is not None and not (cause == "cpu" and evidence.cpu_share < HALF)
    if enough and is_known and evidence.occurrences >= ENOUGH_REPLAYS:
        return "high"
    return "medium"


def _against(cause: Cause, evidence: Evidence) -> bool:
    """Whether the samples contradict what the spans say."""
    waiting = evidence.waiting_share("io") + evidence.waiting_share("lock")
    return cause == "cpu" and waiting >= HALF
