"""Files and databases that a project names outright: no cut of the lake reaches them.

Such a model gives the same rows whatever the cut, so that nothing of it can change:
it would seem to keep to its times. The audit cannot judge it, and says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

_READ = re.compile(
    r"(?:\bfrom|\bjoin|\b(?:read_\w+|\w+_scan|glob)\s*\(\s*\[?)\s*'(?P<path>[^']+)'",
    re.IGNORECASE,
)
_ATTACH = re.compile(
    r"\battach\s+(?:database\s+)?(?:if\s+not\s+exists\s+)?'(?P<path>[^']*)'",
    re.IGNORECASE,
)
_COMMENT = re.compile(r"--[^\n]*|/\*\s.*?\*/|\{#.*?#\}", re.DOTALL)
# A path, not the text of another function: `extract(year from '2025-01-01')`.
_PATH = re.compile(r"/|\\|\.[A-Za-z]\w*$")


def past_the_lake(manifest: Mapping[str, Any]) -> tuple[dict[str, str], ...]:
    """Return the nodes of ``manifest`` that read a path of their own, by name.

    A path that Jinja completes, as one under ``SOLALPHA_DATA_DIR``, is no such path.
    """
    return tuple(
        {
            "model": str(node["name"]),
            "assumption": f"reads {path!r}, which no cut reaches: not judged; "
            "expected a path under SOLALPHA_DATA_DIR",
        }
        for _, node in sorted(manifest["nodes"].items())
        for path in dict.fromkeys(_paths(node))
    )


def _paths(node: Mapping[str, Any]) -> Iterator[str]:
    config = node.get("config", {})
    hooks = [
        str(hook["sql"])
        for kind in ("pre-hook", "post-hook")
        for hook in config.get(kind, [])
    ]
    for text in (*hooks, str(node.get("raw_code") or "")):
        said = _COMMENT.sub("", text)
        attached = [found["path"] for found in _ATTACH.finditer(said)]
        read = [
            found["path"]
            for found in _READ.finditer(said)
            if _PATH.search(found["path"])
        ]
        yield from (path for path in (*attached, *read) if "{{" not in path)
