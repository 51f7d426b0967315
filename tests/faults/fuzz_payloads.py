"""Sound payloads of every shape that the parsers read; their numbers are made up."""

from __future__ import annotations

import json
from typing import Any

T0 = 1_750_000_200_000  # 2025-06-15 15:10 UTC, in ms
_HOUR = 3_600_000
_T = T0 - T0 % _HOUR


def _levels(side: int, depth: int) -> list[dict[str, Any]]:
    return [
        {
            "px": f"{150.5 + side * (0.01 * k + 0.01):.2f}",
            "sz": f"{k + 1}.5",
            "n": k + 1,
        }
        for k in range(depth)
    ]


def _book(depth: int) -> dict[str, Any]:
    levels = [_levels(-1, depth), _levels(1, depth)]
    return {"coin": "SOL", "time": T0, "levels": levels}


def _trade(k: int) -> dict[str, Any]:
    return {
        "coin": "SOL",
        "side": "AB"[k % 2],
        "px": f"150.{k}",
        "sz": "2.25",
        "time": T0 + k,
        "hash": "0x" + "0" * 64,
        "tid": 1_000_000 + k,
        "users": ["0x" + "1" * 40, "0x" + "2" * 40],
    }


def _candle(k: int) -> dict[str, Any]:
    opened = _T + k * _HOUR
    return {
        "t": opened,
        "T": opened + _HOUR - 1,
        "s": "SOL",
        "i": "1h",
        "o": "150.1",
        "c": "150.9",
        "h": "151.3",
        "l": "149.7",
        "v": "12345.67",
        "n": 321,
    }


def _settled(k: int) -> dict[str, Any]:
    return {
        "coin": "SOL",
        "fundingRate": "0.0000125",
        "premium": "-0.00031774",
        "time": _T + k * _HOUR + 48,
    }


_UNIVERSE = [
    {"name": "BTC", "szDecimals": 5, "maxLeverage": 40, "marginTableId": 56},
    {"name": "SOL", "szDecimals": 2, "maxLeverage": 20, "marginTableId": 54},
    {"name": "OLD", "szDecimals": 1, "maxLeverage": 3, "isDelisted": True},
]
CONTEXT = {
    "funding": "0.0000125",
    "openInterest": "4512345.67",
    "prevDayPx": "148.1",
    "dayNtlVlm": "912345678.9",
    "premium": "0.00031774",
    "oraclePx": "150.32",
    "markPx": "150.4",
    "midPx": "150.45",
    "impactPxs": ["150.4", "150.5"],
    "dayBaseVlm": "1234567.8",
}
_META = {"universe": _UNIVERSE, "marginTables": [], "collateralToken": 0}
_ORDER = {
    "coin": "SOL",
    "side": "B",
    "limitPx": "149.5",
    "sz": "3.0",
    "oid": 77_001,
    "timestamp": T0,
    "origSz": "3.0",
    "cloid": None,
    "children": [],
    "isTrigger": False,
    "isPositionTpsl": False,
    "triggerCondition": "N/A",
    "triggerPx": "0.0",
    "reduceOnly": False,
    "orderType": "Limit",
    "tif": "Gtc",
}
_FILL = {
    "closedPnl": "0.0",
    "coin": "SOL",
    "crossed": True,
    "dir": "Open Long",
    "fee": "0.0432",
    "feeToken": "USDC",
    "hash": "0x" + "3" * 64,
    "oid": 77_001,
    "px": "150.5",
    "side": "B",
    "startPosition": "0.0",
    "sz": "3.0",
    "tid": 88_001,
    "time": T0,
}
_MARGIN = {
    "accountValue": "1000.0",
    "totalMarginUsed": "10.0",
    "totalNtlPos": "100.0",
    "totalRawUsd": "900.0",
}
_POSITION = {
    "coin": "SOL",
    "entryPx": "150.5",
    "leverage": {"type": "cross", "value": 3},
    "liquidationPx": None,
    "marginUsed": "10.0",
    "maxLeverage": 20,
    "positionValue": "100.0",
    "returnOnEquity": "-0.1",
    "szi": "0.66",
    "unrealizedPnl": "-1.0",
    "cumFunding": {"allTime": "0.1", "sinceOpen": "0.1", "sinceChange": "0.0"},
}

