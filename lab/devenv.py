"""What `invoke test` needs on top of the host side's own environment: the test tools."""

import sys
from pathlib import Path

from lab import bootstrap
from lab.errors import LabError, UnavailableError
from lab.settings import ROOT
from lab.watched import Report

REQUIREMENTS = ROOT / "requirements" / "dev.txt"


def ensure_dev(report: Report) -> None:
    """Install requirements/dev.txt into the running environment, once.

    Raises UnavailableError outside of a virtual environment, LabError where pip fails.
    """
    if sys.prefix == sys.base_prefix:
        raise UnavailableError(f"{sys.executable} is in no virtual environment; `. ./setup.sh`")
    venv = Path(sys.prefix)
    if bootstrap.is_complete(venv, REQUIREMENTS):
        return
    try:
        bootstrap.install(venv, REQUIREMENTS, report)
    except bootstrap.SetupError as failed:
        raise LabError(str(failed)) from failed
