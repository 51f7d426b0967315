from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from solalpha.config import Parameters, Paths
from solalpha.raw import schemas
from solalpha.warehouse import quality_tables
from solalpha.warehouse.quality import QualityReport, check

NOW = datetime(2025, 2, 1, tzinfo=UTC)
START = datetime(2025, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
Rows = list[dict[str, Any]]


def common(event_at: datetime, origin: str = "real") -> dict[str, Any]:
    return {
        "event_at": event_at,
        "available_at": event_at + timedelta(seconds=5),
        "source": "file",
        "origin": origin,
        "ingest_id": "i",
    }


def candles(count: int = 300) -> Rows:
    rows = []
    for n in range(count):
        price = 100.0 + (n % 7) * 0.1
        rows.append(
            {
                "coin": "SOL",
                "interval": "1h",
                "interval_s": 3600,
                "open_at": START + n * HOUR,
                "open": price,
                "high": price + 1,
                "low": price - 1,
                "close": price,
                "volume": 10.0,
                **common(START + (n + 1) * HOUR),
            }
        )
    return rows


def funding(count: int = 30) -> Rows:
    return [
        {
            "coin": "SOL",
            "funding_rate": 1e-5,
            "interval_hours": 1,
            **common(START + n * HOUR + timedelta(milliseconds=40)),
        }
        for n in range(count)
    ]


def books(count: int = 400) -> Rows:
    return [
        {
            "coin": "SOL",
            "sequence": n,
            "bid_price_1": 100.0,
            "bid_size_1": 1.0 + n % 5,
            "bid_price_2": 99.0,
            "bid_size_2": 1.0,
            "ask_price_1": 100.1,
            "ask_size_1": 1.0,
            "ask_price_2": 101.0,
            "ask_size_2": 1.0,
            **common(START + n * timedelta(minutes=1)),
        }
        for n in range(count)
    ]


def trades(count: int = 50) -> Rows:
    return [
        {
            "coin": "SOL",
            "trade_id": n,
            "sequence": n,
            "aggressor_side": "buy",
            "price": 100.0,
            "size": 1.0,
            **common(START + n * timedelta(minutes=1)),
        }
        for n in range(count)
    ]


def contexts(count: int = 10) -> Rows:
    return [
        {
            "coin": "SOL",
            "mark_price": 100.0 + n,
            "oracle_price": 100.0 + n,
            "open_interest": 1000.0,
            **common(START + n * HOUR),
        }
        for n in range(count)
    ]


def headlines(count: int = 5) -> Rows:
    return [
        {
            "headline_id": f"h{n}",
            "title": "Solana rises",
            "published_at": START + n * HOUR,
            **common(START + n * HOUR),
        }
        for n in range(count)
    ]


MAKERS: Mapping[str, Callable[[], Rows]] = {
    "candles": candles,
    "funding_rates": funding,
    "book_snapshots": books,
    "trades": trades,
    "asset_contexts": contexts,
    "headlines": headlines,
}


@dataclass
class Lake:
    """Writes rows as raw files would lie, and checks them."""

    paths: Paths
    parameters: Parameters

    def write(self, table: str, rows: Rows, name: str = "part-1") -> Path:
        coin = "ALL" if table == "headlines" else "SOL"
        file = self.paths.raw / table / f"coin={coin}" / "month=2025-01"
        file.mkdir(parents=True, exist_ok=True)
        pl.DataFrame(rows, infer_schema_length=None).write_parquet(
            file / f"{name}.parquet"
        )
        return file / f"{name}.parquet"

    def check(self) -> QualityReport:
        return check(self.paths, self.parameters, checked_at=NOW)

    def problems(self) -> dict[str, tuple[str, str]]:
        return {
            found.check: (found.severity, found.evidence)
            for found in self.check().findings
            if found.severity != "PASS"
        }


@pytest.fixture
def lake(paths: Paths, parameters: Parameters) -> Lake:
    return Lake(paths=paths, parameters=parameters)


def test_check_of_an_empty_lake_fails_with_what_to_run(lake: Lake) -> None:
    report = lake.check()
    assert report.verdict == "FAIL"
    (only,) = report.findings
    assert only.check == "lake.empty"
    assert "solalpha ingest" in only.remedy


def test_check_of_clean_data_passes_and_is_exported(lake: Lake) -> None:
    for table, make in MAKERS.items():
        lake.write(table, make())
    report = lake.check()
    odd = {found.check for found in report.findings if found.severity != "PASS"}
    # Books, trades and readings end before the candles do.
    assert odd == {"lake.completeness"}
    assert report.verdict == "WARN"
    exported = pl.read_parquet(lake.paths.results / "data_quality" / "*.parquet")
    assert exported.height == len(report.findings)
    assert exported["check_id"].unique().to_list() == [report.check_id]
    assert exported["finding_number"].to_list()[:2] == [1, 2]
    assert report.check_id.startswith("20250201T000000000000Z-")
    assert [file.suffix for file in lake.paths.results.rglob("*.*")] == [".parquet"]


def changed(rows: Rows, number: int, **values: Any) -> Rows:
    rows[number] = {**rows[number], **values}
    return rows


def without(rows: Rows, *numbers: int) -> Rows:
    return [row for n, row in enumerate(rows) if n not in numbers]


def lacking(rows: Rows, name: str) -> Rows:
    return [{k: v for k, v in row.items() if k != name} for row in rows]


def unfit(rows: Rows, kept: str) -> Rows:
    return [
        {
            **row,
            "volume": None if n == 3 else 1.0,
            "unfit_values": kept if n == 3 else None,
        }
        for n, row in enumerate(rows)
    ]


def early(rows: Rows, number: int) -> Rows:
    moment = datetime(1970, 1, 21, tzinfo=UTC)
    return changed(rows, number, event_at=moment, open_at=moment - HOUR)


@pytest.mark.parametrize(
    ("table", "rows", "name", "severity", "told"),
    [
        ("candles", early(candles(), 0), "time_unit", "FAIL", "1 rows before 2015"),
        (
            "trades",
            changed(trades(), 4, event_at=NOW + timedelta(days=40)),
            "time_unit",
            "FAIL",
            "after tomorrow",
        ),
        ("trades", trades()[::-1], "order", "WARN", "49 rows stand before"),
        ("trades", trades() + trades()[:3], "duplicates", "FAIL", "3 rows repeat"),
        ("candles", changed(candles(), 7, close=None), "missing_values", "FAIL", "1 r"),
        ("candles", lacking(candles(), "close"), "columns", "FAIL", "close is missing"),
        (
            "candles",
            [{**row, "close": str(row["close"])} for row in candles()],
            "types",
            "WARN",
            "close is stored as text",
        ),
        (
            "candles",
            [{**row, "close": "n/a"} for row in candles()],
            "numbers",
            "FAIL",
            "holds text in 300 rows, e.g. 'n/a'",
        ),
        (
            "funding_rates",
            [{**row, "event_at": 1735689600000} for row in funding()],
            "types",
            "FAIL",
            "event_at is BIGINT; expected timestamp",
        ),
        (
            "candles",
            unfit(candles(), '{"volume": "1e40"}'),
            "unfit_values",
            "WARN",
            "1 rows hold a number that does not fit",
        ),
        (
            "candles",
            unfit(candles(), '{"volume": "many"}'),
            "numbers",
            "FAIL",
            "1 rows hold text where a number belongs",
        ),
        (
            "candles",
            changed(candles(), 9, high=1.0),
            "high_below_low",
            "FAIL",
            "1 cand",
        ),
        (
            "candles",
            changed(candles(), 9, close=200.0),
            "outside_range",
            "FAIL",
            "1 ca",
        ),
        ("candles", changed(candles(), 9, low=0.0), "positive", "FAIL", "1 candles"),
        ("trades", changed(trades(), 9, size=0.0), "positive", "FAIL", "1 trades"),
        (
            "trades",
            changed(trades(), 9, aggressor_side="B"),
            "aggressor",
            "FAIL",
            "1 t",
        ),
        (
            "asset_contexts",
            changed(contexts(), 9, mark_price=-1.0),
            "positive",
            "FAIL",
            "1 readings",
        ),
        (
            "book_snapshots",
            changed(books(), 9, bid_price_1=100.2),
            "crossed",
            "WARN",
            "1 of 400 snapshots",
        ),
        (
            "book_snapshots",
            [{**row, "bid_price_1": 100.2} for row in books()],
            "crossed",
            "FAIL",
            "400 of 400",
        ),
        (
            "book_snapshots",
            changed(books(), 9, ask_price_2=100.0),
            "levels",
            "FAIL",
            "1 snapshots",
        ),
        (
            "candles",
            without(candles(), 100, 101, 200),
            "gaps",
            "WARN",
            "3 candles of 1h are missing in 2 holes, the longest 2 from 2025-01-05 04",
        ),
        (
            "candles",
            [
                {**row, "volume": 0.0 if n in (5, 20, 21, 22) else 1.0}
                for n, row in enumerate(candles())
            ],
            "zero_volume",
            "WARN",
            "4 candles of 1h without volume, 1 runs of 3 or more, the longest 3 "
            "from 2025-01-01 20:00",
        ),
        (
            "candles",
            changed(candles(), 250, close=130.0, high=130.0),
            "outliers",
            "WARN",
            "by more than 30 robust deviations and 12 %, the largest by 29.2 % at "
            "2025-01-11 10:00",
        ),
        (
            "candles",
            changed(candles(), 0, open_at=START - timedelta(minutes=7)),
            "grid",
            "FAIL",
            "1 candles that do not open on a multiple",
        ),
        (
            "funding_rates",
            without(funding(), 10, 20),
            "gaps",
            "WARN",
            "2 due settlements are missing, the first after 2025-01-01 09:00",
        ),
        (
            "funding_rates",
            [
                {**row, "event_at": row["event_at"] + timedelta(minutes=25)}
                for row in funding()
            ],
            "on_the_hour",
            "WARN",
            "30 settlements lie more than 60 s off the full hour in 2 days",
        ),
        (
            "headlines",
            changed(headlines(), 4, headline_id="h0"),
            "duplicates",
            "FAIL",
            "1 rows repeat a key (headline_id)",
        ),
    ],
)
def test_check_finds_what_was_planted(
    lake: Lake, table: str, rows: Rows, name: str, severity: str, told: str
) -> None:
    lake.write(table, rows)
    found = lake.problems()
    assert f"{table}.{name}" in found
    assert found[f"{table}.{name}"][0] == severity
    assert told in found[f"{table}.{name}"][1]
    assert lake.check().verdict in (severity, "FAIL")


def test_number_that_does_not_fit_is_a_warning_only(lake: Lake) -> None:
    lake.write("candles", unfit(candles(), '{"volume": "1e40"}'))
    assert lake.check().verdict == "WARN"


def test_funding_that_went_from_eight_hours_to_one_has_no_gap(lake: Lake) -> None:
    first = datetime(2023, 6, 7, tzinfo=UTC)
    moments = [first + n * 8 * HOUR for n in range(6)]
    moments += [moments[-1] + (n + 1) * HOUR for n in range(10)]
    rows = [
        {
            "coin": "SOL",
            "funding_rate": 1e-5,
            "interval_hours": 8 if n < 6 else 1,
            **common(moment + timedelta(milliseconds=n)),
        }
        for n, moment in enumerate(moments)
    ]
    lake.write("funding_rates", rows)
    told = "no table holds a price of the traded coin"
    assert lake.problems() == {"lake.prices": ("WARN", told)}


def test_check_names_torn_files_and_checks_the_others(lake: Lake) -> None:
    lake.write("candles", changed(candles(), 9, high=1.0))
    cut = lake.write("candles", candles(), "part-2")
    cut.write_bytes(cut.read_bytes()[:-50])
    rotten = lake.write("trades", trades(), "part-3")
    content = bytearray(rotten.read_bytes())
    content[4:600] = b"\xff" * 596
    rotten.write_bytes(bytes(content))
    report = lake.check()
    told = {found.check: found.evidence for found in report.findings}
    assert str(cut) in told["candles.readable"]
    assert str(rotten) in told["trades.readable"]
    assert "candles.high_below_low" in told
    assert "1 candles" in told["candles.high_below_low"]
    assert report.verdict == "FAIL"


def test_check_of_mixed_origins_fails(lake: Lake) -> None:
    lake.write("candles", candles())
    lake.write("trades", [{**row, "origin": "sample"} for row in trades()])
    severity, evidence = lake.problems()["lake.origin"]
    assert severity == "FAIL"
    assert "real 300, sample 50" in evidence


def flow(bids: list[float]) -> pl.DataFrame:
    """Rows of an adopted file, a minute apart."""
    return pl.DataFrame(
        {
            "t": [START + n * timedelta(minutes=1) for n in range(len(bids))],
            "bb": bids,
            "ba": [1.1] * len(bids),
        }
    )


@pytest.fixture
def adopted(lake: Lake, tmp_path: Path) -> Path:
    """Adopt one order-flow file of three rows, as the registries record it."""
    file = tmp_path / "flow.parquet"
    flow([1.0, 1.0, 1.0]).write_parquet(file)
    stat = file.stat()
    row = {
        "coin": "SOL",
        "file_path": str(file),
        "row_count": 3,
        "size_bytes": stat.st_size,
        "modified_at": datetime.fromtimestamp(stat.st_mtime, UTC),
        "first_event_at": START,
        "last_event_at": START + HOUR,
        "timestamp_column": "t",
        "timestamp_kind": "timestamptz",
        "time_zone": None,
        "columns": ["bb", "ba"],
    }
    names = {"best_bid": "bb", "best_ask": "ba"}
    for table, rows in {
        "adopted_files": [row],
        "adopted_columns": [
            {
                "coin": "SOL",
                "column_name": name,
                "source_column": source,
                "scale": 1.0,
            }
            for name, source in names.items()
        ],
    }.items():
        (lake.paths.raw / table).mkdir(parents=True)
        pl.DataFrame(rows).write_parquet(lake.paths.raw / table / "part-1.parquet")
    return file


def test_check_of_adopted_files_passes_then_finds_what_changed(
    lake: Lake, adopted: Path
) -> None:
    assert lake.problems() == {}
    flow([1.0, 9.0, -1.0]).write_parquet(adopted)
    found = lake.problems()
    assert found["order_flow.crossed"] == (
        "FAIL",
        "1 of 3 rows have the bid above the ask",
    )
    assert found["order_flow.positive"][0] == "FAIL"
    remedies = {finding.check: finding.remedy for finding in lake.check().findings}
    assert "--mapping" in remedies["order_flow.crossed"]
    flow([1.0] * 9).write_parquet(adopted)
    assert "changed since adoption" in lake.problems()["order_flow.files"][1]
    adopted.unlink()
    assert "is missing since adoption" in lake.problems()["order_flow.files"][1]


def test_tables_of_the_checks_are_those_of_the_raw_room() -> None:
    for table in quality_tables.TABLES:
        schema = schemas.table_schema(table.name)
        assert set(table.columns) <= set(schema.columns)
        assert table.key == schema.key
        nullable = set(table.required) - set(schema.required)
        # Numbers may be null in a raw table only when their text did not fit.
        assert all(table.columns[name] == quality_tables.NUMBER for name in nullable)
