"""The settings of pip, Go, apt and TLS of this machine, as texts that a build can be given."""

import netrc
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

GO_SETTINGS = (
    "GOPROXY",
    "GONOPROXY",
    "GOPRIVATE",
    "GOSUMDB",
    "GONOSUMDB",
    "GOINSECURE",
    "GOVCS",
    "GOAUTH",
    "GOFLAGS",
)
PIP_SETTINGS = (
    "index-url",
    "extra-index-url",
    "find-links",
    "trusted-host",
    "proxy",
    "timeout",
    "default-timeout",
    "retries",
)
BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
BUNDLE_VARIABLES = ("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
BUNDLE_IN_BUILDS = BUNDLES[0]
CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)
ADDRESS = re.compile(r"[a-z]+://[^\s\"'|,;]+")
PIP_LINE = re.compile(
    r"(?P<section>[^.]+)\.(?P<key>[a-z-]+)=(?P<quote>['\"])(?P<value>.*)(?P=quote)"
)


def pip_conf(listed: str) -> str:
    """A pip.conf text from the output of ``pip config list``.

    Later sections win as in pip: global, install, the environment. Folders of this machine can't
    be seen by a build: they are left out.
    """
    order = {"global": 0, "install": 1, ":env:": 2}
    matches = [found for line in listed.splitlines() if (found := PIP_LINE.fullmatch(line))]
    settings: dict[str, str] = {}
    for found in sorted(matches, key=lambda match: order.get(match["section"], -1)):
        if found["section"] in order and found["key"] in PIP_SETTINGS:
            settings[found["key"]] = found["value"].replace("\\n", " ")
    if "find-links" in settings:
        links = [link for link in settings["find-links"].split() if link.startswith("http")]
        settings["find-links"] = " ".join(links)
    lines = [f"{key} = {value}" for key, value in settings.items() if value.strip()]
    return "\n".join(["[global]", f"cert = {BUNDLE_IN_BUILDS}", *lines, ""])


def go_env(go_env_text: str, env: Mapping[str, str]) -> str:
    """The text of a GOENV file: ``go env -w`` settings, overridden by the environment.

    Module mirrors that are folders of this machine are left out.
    """
    written = dict(
        line.split("=", 1) for line in go_env_text.splitlines() if "=" in line and line[0] != "#"
    )
    settings = {name: env.get(name) or written.get(name, "") for name in GO_SETTINGS}
    settings["GOPROXY"] = re.sub(r"file://[^,|]*[,|]?", "", settings["GOPROXY"]).rstrip(",|")
    return "".join(f"{name}={value}\n" for name, value in settings.items() if value)


def apt_conf(settings: str) -> str:
    """An apt.conf text for builds; what names a file of this machine is left out."""
    lines = [line for line in settings.splitlines() if not re.search(r'"/[^"]*";$', line)]
    return "".join(f"{line}\n" for line in lines)


def apt_auth() -> str:
    """Logins for private mirrors, as in apt's auth.conf; empty where there are none."""
    folder = Path("/etc/apt")
    files = [folder / "auth.conf", *sorted((folder / "auth.conf.d").glob("*.conf"))]
    return "".join(read(file) for file in files)


def logins(netrc_text: str, given: Iterable[str]) -> str:
    """Those entries of a netrc file whose host is one of the addresses given, and no other."""
    wanted = {host for text in given for host in hosts(text)}
    with tempfile.NamedTemporaryFile("w", prefix="tracelab-netrc-") as file:
        file.write(netrc_text)
        file.flush()
        try:
            entries = netrc.netrc(file.name).hosts
        except netrc.NetrcParseError:
            return ""
    return "".join(
        f"machine {host} login {login} password {password}\n"
        for host, (login, _, password) in entries.items()
        if host in wanted
    )


def bundle_paths(env: Mapping[str, str], pip_listed: str, apt_settings: str) -> tuple[Path, ...]:
    """The files of CA certificates that this machine's settings name, then the system's own."""
    chosen = [env[name] for name in BUNDLE_VARIABLES if env.get(name)]
    from_pip = re.findall(r"^[^.]+\.cert='([^']+)'$", pip_listed, re.MULTILINE)
    from_apt = re.findall(r'^Acquire::https::\S*CaInfo "(/[^"]+)"', apt_settings, re.MULTILINE)
    return tuple(Path(path) for path in (*chosen, *from_pip, *from_apt, *BUNDLES))


def certificates(paths: Iterable[Path]) -> str:
    """Every CA certificate of these files, each once; empty where there are none."""
    found = dict.fromkeys(pem for path in paths for pem in CERTIFICATE.findall(read(path)))
    return "".join(f"{pem}\n" for pem in found)


def hosts(text: str) -> Iterator[str]:
    """The hosts of all addresses in a text."""
    for address in ADDRESS.findall(text):
        host = urlsplit(address).hostname
        if host:
            yield host


def read(path: Path) -> str:
    """The text of a file; empty where it can't be read."""
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
