"""What may be seen on a picture."""

import socket

import pytest

from lab.errors import LabError
from lab.pictures.screenshots import require_public
from lab.settings import ROOT


def test_what_every_lab_shows_may_be_seen() -> None:
    """Addresses on the loopback, paths inside the containers."""
    require_public("trace", "http://127.0.0.1:16686/trace/ab /app/services/gateway/cache.py")


@pytest.mark.parametrize("private", [f"{ROOT}/reports", f"on {socket.gethostname()}: up"])
def test_where_it_was_made_may_not(private: str) -> None:
    """Neither the checkout's path nor the machine's name."""
    with pytest.raises(LabError, match="would show"):
        require_public("report", private)
