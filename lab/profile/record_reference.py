"""``python -m lab.profile.record_reference``: let this lab's healthy reference come with the lab.

For whoever changes what the services do, on a quiet machine, right after `invoke reference`.
"""

import sys

from lab.profile import reference
from lab.settings import load


def main() -> int:
    """Copy it; 1 where this lab has none."""
    kept = reference.load(load())
    if kept.measurement is None:
        print(kept.why_not, file=sys.stderr)  # noqa: T201 - a command of its own, outside invoke
        return 1
    reference.SHIPPED.write_bytes(reference.path(load()).read_bytes())
    return 0


if __name__ == "__main__":
    sys.exit(main())
