"""The Backtrader feed: a bar opens at the first price a decision could fill at."""

from __future__ import annotations

from typing import Any

from solalpha.backtest.bars import Bars
from solalpha.backtest.engine import bt


class DecisionFeed(bt.feed.DataBase):  # type: ignore[misc]
    """Serve ``Bars`` to Backtrader: prices as lines, features stay in the arrays.

    ``open`` is the execution price (NaN where the bar has none), not the price at
    the bar's left edge.
    """

    params = (("bars", None),)

    def start(self) -> None:
        """Begin before the first bar."""
        super().start()
        self._next_index = 0

    def _load(self) -> bool:
        bars: Bars = self.p.bars
        index = self._next_index
        if index >= len(bars):
            return False
        lines: Any = self.lines
        lines.datetime[0] = bt.date2num(bars.closed_at(index).replace(tzinfo=None))
        lines.open[0] = bars.execution[index]
        lines.high[0] = bars.high[index]
        lines.low[0] = bars.low[index]
        lines.close[0] = bars.close[index]
        lines.volume[0] = 0.0
        lines.openinterest[0] = 0.0
        self._next_index = index + 1
        return True
