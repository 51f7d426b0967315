"""Tell what an archive file holds from its first lines, whatever it is called."""

from __future__ import annotations

from enum import Enum

import orjson

# Lines looked at before a file counts as unknown; the first may be damaged.
_PROBED_LINES = 100
CONTEXT_COLUMNS = (
    "time",
    "coin",
    "funding",
    "open_interest",
    "day_ntl_vlm",
    "premium",
    "oracle_px",
    "mark_px",
    "mid_px",
    "impact_bid_px",
    "impact_ask_px",
)


class Kind(Enum):
    """Name what the lines of a file are."""

    BOOKS = "l2Book"
    CONTEXTS = "asset_ctxs"
    NODE_TRADES = "node_trades"
    NODE_FILLS = "node_fills"
    FILLS_BY_BLOCK = "node_fills_by_block"

    @property
    def table(self) -> str:
        """Return the raw table that the rows go to."""
        tables = {Kind.BOOKS: "book_snapshots", Kind.CONTEXTS: "asset_contexts"}
        return tables.get(self, "trades")


def recognised(block: bytes) -> Kind | None:
    """Return the kind of the first line that tells one; None if none of 100 does."""
    for line in block.split(b"\n", _PROBED_LINES)[:_PROBED_LINES]:
        if (kind := _kind_of(line)) is not None:
            return kind
    return None


def context_names(line: bytes) -> list[str]:
    """Return the column names if ``line`` is a header of asset contexts, else none."""
    names = line.decode("utf-8", errors="replace").strip().lstrip("\ufeff").split(",")
    return names if set(CONTEXT_COLUMNS) <= set(names) else []


def _kind_of(line: bytes) -> Kind | None:
    if context_names(line):
        return Kind.CONTEXTS
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    if isinstance(record, list):
        is_pair = [type(part) for part in record] == [str, dict]
        return Kind.NODE_FILLS if is_pair and "px" in record[1] else None
    found = set(record) if isinstance(record, dict) else set()
    marks = {
        Kind.BOOKS: {"raw"},
        Kind.FILLS_BY_BLOCK: {"events"},
        Kind.NODE_TRADES: {"side_info", "px"},
    }
    return next((kind for kind, needed in marks.items() if needed <= found), None)