# Kind of request to the body of its reply.
REPLIES: dict[str, Any] = {
    "meta": _META,
    "metaAndAssetCtxs": [_META, [CONTEXT, CONTEXT, {**CONTEXT, "midPx": None}]],
    "allMids": {"BTC": "105056.0", "SOL": "150.45", "@1": "0.5"},
    "l2Book": _book(6),
    "candleSnapshot": [_candle(k) for k in range(4)],
    "fundingHistory": [_settled(k) for k in range(5)],
    "predictedFundings": [
        [
            "SOL",
            [
                ["BinPerp", {"fundingRate": "0.0001", "nextFundingTime": _T + _HOUR}],
                ["HlPerp", {"fundingRate": "0.0000125", "nextFundingTime": _T}],
                ["BybitPerp", None],
            ],
        ]
    ],
    "recentTrades": [_trade(k) for k in range(4)],
    "exchangeStatus": {"time": T0, "specialStatuses": None},
    "clearinghouseState": {
        "assetPositions": [{"position": _POSITION, "type": "oneWay"}],
        "crossMaintenanceMarginUsed": "1.0",
        "crossMarginSummary": _MARGIN,
        "marginSummary": _MARGIN,
        "time": T0,
        "withdrawable": "900.0",
    },
    "spotClearinghouseState": {
        "balances": [
            {"coin": "USDC", "token": 0, "total": "5", "hold": "0", "entryNtl": "0"}
        ]
    },
    "openOrders": [_ORDER],
    "frontendOpenOrders": [_ORDER],
    "historicalOrders": [{"order": _ORDER, "status": "filled", "statusTimestamp": T0}],
    "orderStatus": {
        "status": "order",
        "order": {"order": _ORDER, "status": "open", "statusTimestamp": T0},
    },
    "userFills": [_FILL],
    "userFillsByTime": [_FILL, {**_FILL, "tid": 88_002}],
    "userFunding": [
        {
            "time": T0,
            "hash": "0x" + "4" * 64,
            "delta": {
                "type": "funding",
                "coin": "SOL",
                "usdc": "-0.1",
                "szi": "3.0",
                "fundingRate": "0.0000125",
                "nSamples": None,
            },
        }
    ],
    "userRateLimit": {"cumVlm": "170.4", "nRequestsUsed": 36, "nRequestsCap": 10170},
    "userRole": {"role": "user"},
    "userAbstraction": "unifiedAccount",
    "userFees": {
        "dailyUserVlm": [
            {
                "date": "2025-06-15",
                "userCross": "0.0",
                "userAdd": "0.0",
                "exchange": "1",
            }
        ],
        "feeSchedule": {"cross": "0.00045", "add": "0.00015", "tiers": {}},
        "userCrossRate": "0.00045",
        "userAddRate": "0.00015",
        "activeReferralDiscount": "0.0",
    },
    "activeAssetData": {
        "user": "0x" + "1" * 40,
        "coin": "SOL",
        "leverage": {"type": "cross", "value": 3},
        "maxTradeSzs": ["10.0", "11.0"],
        "availableToTrade": ["100.0", "110.0"],
        "markPx": "150.4",
    },
}

FRAMES: tuple[Any, ...] = (
    {"channel": "trades", "data": [_trade(k) for k in range(3)]},
    {"channel": "l2Book", "data": _book(8)},
    {"channel": "l2Book", "data": {**_book(5), "fast": True}},
    {
        "channel": "bbo",
        "data": {
            "coin": "SOL",
            "time": T0,
            "bbo": [_levels(-1, 1)[0], _levels(1, 1)[0]],
        },
    },
    {"channel": "activeAssetCtx", "data": {"coin": "SOL", "ctx": CONTEXT}},
    {
        "channel": "subscriptionResponse",
        "data": {
            "method": "subscribe",
            "subscription": {"type": "l2Book", "coin": "SOL"},
        },
    },
    {"channel": "pong"},
    {"channel": "error", "data": "Invalid subscription"},
)


def packed(value: Any) -> bytes:
    """Return ``value`` as the compact JSON of the wire."""
    return json.dumps(value, separators=(",", ":")).encode()
