"""How a profile came about, in sentences."""

from lab.measure.capture import Captured
from lab.profile.measured import told
from lab.settings import Settings
from lab.traffic.replay import Replayer
from tests.lab.measure.test_measurement_json import BARE, WHOLE


def test_it_is_told_whether_calls_were_counted() -> None:
    """And why not."""
    with Replayer(Settings(), 4.0) as replayer:
        counted = " ".join(told(Captured(WHOLE, (), (), {}), replayer))
        failed = " ".join(told(Captured(BARE, (), (), {}, "HTTP 504"), replayer))
    assert "Calls were counted in one more replay" in counted
    assert "Calls were not counted, as the replay for it failed: HTTP 504." in failed
    assert "Calls were counted" not in failed
