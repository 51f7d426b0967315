from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import lz4.frame
import polars as pl
import pytest
from tests.unit.raw.archive_lines import AT, book, fill, ms, node_trade

from solalpha.config import Parameters, Paths
from solalpha.errors import ConfigError, DataError
from solalpha.raw import ingest_log, lake
from solalpha.raw.archive.ingest import ingest_archive
from solalpha.raw.summary import FilesSummary

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CONTEXT_HEADER = (
    "time,coin,funding,open_interest,prev_day_px,day_ntl_vlm,premium,oracle_px,"
    "mark_px,mid_px,impact_bid_px,impact_ask_px"
)
Ingest = Callable[[Path], FilesSummary]


@pytest.fixture
def ingest(paths: Paths, parameters: Parameters) -> Ingest:
    return lambda path: ingest_archive(
        paths, parameters, path, coins=frozenset({"SOL"}), ingested_at=NOW
    )


def packed(path: Path, lines: list[str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(lz4.frame.compress(("\n".join(lines) + "\n").encode()))
    return path


def counts(summary: FilesSummary) -> tuple[int, int, int]:
    found = summary.tables
    assert len(found) == 1
    return found[0].rows_read, found[0].added, found[0].duplicate


def test_books_keep_every_digit_and_both_clocks(
    tmp_path: Path, paths: Paths, ingest: Ingest
) -> None:
    summary = ingest(packed(tmp_path / "SOL.lz4", [book(AT)]))
    assert counts(summary) == (1, 1, 0)
    row = lake.read(paths, "book_snapshots").row(0, named=True)
    assert row["event_at"] == AT
    assert row["available_at"] == AT + timedelta(seconds=1.5)
    assert row["sequence"] == 1_709_287_200_000
    assert (row["bid_price_1"], row["bid_size_1"]) == (
        Decimal("100.25"),
        Decimal("1.5"),
    )
    assert (row["ask_price_20"], row["ask_count_20"]) == (Decimal("101.19"), 20)
    assert (row["source"], row["unfit_values"]) == ("hyperliquid", None)


def test_books_are_binned_by_their_own_time(
    tmp_path: Path, paths: Paths, ingest: Ingest
) -> None:
    midnight = datetime(2024, 3, 2, tzinfo=UTC)
    lines = [book(midnight - timedelta(seconds=1)), book(midnight)]
    ingest(packed(tmp_path / "20240302" / "0" / "SOL.lz4", lines))
    folders = {file.parent.name for file in paths.raw.rglob("day.parquet")}
    assert folders == {"date=2024-03-01", "date=2024-03-02"}


@pytest.mark.parametrize("lag_s", [-3.0, 7200.0])
def test_implausible_receipt_gives_way_to_the_declared_delay(
    tmp_path: Path, paths: Paths, ingest: Ingest, lag_s: float
) -> None:
    ingest(packed(tmp_path / "SOL.lz4", [book(AT, lag_s=lag_s)]))
    found = lake.read(paths, "book_snapshots")["available_at"].to_list()
    assert found == [AT + timedelta(seconds=1)]


def test_packed_plain_and_repeated_files_give_the_same_rows_once(
    tmp_path: Path, ingest: Ingest
) -> None:
    lines = [book(AT + timedelta(seconds=n)) for n in range(5)]
    packed(tmp_path / "9" / "SOL.lz4", lines)
    (tmp_path / "10").mkdir()
    (tmp_path / "10" / "whatever").write_text("\n".join(lines[2:]))
    assert counts(ingest(tmp_path)) == (8, 5, 3)
    assert counts(ingest(tmp_path)) == (8, 0, 8)


def test_file_cut_short_gives_its_whole_lines(tmp_path: Path, ingest: Ingest) -> None:
    lines = [book(AT + timedelta(seconds=n), first=f"100.{n}") for n in range(900)]
    file = packed(tmp_path / "SOL.lz4", lines)
    data = file.read_bytes()
    file.write_bytes(data[: len(data) // 2])
    summary = ingest(file)
    assert summary.problems == {str(file): "LZ4 data ends before its end mark"}
    assert 0 < summary.tables[0].added < 900
    file.write_bytes(data[:-3])
    assert ingest(file).problems == summary.problems
    file.write_bytes(data)
    assert ingest(file).problems == {}


def test_damaged_file_gives_what_stands_before_the_damage(
    tmp_path: Path, ingest: Ingest
) -> None:
    lines = [book(AT + timedelta(seconds=n), first=f"100.{n}") for n in range(3000)]
    text = ("\n".join(lines) + "\n").encode()
    data = bytearray(lz4.frame.compress(text, block_size=lz4.frame.BLOCKSIZE_MAX64KB))
    middle = len(data) * 3 // 4
    data[middle : middle + 64] = b"\xff" * 64
    file = tmp_path / "SOL.lz4"
    file.write_bytes(bytes(data))
    summary = ingest(file)
    assert 0 < summary.tables[0].added < 3000
    told = [*summary.problems.values(), *summary.refused]
    assert told


def test_bad_lines_are_counted_with_reasons_and_logged(
    tmp_path: Path, paths: Paths, ingest: Ingest
) -> None:
    good = book(AT)
    lines = [
        good,
        good.replace('"100.25"', '"abc"'),
        good.replace("l2Book", "trades"),
        good[:400],
        good.replace('"100.25"', '"90"'),
        good.replace('"100.25"', '"-1"'),
        good.replace("1709287200000", "1709287200"),
    ]
    summary = ingest(packed(tmp_path / "SOL.lz4", lines))
    assert counts(summary)[1] == 1
    assert summary.refused == {
        "a price or size is no number in text": 1,
        "not a line of books": 1,
        "not JSON": 1,
        "bid levels not best first": 1,
        "bid price not above zero": 1,
        "time out of range": 1,
    }
    logged = ingest_log.read(paths)
    assert logged["refused"].sum() == 6
    assert logged["added"].sum() == 1


def test_gaps_between_books_are_noted(
    tmp_path: Path, paths: Paths, ingest: Ingest
) -> None:
    lines = [book(AT + timedelta(seconds=s)) for s in (0, 1, 2, 252)]
    ingest(packed(tmp_path / "SOL.lz4", lines))
    told = "gaps between books: median 1.00 s, longest 250.0 s, 1 above 60 s"
    assert told in ingest_log.read(paths)["note"].to_list()


def test_fills_of_both_sides_are_one_print(
    tmp_path: Path, paths: Paths, ingest: Ingest
) -> None:
    lines = [
        json.dumps(fill(7)),
        json.dumps(fill(7, side="A", crossed=False)),
        json.dumps(fill(8, side="A")),
        json.dumps(fill(9, coin="ETH")),
    ]
    summary = ingest(packed(tmp_path / "3.lz4", lines))
    assert counts(summary) == (4, 2, 0)
    rows = lake.read(paths, "trades")
    assert rows["trade_id"].to_list() == [7, 8]
    assert rows["aggressor_side"].to_list() == ["buy", "sell"]
    assert rows["available_at"].to_list() == [AT + timedelta(seconds=1)] * 2
    assert summary.tables[0].notes == (
        "1 rows left out: another coin",
        "1 rows left out: the other side of a print",
    )


def test_what_never_met_the_book_is_refused(
    tmp_path: Path, paths: Paths, ingest: Ingest
) -> None:
    events = [
        fill(7),
        fill(8, liquidation={"markPx": "1", "method": "market"}),
        fill(9, liquidation={"markPx": "1", "method": "backstop"}),
        fill(0, dir="Settlement"),
        fill(11, dir="Auto-Deleveraging"),
        fill(0),
        "nonsense",
    ]
    block = {
        "local_time": "2024-03-01T10:00:00.300000001",
        "block_time": "2024-03-01T10:00:00",
        "block_number": 1,
        "events": events,
    }
    summary = ingest(packed(tmp_path / "3.lz4", [json.dumps(block)]))
    assert summary.refused == {
        "settlement, conversion or deleveraging": 2,
        "backstop liquidation": 1,
        "system row without trade id": 1,
        "not a fill": 1,
    }
    assert summary.tables[0].notes == ("1 liquidations by market order: kept",)
    rows = lake.read(paths, "trades")
    assert rows["trade_id"].to_list() == [7, 8]
    assert rows["available_at"][0] == AT + timedelta(milliseconds=300)


def test_fills_and_blocks_of_one_hour_are_the_same_prints(
    tmp_path: Path, ingest: Ingest
) -> None:
    packed(tmp_path / "a.lz4", [json.dumps(fill(7)), json.dumps(fill(8))])
    packed(tmp_path / "b.lz4", [json.dumps({"events": [fill(7), fill(9)]})])
    assert counts(ingest(tmp_path)) == (4, 3, 1)


def test_node_trades_get_a_stable_id_from_their_orders(
    tmp_path: Path, paths: Paths, ingest: Ingest
) -> None:
    lines = [
        node_trade(11, 12),
        node_trade(12, 11),
        node_trade(11, 12),
        node_trade(11, 13, side_info=[]),
    ]
    summary = ingest(packed(tmp_path / "0.lz4", lines))
    assert counts(summary) == (3, 2, 1)
    assert summary.refused == {"no trade id and no order ids": 1}
    rows = lake.read(paths, "trades")
    assert sorted(rows["trade_id"]) == [-2795147734645062665, -981162684772621535]
    moment = datetime(2025, 4, 1, 0, 0, 0, 123000, tzinfo=UTC)
    assert set(rows["event_at"]) == {moment}


@pytest.mark.parametrize("first", ["fills", "node_trades"])
def test_print_under_an_id_of_the_other_kind_counts_once(
    tmp_path: Path, paths: Paths, ingest: Ingest, first: str
) -> None:
    # Two alike and one of another size on one side; one fill more than node trades.
    same = {"time": ms(AT.replace(microsecond=123000)), "px": "120.5", "side": "A"}
    sizes = ("1.0", "1.0", "2.0")
    fills = [json.dumps(fill(7 + n, **same, sz=sz)) for n, sz in enumerate(sizes)]
    fills.append(json.dumps(fill(70, **same, sz="1.0")))
    stamp = AT.strftime("%Y-%m-%dT%H:%M:%S.123456789")
    trades = [node_trade(11 + n, 31, sz=sz, time=stamp) for n, sz in enumerate(sizes)]
    files = {
        "fills": packed(tmp_path / "f.lz4", fills),
        "node_trades": packed(tmp_path / "t.lz4", trades),
    }
    ingest(files.pop(first))
    (later,) = files.values()
    told = ingest(later).tables[0].notes
    assert told == ("3 rows left out: stored under another id",)
    rows = lake.read(paths, "trades")
    assert sorted(rows["size"]) == [Decimal(1), Decimal(1), Decimal(1), Decimal(2)]
    ingest(later)
    assert lake.read(paths, "trades").height == rows.height


def context(coin: str, minute: int, *, mid: str = "150.2", mark: str = "150.1") -> str:
    return (
        f"2024-03-01T00:{minute:02d}:00Z,{coin},0.0000125,1000.5,149,2000000.5,"
        f"-0.0003,150.0,{mark},{mid},,150.3"
    )


def test_contexts_keep_absent_numbers_null(
    tmp_path: Path, paths: Paths, ingest: Ingest
) -> None:
    lines = [
        CONTEXT_HEADER,
        context("SOL", 0),
        context("SOL", 1, mid="null"),
        context("PURR", 1),
        context("SOL", 2, mark=""),
        context("SOL", 3, mark="x"),
        "broken,line",
    ]
    summary = ingest(packed(tmp_path / "20240301.csv.lz4", lines))
    assert summary.refused == {
        "fields are not as many as columns": 1,
        "a needed number is absent": 1,
        "a cell is no number": 1,
    }
    rows = lake.read(paths, "asset_contexts")
    assert rows["mid_price"].to_list() == [Decimal("150.2"), None]
    assert rows["funding_rate"].to_list() == [Decimal("0.0000125")] * 2
    assert rows["impact_bid_price"].null_count() == 2
    assert rows["available_at"][0] == datetime(2024, 3, 1, 0, 0, 1, tzinfo=UTC)


def test_nothing_to_read_is_one_line(tmp_path: Path, ingest: Ingest) -> None:
    (tmp_path / "empty.lz4").write_bytes(b"")
    (tmp_path / "notes.txt").write_text("no archive\n")
    with pytest.raises(DataError, match=r"no row to store in 2 files; empty\.lz4"):
        ingest(tmp_path)


def test_no_path_is_a_mistake_of_the_call(tmp_path: Path, ingest: Ingest) -> None:
    with pytest.raises(ConfigError, match="no such file or folder"):
        ingest(tmp_path / "nowhere")


def test_all_coins_are_kept_where_none_is_named(
    tmp_path: Path, paths: Paths, parameters: Parameters
) -> None:
    lines = [CONTEXT_HEADER, context("SOL", 0), context("kPEPE", 0)]
    file = packed(tmp_path / "x", lines)
    ingest_archive(paths, parameters, file, coins=None, ingested_at=NOW)
    assert set(lake.read(paths, "asset_contexts")["coin"]) == {"SOL", "kPEPE"}


def test_interrupted_ingest_run_again_ends_with_the_same_rows(
    tmp_path: Path, paths: Paths, parameters: Parameters
) -> None:
    for hour in range(3):
        lines = [
            book(AT + timedelta(hours=hour, seconds=n), first=f"100.{n}")
            for n in range(4)
        ]
        packed(tmp_path / "in" / str(hour) / "SOL.lz4", lines)

    def stop(_: str, done: int, __: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ingest_archive(
            paths,
            parameters,
            tmp_path / "in",
            coins=None,
            ingested_at=NOW,
            progress=stop,
        )
    assert lake.read(paths, "book_snapshots").height == 8
    again = ingest_archive(
        paths, parameters, tmp_path / "in", coins=None, ingested_at=NOW
    )
    assert counts(again) == (12, 4, 8)
    clean = Paths(data_dir=tmp_path / "clean")
    ingest_archive(clean, parameters, tmp_path / "in", coins=None, ingested_at=NOW)
    found, wanted = (lake.read(at, "book_snapshots") for at in (paths, clean))
    assert found.equals(wanted.select(pl.all()))
