"""A small lakehouse beside the lake, made from the sample's books, and its defects."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import polars as pl

from solalpha.config import Parameters, Paths
from solalpha.errors import ConfigError
from solalpha.raw import lake
from solalpha.raw.adopted import column_rows, file_rows
from solalpha.raw.footers import Footer, read_footer
from solalpha.raw.inventory import table_files
from solalpha.raw.mapping import PLAIN
from solalpha.raw.sample.defects_edits import freeze, put, remove, turn_round
from solalpha.raw.sample.defects_site import (
    FAIL,
    WARN,
    Defect,
    Edit,
    Planted,
    Site,
    planted,
)
from solalpha.raw.schemas import table_schema

_TIME = "timestamp"
_LATEST_DAYS = 100  # of books that the small lakehouse covers
_FEWEST_MONTHS = 2
_DEPTHS = (5, 10)
_INGEST = "sample-lakehouse"

_Change = Callable[[pl.DataFrame, Site], tuple[pl.DataFrame, pl.Series]]


def write_lakehouse(paths: Paths, parameters: Parameters) -> tuple[Path, ...]:
    """Write the order flow of the sample's books as monthly files and adopt them.

    Returns
    -------
    tuple[Path, ...]
        The files in order of months; those of an earlier call are left as they are.

    Raises
    ------
    ConfigError
        If the lake holds no books.
    """
    coin = parameters.trade_coin
    found = _files(paths, coin)
    if not found:
        for (month,), rows in _order_flow(paths, coin).group_by(
            pl.col(_TIME).dt.strftime("%Y-%m"), maintain_order=True
        ):
            _store(_path(paths, coin, str(month)), rows)
        found = _files(paths, coin)
    _register(paths, parameters, found)
    return found


def _order_flow(paths: Paths, coin: str) -> pl.DataFrame:
    files = table_files(paths, table_schema("book_snapshots"), coin)
    if not files:
        raise ConfigError(
            f"no order books of {coin} under {paths.raw}; expected a sample with books"
        )
    books = pl.scan_parquet(files, hive_partitioning=False)
    since = pl.col("event_at").max() - timedelta(days=_LATEST_DAYS)
    bid, ask = (pl.col(f"{s}_price_1").cast(pl.Float64) for s in ("bid", "ask"))
    columns: list[pl.Expr] = [
        bid.alias("best_bid"),
        ask.alias("best_ask"),
        ((bid + ask) / 2).alias("mid_price"),
        (ask - bid).alias("spread"),
        ((ask - bid) / (bid + ask) * 2e4).alias("spread_bps"),
    ]
    for depth in _DEPTHS:
        bids, asks = (_sum(s, "size", depth) for s in ("bid", "ask"))
        bid_n, ask_n = (_sum(s, "count", depth) for s in ("bid", "ask"))
        columns += [
            bids.alias(f"bid_volume_{depth}"),
            asks.alias(f"ask_volume_{depth}"),
            ((bids - asks) / (bids + asks)).alias(f"depth_imbalance_{depth}"),
            ((bid_n - ask_n) / (bid_n + ask_n)).alias(f"order_count_imbalance_{depth}"),
        ]
    stamped = pl.col("event_at").alias(_TIME)
    return books.filter(pl.col("event_at") >= since).select(stamped, *columns).collect()


def _sum(side: str, kind: str, depth: int) -> pl.Expr:
    names = [f"{side}_{kind}_{level}" for level in range(1, depth + 1)]
    return pl.sum_horizontal(pl.col(name).cast(pl.Float64) for name in names)


def _root(paths: Paths, coin: str) -> Path:
    return paths.data_dir.absolute() / "lakehouse" / "consolidated" / coin


def _path(paths: Paths, coin: str, month: str) -> Path:
    year, number = month.split("-")
    folder = _root(paths, coin) / f"year={year}" / f"month={number}"
    return folder / "order_flow.parquet"


def _files(paths: Paths, coin: str) -> tuple[Path, ...]:
    return tuple(sorted(_root(paths, coin).glob("year=*/month=*/*.parquet")))


def _store(path: Path, rows: pl.DataFrame) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".tmp")
    rows.write_parquet(unfinished, compression="zstd", statistics=True)
    unfinished.replace(path)


def _register(paths: Paths, parameters: Parameters, files: tuple[Path, ...]) -> None:
    # As ``ingest lakehouse`` does, but for the origin: these rows are no real ones.
    footers: list[Footer] = []
    for path in files:
        year, month = (part.name.split("=")[1] for part in list(path.parents)[1::-1])
        footer = read_footer(path, f"{year}-{month}", PLAIN)
        if footer is not None:
            footers.append(footer)
    by_coin = {parameters.trade_coin: footers}
    listed = file_rows(by_coin, PLAIN, parameters)
    columns = column_rows(by_coin, PLAIN, listed)
    for table, rows in (("adopted_columns", columns), ("adopted_files", listed)):
        sample = rows.with_columns(pl.lit("sample").alias("origin"))
        lake.replace_registry(paths, table, sample, ingest_id=_INGEST)


def _edited(change: _Change, *, is_told: bool) -> Callable[[Site], Planted]:
    # ``is_told``: the registry is written after the change, so that it is no surprise.
    def plant(at: Site) -> Planted:
        files = write_lakehouse(at.paths, at.parameters)
        if len(files) < _FEWEST_MONTHS:
            raise ConfigError(
                f"--defect {at.name}: the books cover {len(files)} month; expected "
                f"{_FEWEST_MONTHS} or more, e.g. --days 62"
            )
        rows = pl.read_parquet(files[-1], hive_partitioning=False)
        changed, times = change(rows, at)
        _store(files[-1], changed)
        if is_told:
            _register(at.paths, at.parameters, files)
        return planted(times)

    return plant


def _month(edit: Edit) -> _Change:
    def change(rows: pl.DataFrame, at: Site) -> tuple[pl.DataFrame, pl.Series]:
        del at  # nothing is drawn
        every = pl.Series([True] * rows.height, dtype=pl.Boolean)
        return edit(rows, every), rows.get_column(_TIME)

    return change


def _inner(edit: Edit, share: float) -> _Change:
    def change(rows: pl.DataFrame, at: Site) -> tuple[pl.DataFrame, pl.Series]:
        first = int(rows.height * (0.3 + (0.5 - share) * float(at.draw.random())))
        index = pl.Series(range(rows.height))
        chosen = (index >= first) & (index < first + rows.height * share)
        return edit(rows, chosen), rows.get_column(_TIME).filter(chosen)

    return change


def _order_flow_defect(
    name: str,
    check: str,
    severity: str,
    told: str,
    change: _Change,
    *,
    is_told: bool = True,
) -> Defect:
    return Defect(
        name=f"lakehouse_{name}",
        table="adopted_files",
        check=f"order_flow.{check}",
        severity=severity,
        told=told,
        plant=_edited(change, is_told=is_told),
    )


_CROSSED = {"best_bid": pl.col("best_ask"), "best_ask": pl.col("best_bid")}
_LOST = "ask_volume_10"

LAKEHOUSE: tuple[Defect, ...] = (
    _order_flow_defect(
        "crossed",
        "crossed",
        FAIL,
        "a tenth of a month has bid and ask swapped",
        _inner(put(**_CROSSED), 0.1),
    ),
    _order_flow_defect(
        "null_column",
        "null_column",
        FAIL,
        "a column is null all through a month",
        _month(put(depth_imbalance_5=pl.lit(None))),
    ),
    _order_flow_defect(
        "constant_column",
        "constant",
        WARN,
        "a column has one value all through a month",
        _month(freeze("depth_imbalance_10")),
    ),
    _order_flow_defect(
        "infinite",
        "finite",
        FAIL,
        "a column is infinite in a tenth of a month",
        _inner(put(spread_bps=pl.lit(float("inf"))), 0.1),
    ),
    _order_flow_defect(
        "unit_step",
        "unit",
        FAIL,
        "a month has volumes 1,000 times too large",
        _month(put(bid_volume_5=pl.col("bid_volume_5") * 1000)),
    ),
    _order_flow_defect(
        "drift",
        "drift",
        WARN,
        "a month lacks a column that the others have",
        _month(lambda rows, _: rows.drop(_LOST)),
    ),
    _order_flow_defect(
        "unordered",
        "order",
        WARN,
        "a tenth of a month stands last to first",
        _inner(turn_round, 0.1),
    ),
    _order_flow_defect(
        "gap", "gaps", WARN, "a fifth of a month is missing", _inner(remove, 0.2)
    ),
    _order_flow_defect(
        "frozen",
        "frozen",
        WARN,
        "a tenth of a month repeats one quote",
        _inner(freeze("best_bid", "best_ask", "mid_price", "spread"), 0.1),
    ),
    _order_flow_defect(
        "changed_file",
        "files",
        FAIL,
        "a file changed after it was adopted",
        _inner(remove, 0.2),
        is_told=False,
    ),
)
