"""Turn the venue's universe and its contexts into typed replies."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from solalpha.hyperliquid import fields
from solalpha.hyperliquid.replies import AssetContext, AssetMeta


def parse_meta(body: Any) -> tuple[AssetMeta, ...]:
    """Return every coin in the order of asset ids; delisted ones keep their place.

    Raises
    ------
    VenueError
        If the reply has no universe.
    """
    universe = fields.mapping(body, "meta").get("universe")
    return tuple(
        _asset(fields.mapping(row, "meta"), index)
        for index, row in enumerate(fields.listed(universe, "meta.universe"))
    )


def parse_contexts(body: Any, *, moment: datetime) -> tuple[AssetContext, ...]:
    """Return every coin's context, stamped ``moment``, in the order of asset ids.

    Raises
    ------
    VenueError
        If the reply is not a pair of a universe and as many contexts.
    """
    kind = "metaAndAssetCtxs"
    meta, contexts = fields.listed(body, kind, count=2)
    rows = fields.listed(contexts, kind)
    universe = fields.mapping(meta, kind).get("universe")
    if not isinstance(universe, list) or len(universe) != len(rows):
        expected = f"{len(rows)} coins in the universe"
        raise fields.unexpected(kind, universe, expected)
    pairs = zip(universe, rows, strict=True)
    return tuple(
        _context(
            fields.mapping(asset, kind), fields.mapping(context, kind), index, moment
        )
        for index, (asset, context) in enumerate(pairs)
    )


def _asset(row: Mapping[str, Any], index: int) -> AssetMeta:
    leverage = row.get("maxLeverage")
    table = row.get("marginTableId")
    return AssetMeta(
        coin=fields.text(row, "name", "meta"),
        asset_id=index,
        size_decimals=fields.integer(row, "szDecimals", "meta"),
        max_leverage=None
        if leverage is None
        else fields.integer(row, "maxLeverage", "meta"),
        margin_table_id=None
        if table is None
        else fields.integer(row, "marginTableId", "meta"),
        is_delisted=fields.flag(row, "isDelisted", "meta"),
    )


def _context(
    asset: Mapping[str, Any], row: Mapping[str, Any], index: int, moment: datetime
) -> AssetContext:
    kind = "metaAndAssetCtxs"
    impacts = row.get("impactPxs")
    if impacts is not None and (not isinstance(impacts, list) or len(impacts) != 2):
        raise fields.unexpected(kind, impacts, "a pair of impact prices")
    bid, ask = impacts or (None, None)
    sides = {"impactPxs[0]": bid, "impactPxs[1]": ask}
    return AssetContext(
        coin=fields.text(asset, "name", kind),
        asset_id=index,
        received_at=moment,
        mark_price=fields.number(row, "markPx", kind),
        oracle_price=fields.number(row, "oraclePx", kind),
        mid_price=fields.optional_number(row, "midPx", kind),
        impact_bid_price=fields.optional_number(sides, "impactPxs[0]", kind),
        impact_ask_price=fields.optional_number(sides, "impactPxs[1]", kind),
        open_interest=fields.number(row, "openInterest", kind),
        day_volume_usd=fields.number(row, "dayNtlVlm", kind),
        premium=fields.optional_number(row, "premium", kind),
        funding_rate=fields.number(row, "funding", kind),
    )
