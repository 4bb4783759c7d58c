"""How this machine reaches package indexes, carried into image builds and left in no image.

Proxies travel as the build arguments the builder predefines (it keeps them out of images and
histories); all else travels as build secrets, which are files that exist only while a step runs.
"""

import os
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from lab.host import debian
from lab.images.index_settings import (
    apt_auth,
    apt_conf,
    bundle_paths,
    certificates,
    go_env,
    hosts,
    logins,
    pip_conf,
    read,
)
from lab.run import run

PROXIES = ("http_proxy", "https_proxy", "ftp_proxy", "all_proxy", "no_proxy")
LOOPBACK = re.compile(r"localhost|127(\.\d+){3}|::1")


@dataclass(frozen=True)
class BuildEnv:
    """What a build is given: proxies by variable, secrets by id, and the network its steps use."""

    proxies: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    network: str = "default"


def collect(env: Mapping[str, str] = os.environ) -> BuildEnv:
    """Read this machine's proxy, index and certificate settings."""
    pip_listed = run([sys.executable, "-m", "pip", "config", "list"], check=False).stdout
    pip = pip_conf(pip_listed)
    go = go_env(read(_go_env_file(env)), env)
    apt_settings = debian.host_settings()
    apt = {
        "apt-sources": debian.host_sources(),
        "apt-conf": apt_conf(apt_settings),
        "apt-auth": apt_auth(),
    }
    proxies = proxy_variables(env)
    given = [*proxies.values(), pip, go, *apt.values()]
    secrets = {
        **apt,
        "pip": pip,
        "go": go,
        "netrc": logins(read(_netrc_file(env)), [pip, go]),
        "ca": certificates(bundle_paths(env, pip_listed, apt_settings)),
    }
    return BuildEnv(proxies, {key: text for key, text in secrets.items() if text}, network(given))


def proxy_variables(env: Mapping[str, str]) -> dict[str, str]:
    """The proxy variables that are set, each in both cases: apt reads only the small ones."""
    found: dict[str, str] = {}
    for name in PROXIES:
        value = env.get(name) or env.get(name.upper())
        if value:
            found |= {name: value, name.upper(): value}
    return found


def network(given: Iterable[str]) -> str:
    """The network for a build's steps: the host's where a proxy or index is on its loopback."""
    named = (host for text in given for host in hosts(text))
    return "host" if any(LOOPBACK.fullmatch(host) for host in named) else "default"


@contextmanager
def secret_files(secrets: Mapping[str, str]) -> Iterator[dict[str, Path]]:
    """Write the secrets to files only this user can read; they are gone after the block."""
    with tempfile.TemporaryDirectory(prefix="tracelab-build-") as name:
        files = {key: Path(name) / key for key in secrets}
        for key, path in files.items():
            path.touch(0o600)
            path.write_text(secrets[key])
        yield files


def _go_env_file(env: Mapping[str, str]) -> Path:
    if env.get("GOENV"):
        return Path(env["GOENV"])
    config = env.get("XDG_CONFIG_HOME")
    return (Path(config) if config else Path.home() / ".config") / "go" / "env"


def _netrc_file(env: Mapping[str, str]) -> Path:
    return Path(env["NETRC"]) if env.get("NETRC") else Path.home() / ".netrc"
