"""Checkpoint 8: Jaeger keeps traces for thirty days."""

from typing import Any

import pytest
import yaml

from checks.jaeger_store import Store, config_paths, parse, volume_of
from checks.retention import duration_s, judge
from lab.errors import LabError

BADGER: dict[str, Any] = {
    "directories": {"keys": "/badger/keys", "values": "/badger/values"},
    "ephemeral": False,
    "ttl": {"spans": "720h"},
}
CONFIG: dict[str, Any] = {
    "extensions": {
        "jaeger_query": {"storage": {"traces": "badger_main"}},
        "jaeger_storage": {"backends": {"badger_main": {"badger": BADGER}}},
    },
    "exporters": {"jaeger_storage_exporter": {"trace_storage": "badger_main"}},
}
VOLUME = {"Type": "volume", "Name": "tracelab_jaeger-data", "Destination": "/badger"}


def store(mounts: list[dict[str, str]] | None = None, **changes: Any) -> Store:
    """A good store but for these changes of the Badger settings."""
    badger = {**BADGER, **changes}
    backends = {"badger_main": {"badger": {k: v for k, v in badger.items() if v is not None}}}
    extensions = {**CONFIG["extensions"], "jaeger_storage": {"backends": backends}}
    text = yaml.safe_dump({**CONFIG, "extensions": extensions}).encode()
    return parse({"/etc/jaeger/config.yaml": text}, [VOLUME] if mounts is None else mounts)


def test_thirty_days_on_a_named_volume_pass() -> None:
    """720 h in Badger on the volume pass; the expected volume is stated."""
    found = judge(store())
    assert found.passed
    assert "720h (30 days wanted) on volume tracelab_jaeger-data" in found.evidence
    assert "10,000 requests a day make 1,000 traces a day, 30,000 kept" in found.evidence


@pytest.mark.parametrize("hours", ["720h0m0s", "43200m"])
def test_the_same_time_in_other_words_passes(hours: str) -> None:
    """Any spelling of 30 days will do."""
    assert judge(store(ttl={"spans": hours})).passed


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"ttl": {"spans": "72h"}}, "ttl.spans is 72h, not 720h"),
        ({"ttl": {"spans": "30d"}}, "ttl.spans is 30d, not 720h"),
        ({"ttl": None}, "ttl.spans is not set, so 72h, not 720h"),
        ({"ephemeral": True}, "a restart loses every trace"),
        ({"ephemeral": None}, "a restart loses every trace"),
        ({"directories": None}, "no directories are set"),
        (
            {"directories": {"keys": "/badger/keys", "values": "/tmp/values"}},  # noqa: S108
            "/tmp/values is on no named volume",  # noqa: S108
        ),
    ],
)
def test_each_wrong_setting_fails(changes: dict[str, Any], told: str) -> None:
    """Another time to live, a store that forgets, and directories elsewhere fail by name."""
    found = judge(store(**changes))
    assert not found.passed
    assert told in found.evidence
    assert found.fix is not None
    assert "invoke up" in found.fix


@pytest.mark.parametrize(
    "mounts",
    [
        [],
        [{"Type": "bind", "Name": "", "Destination": "/badger"}],
        [{"Type": "tmpfs", "Name": "", "Destination": "/badger"}],
        [{"Type": "volume", "Name": "0" * 64, "Destination": "/badger"}],
    ],
)
def test_a_store_on_no_named_volume_fails(mounts: list[dict[str, str]]) -> None:
    """Without a volume of its own name `down` would take the traces along."""
    found = judge(store(mounts=mounts))
    assert not found.passed
    assert "/badger/keys is on no named volume" in found.evidence


def test_another_backend_fails() -> None:
    """Traces kept in memory are not kept."""
    backends = {"badger_main": {"memory": {"max_traces": 1000}}}
    extensions = {**CONFIG["extensions"], "jaeger_storage": {"backends": backends}}
    text = yaml.safe_dump({**CONFIG, "extensions": extensions}).encode()
    found = judge(parse({"/c.yaml": text}, [VOLUME]))
    assert not found.passed
    assert "'badger_main' is not Badger" in found.evidence


def test_reading_from_elsewhere_than_writing_fails() -> None:
    """What is kept in one store is not found in another."""
    extensions = {**CONFIG["extensions"], "jaeger_query": {"storage": {"traces": "other"}}}
    text = yaml.safe_dump({**CONFIG, "extensions": extensions}).encode()
    found = judge(parse({"/c.yaml": text}, [VOLUME]))
    assert not found.passed
    assert "writes to 'badger_main' and reads from 'other'" in found.evidence


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"extensions: {}",
        b"- a list",
        b"{unclosed",
        yaml.safe_dump({**CONFIG, "exporters": {}}).encode(),
        yaml.safe_dump(
            {**CONFIG, "exporters": {"jaeger_storage_exporter": {"trace_storage": "none"}}}
        ).encode(),
    ],
)
def test_an_unreadable_configuration_is_an_error(text: bytes) -> None:
    """A file that names no store is told with its path."""
    with pytest.raises(LabError, match=r"/c\.yaml in Jaeger's container names no trace storage"):
        parse({"/c.yaml": text}, [])


@pytest.mark.parametrize(
    ("text", "expected_s"),
    [
        ("720h", 2_592_000),
        ("1h30m", 5400),
        ("1.5h", 5400),
        ("100ms", 0.1),
        ("", None),
        ("30d", None),
        ("720", None),
        ("720h ", None),
    ],
)
def test_go_durations(text: str, expected_s: float | None) -> None:
    """Durations are read as Go reads them."""
    assert duration_s(text) == expected_s


@pytest.mark.parametrize(
    ("argv", "paths"),
    [
        (["/jaeger", "--config", "/etc/c.yaml"], ("/etc/c.yaml",)),
        (["/jaeger", "--config=/etc/c.yaml"], ("/etc/c.yaml",)),
        (["/jaeger", "--config", "file:/etc/c.yaml"], ("/etc/c.yaml",)),
        (["/jaeger", "--config", "/a.yaml", "--config", "/b.yaml"], ("/a.yaml", "/b.yaml")),
    ],
)
def test_the_configuration_is_the_one_of_the_command_line(
    argv: list[str], paths: tuple[str, ...]
) -> None:
    """Every way to name the files is understood."""
    assert config_paths(argv) == paths


def test_a_later_file_goes_over_an_earlier_one() -> None:
    """What a second file sets is in force, what it leaves alone stays."""
    badger = {"badger": {"ttl": {"spans": "72h"}}}
    over = {"extensions": {"jaeger_storage": {"backends": {"badger_main": badger}}}}
    files = {"/a.yaml": yaml.safe_dump(CONFIG).encode(), "/b.yaml": yaml.safe_dump(over).encode()}
    found = judge(parse(files, [VOLUME]))
    assert found.evidence.startswith("ttl.spans is 72h, not 720h; Badger keeps spans 72h")
    assert "on volume tracelab_jaeger-data" in found.evidence


def test_a_jaeger_without_a_configuration_file_is_an_error() -> None:
    """Jaeger's built-in default keeps traces in memory."""
    with pytest.raises(LabError, match="without --config"):
        config_paths(["/jaeger"])


def test_the_deepest_mount_holds_a_path() -> None:
    """A path belongs to the volume mounted nearest above it."""
    volumes = {"/": "root", "/badger": "data", "/badger/keys": "keys"}
    assert volume_of("/badger/keys/0001", volumes) == "keys"
    assert volume_of("/badger/values", volumes) == "data"
    assert volume_of("/badgers", {"/badger": "data"}) is None
