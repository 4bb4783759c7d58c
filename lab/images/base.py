"""The base image without a registry: Debian 13 made by mmdebstrap, imported into the engine."""

import os
import shutil
import tempfile
from pathlib import Path

from lab.errors import UnavailableError
from lab.host import apt, debian
from lab.images.buildenv import BuildEnv
from lab.images.specs import FOLDER
from lab.watched import Watch

MMDEBSTRAP = ("mmdebstrap", "debian-archive-keyring")


def build(reference: str, root: Path, env: BuildEnv, watch: Watch) -> float:
    """Make the base image under this reference and return the seconds it took.

    Raises UnavailableError where mmdebstrap isn't there and can't be installed.
    """
    ensure_mmdebstrap(watch)
    with tempfile.TemporaryDirectory(prefix="tracelab-base-", ignore_cleanup_errors=True) as name:
        work = Path(name)
        if os.geteuid() != 0:
            work.chmod(0o755)  # a user's mmdebstrap works under ids that aren't the user's own
        shutil.copytree(root / FOLDER / "base", work / "recipe")
        argv = mmdebstrap_argv(work, env)
        settings = {**env.proxies, "TMPDIR": name, "PATH": debian.system_path()}
        took_s = watch.run("image base", argv, env=settings)
        tar = ["docker", "import", "--change", "ENV LANG=C.UTF-8", str(work / "base.tar")]
        return took_s + watch.run("image base import", [*tar, reference])


def mmdebstrap_argv(work: Path, env: BuildEnv) -> list[str]:
    """The command line that makes ``work``/base.tar out of ``work``/recipe.

    What this machine's apt needs to reach its mirrors is in the new system only while it is made:
    customize.sh takes it out.
    """
    recipe = work / "recipe"
    given = {
        "sources.list": env.secrets.get("apt-sources", ""),
        "apt.conf": debian.host_settings(),
        "auth.conf": env.secrets.get("apt-auth", ""),
    }
    for name, text in given.items():
        (work / name).write_text(text)
    packages = ",".join((recipe / "packages.list").read_text().split())
    # what it mounts (/proc, /sys, /dev) is gone with it, however it ends
    private_mounts = ["unshare", "--mount"] if os.geteuid() == 0 else []
    return [
        *private_mounts,
        "mmdebstrap",
        "--variant=apt",
        f"--include={packages}",
        f"--aptopt={work / 'apt.conf'}",
        f"--dpkgopt={recipe / 'dpkg.cfg'}",
        f'--setup-hook=cp "{work / "auth.conf"}" "$1/etc/apt/auth.conf"',
        f'--customize-hook="{recipe / "customize.sh"}" "$1" "{recipe}"',
        debian.SUITE,
        str(work / "base.tar"),
        str(work / "sources.list"),
    ]


def ensure_mmdebstrap(watch: Watch) -> None:
    """Install mmdebstrap as root on Debian or Ubuntu; raise UnavailableError elsewhere."""
    if shutil.which("mmdebstrap") and debian.KEYRING.exists():
        return
    if not debian.this_machine().has_apt:
        raise UnavailableError(
            "the base image is made with Debian's mmdebstrap, which isn't here; "
            "use the registry's images (TRACELAB_IMAGES=registry) or a Debian or Ubuntu machine"
        )
    if os.geteuid() != 0:
        raise UnavailableError(
            "the base image is made with mmdebstrap, which isn't installed; run\n"
            f"  sudo apt-get install -y --no-install-recommends {' '.join(MMDEBSTRAP)} uidmap"
        )
    watch.report("installing mmdebstrap")
    apt.update(watch)
    apt.install(watch, "mmdebstrap install", MMDEBSTRAP)
