"""What recording costs, told."""

from bench.recording import told


def test_the_differences_of_pairs_are_told() -> None:
    """One pair in which the machine was busy with something else doesn't decide."""
    assert told([4200, 4220, 4210, 4200], [4300, 4330, 6000, 4310]) == (
        "without 4,205 ms, recorded 4,320 ms: +110 ms (+110 to +110)"
    )
