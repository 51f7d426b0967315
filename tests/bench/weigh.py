"""Print how many megabytes each set of packages downloads, by platform.

Resolves with pip's dry run under constraints.txt and adds up the sizes that the
package index states. ``--announce EXTRAS`` prints one line for what this very
environment still lacks.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import tomllib
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MAC_TAGS = ("macosx_14_0_arm64", "macosx_12_0_arm64", "macosx_11_0_arm64")
SETS = {
    "light (make run)": "",
    "tests, LIGHT=1": "dev,flows,signing,lightgbm",
    "tests, all": "dev,flows,signing,lightgbm,finbert",
}


def requirements(extras: str) -> list[str]:
    """Return the requirement lines of the core and of the named extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = list(project["dependencies"])
    for extra in filter(None, extras.split(",")):
        lines += project["optional-dependencies"][extra]
    return lines


def pip_report(lines: list[str], options: list[str], own_wheels: bool) -> list[dict]:
    """Return what pip's dry run would install for the requirement ``lines``."""
    with tempfile.TemporaryDirectory() as folder:
        wanted, report = Path(folder, "wanted.txt"), Path(folder, "report.json")
        wanted.write_text("\n".join(lines))
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run"]
        command += ["--disable-pip-version-check", "--report", str(report)]
        command += ["--requirement", str(wanted), "--target", folder, *options]
        surroundings = dict(os.environ)
        if not own_wheels:
            surroundings["PIP_FIND_LINKS"] = os.devnull
        done = subprocess.run(
            command,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            env=surroundings,
        )
        if done.returncode:
            lines = done.stderr.strip().splitlines() or ["pip failed without a word"]
            raise SystemExit(f"error: {lines[-1]}")
        return list(json.loads(report.read_text())["install"])


def resolve(extras: str, *, own_wheels: bool) -> list[dict]:
    """Return the packages of the core and ``extras`` for this platform."""
    options = ["--constraint", "constraints.txt", "--ignore-installed"]
    return pip_report(requirements(extras), options, own_wheels)


def missing(extras: str) -> list[dict]:
    """Return only what this environment lacks."""
    lines = requirements(extras)
    everything = pip_report(lines, ["--constraint", "constraints.txt"], True)
    have = {
        (dist.name.lower().replace("_", "-"), dist.version) for dist in distributions()
    }
    return [item for item in everything if _named(item) not in have]


def on_mac(packages: list[dict]) -> list[dict]:
    """Return the wheels of the same versions for macOS on Apple silicon.

    pip reads dependency markers on the machine it runs on, so the closure found
    here is taken over name by name instead of being resolved again.
    """
    pairs = [_named(item) for item in packages]
    lines = [
        f"{'xgboost' if name == 'xgboost-cpu' else name}=={version.split('+')[0]}"
        for name, version in pairs
        if not name.startswith(("nvidia-", "cuda-", "triton"))
    ]
    options = ["--no-deps", "--ignore-installed", "--only-binary=:all:"]
    options += ["--python-version", "3.11"]
    options += [f"--platform={tag}" for tag in MAC_TAGS]
    return pip_report(lines, options, False)


def _named(item: dict) -> tuple[str, str]:
    found = item["metadata"]
    return found["name"].lower().replace("_", "-"), found["version"]


def size(url: str) -> int:
    """Return the bytes behind one address, local file or remote."""
    if url.startswith("file:"):
        return os.stat(urllib.parse.unquote(url.removeprefix("file://"))).st_size
    request = urllib.request.Request(url, method="HEAD")  # noqa: S310 - pip's own answer
    with urllib.request.urlopen(request, timeout=60) as reply:  # noqa: S310
        return int(reply.headers.get("Content-Length") or 0)


def megabytes(packages: list[dict]) -> float:
    """Return the sum of sizes in MB (10^6 bytes)."""
    with ThreadPoolExecutor(8) as pool:
        urls = [item["download_info"]["url"] for item in packages]
        return sum(pool.map(size, urls)) / 1e6


def main() -> None:
    """Print the table, or the one line that comes before an install."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--announce", metavar="EXTRAS", default=None)
    chosen = parser.parse_args()
    if chosen.announce is not None:
        try:
            found = missing(chosen.announce)
            line = f"will download {megabytes(found):,.0f} MB in {len(found)} packages"
        except (OSError, SystemExit) as error:
            line = f"cannot tell the size beforehand ({error}); see README"
        print(line, flush=True)
        return
    for name, extras in SETS.items():
        here = resolve(extras, own_wheels=False)
        _row("linux x86-64", name, here)
        _row("macos arm64", name, on_mac(here))
    _row("linux, CPU torch", name, resolve(extras, own_wheels=True))


def _row(platform: str, name: str, packages: list[dict]) -> None:
    print(
        f"{platform:<18}{name:<20}{len(packages):>4} packages "
        f"{megabytes(packages):>7,.0f} MB",
        flush=True,
    )


if __name__ == "__main__":
    main()
