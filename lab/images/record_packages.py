"""``python -m lab.images.record_packages``: record the Debian packages of this machine's images."""

import sys

from lab.errors import LabError
from lab.images import ensure as images
from lab.images import package_list
from lab.settings import load


def main() -> int:
    """Write the list; 3 where the images built from packages aren't there."""
    try:
        found = images.current(load(env={"TRACELAB_IMAGES": "packages"}))
    except LabError as failed:
        print(failed, file=sys.stderr)  # noqa: T201 - a command of its own, outside invoke
        return failed.exit_code
    if found is None:
        print("build them first: TRACELAB_IMAGES=packages invoke up", file=sys.stderr)  # noqa: T201 - the same
        return 3
    package_list.LOCK.write_text(package_list.to_text(package_list.installed(found)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
