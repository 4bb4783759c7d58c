"""Leak or not: the slope of the memory and what the allocations say, taken together."""

from collections.abc import Mapping, Sequence

from lab.memory.findings import ServiceFinding, Verdict
from lab.memory.sites import Container, Kept
from lab.memory.slope import Growth

KIB = 1024
# The code that explains a slope keeps at least this part of it.
EXPLAINS = 0.25
# Allocations are told exactly: of a healthy service less than 1 KB a request is kept.
LEAST_KEPT_KB = 5.0
# Memory that grows by less than this part of what is kept denies a leak.
DENIES = 0.5


def find(growth: Growth, kept: tuple[Kept, ...] | None) -> ServiceFinding:
    """The verdict on one service."""
    leak, why = _leak(growth, steady(kept or ()), was_traced=kept is not None)
    return ServiceFinding(growth.service, leak, why, growth, kept)


def steady(kept: Sequence[Kept]) -> tuple[Kept, ...]:
    """What keeps about as much of each request, most first."""
    return tuple(one for one in kept if one.is_steady)


def _leak(growth: Growth, keeping: Sequence[Kept], *, was_traced: bool) -> tuple[bool | None, str]:
    kept_kb = sum(one.bytes_per_request for one in keeping) / KIB
    if growth.trend == "grows":
        slope_kb = growth.slope.kb if growth.slope else 0.0
        if kept_kb >= EXPLAINS * slope_kb:
            return True, "its memory grows with every request, and so does what its code keeps"
        if was_traced:
            return None, (
                "its memory grows, but nothing that Python allocates does: C code, or an "
                "allocator that has not settled"
            )
        return None, "its memory grows; its allocations were not traced"
    if kept_kb >= LEAST_KEPT_KB:
        if growth.slope is not None and growth.slope.high_kb < DENIES * kept_kb:
            return None, (
                f"its code keeps {kept_kb:.0f} KB of each request, which its memory doesn't show "
                "yet: a cache that fills, or a leak into memory that was free"
            )
        return True, "its code keeps something of every request, and its memory doesn't deny it"
    if growth.trend == "unclear" and not was_traced:
        return None, "its memory moved too much to tell, and its allocations were not traced"
    return False, "no growth beyond noise"


def verdict(findings: Sequence[ServiceFinding]) -> Verdict:
    """The one verdict on all services: the largest leak if there is one."""
    leaking = sorted((one for one in findings if one.leak), key=_kept_bytes, reverse=True)
    unclear = [one for one in findings if one.leak is None]
    if not leaking and not unclear:
        return Verdict(
            False,
            None,
            None,
            None,
            "No service keeps memory of the requests it has answered: no growth beyond noise.",
            tuple(map(_told_slope, findings)),
            f"Nothing to mend. A leak below {LEAST_KEPT_KB:.0f} KB a request is not looked for.",
        )
    worst = (leaking or unclear)[0]
    found = steady(worst.kept or ())
    kept = found[0] if found else None
    holder = _holder(kept)
    return Verdict(
        leak=worst.leak,
        finding=worst,
        kept=kept,
        holder=holder,
        hypothesis=_hypothesis(worst, kept, holder),
        evidence=_evidence(worst, findings, kept),
        next_step=_next_step(worst, kept, holder),
    )


def _kept_bytes(one: ServiceFinding) -> float:
    return sum(kept.bytes_per_request for kept in steady(one.kept or ()))


def _holder(kept: Kept | None) -> Container | None:
    """What holds the allocations: rather our own code's container, and the one that grew most."""
    if kept is None or not kept.holders:
        return None
    return max(kept.holders, key=lambda one: (one.is_own, one.name is not None, one.grown_by))


def _hypothesis(worst: ServiceFinding, kept: Kept | None, holder: Container | None) -> str:
    if kept is None:
        return f"{worst.service}: {worst.why}."
    says = "leaks" if worst.leak else "may leak"
    told = (
        f"{worst.service} {says}: what {place(kept)} allocates is kept, "
        f"{kb(kept.bytes_per_request)} of each request"
    )
    if holder is None or holder.name is None:
        return f"{told}."
    return f"{told}. `{holder.name}` holds it, a {holder.kind} that never lets go."


def _evidence(
    worst: ServiceFinding, findings: Sequence[ServiceFinding], kept: Kept | None
) -> tuple[str, ...]:
    told = [_told_slope(worst)]
    if kept is not None:
        told.append(
            f"with its allocations traced, {place(kept)} kept {kb(kept.bytes_per_request)} and "
            f"{kept.blocks_per_request:.0f} blocks of each request: {kb(kept.early_bytes)} in the "
            f"first half, {kb(kept.late_bytes)} in the second"
        )
        told += [
            f"{_named(one)}, a {one.kind}, gained {one.grown_by} entries meanwhile and holds "
            f"what was allocated there; it has {one.length:,} now"
            for one in kept.holders
        ]
    return (*told, *(_told_slope(one) for one in findings if one is not worst))


def _named(container: Container) -> str:
    return f"`{container.name}`" if container.name else "something without a name"


def _told_slope(finding: ServiceFinding) -> str:
    growth = finding.growth
    if growth.slope is None:
        return f"{finding.service}: {growth.samples} samples are too few for a slope"
    ends = f"{growth.first_kb / KIB:.0f} to {growth.last_kb / KIB:.0f} MB"
    return (
        f"{finding.service}: {growth.slope.kb:+.1f} ± {growth.slope.error_kb:.1f} KB a request "
        f"over {growth.requests} requests ({ends}); {growth.early_kb:+.1f} in the first half, "
        f"{growth.late_kb:+.1f} in the second: {finding.why}"
    )


def _next_step(worst: ServiceFinding, kept: Kept | None, holder: Container | None) -> str:
    again = "then `invoke down`, `invoke up` and `invoke profile --memory` again"
    if holder is not None and holder.name is not None and worst.leak:
        return (
            f"Give `{holder.name}` a bound (a largest size, or a time after which an entry goes), "
            f"or don't keep it at all; {again}."
        )
    if kept is not None:
        return f"Look at who keeps what {place(kept)} makes; {again}."
    return (
        "Run it again with more requests (`--requests`): what settles flattens, what leaks goes on."
    )


def place(kept: Kept) -> str:
    """The function, file and line in words."""
    if kept.function is None:
        return f"{kept.file}:{kept.line}"
    return f"`{kept.function}` ({kept.file}:{kept.line})"


def kb(size_bytes: float) -> str:
    """Kilobytes to read."""
    return f"{size_bytes / KIB:.1f} KB"


def suspects(growths: Mapping[str, Growth]) -> tuple[str, ...]:
    """The services to look into: those that grow or may grow, else all."""
    found = tuple(name for name, one in growths.items() if one.trend != "steady")
    return found or tuple(growths)
