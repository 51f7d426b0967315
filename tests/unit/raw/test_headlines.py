from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from solalpha.config import Parameters, Paths, real_data_dir
from solalpha.errors import DataError
from solalpha.raw import lake
from solalpha.raw.headlines import headline_id, ingest_headlines

AT = datetime(2025, 7, 1, 8, 9, 37, tzinfo=UTC)


def write(folder: Path, rows: list[dict[str, Any]]) -> Path:
    file = folder / "news.json"
    file.write_text(json.dumps(rows), encoding="utf-8")
    return file


def row(**changes: Any) -> dict[str, Any]:
    base = {"published_at": "2025-07-01 08:09:37+00:00", "title": "Solana  up"}
    return base | {"source": "wire.test"} | changes


def test_headline_id_is_blind_to_case_and_blanks() -> None:
    one = headline_id("Solana  Up", "wire.test", AT)
    assert one == headline_id(" solana up ", "wire.test", AT)
    assert len(one) == 32
    assert one != headline_id("Solana up", "other.test", AT)
    assert one != headline_id("Solana up", "wire.test", AT + timedelta(seconds=1))


def test_headlines_know_when_they_were_knowable(
    tmp_path: Path, paths: Paths, parameters: Parameters
) -> None:
    seen = row(title="Seen", first_seen_at="2025-07-01T08:10:00Z", votes="5 like")
    ingest_headlines(paths, parameters, write(tmp_path, [row(), seen]))
    found = {r["title"]: r for r in lake.read(paths, "headlines").to_dicts()}
    delay = timedelta(seconds=parameters.headline_delay_s)
    assert found["Solana  up"]["available_at"] == AT + delay
    assert found["Solana  up"]["first_seen_at"] is None
    assert found["Seen"]["available_at"] == datetime(2025, 7, 1, 8, 10, tzinfo=UTC)
    assert (found["Seen"]["votes"], found["Seen"]["event_at"]) == ("5 like", AT)
    folder = next(paths.raw.rglob("part-*.parquet")).parent
    assert (folder.parent.name, folder.name) == ("coin=ALL", "month=2025-07")


def test_headlines_again_add_nothing_even_with_other_votes(
    tmp_path: Path, paths: Paths, parameters: Parameters
) -> None:
    ingest_headlines(paths, parameters, write(tmp_path, [row(votes="1")]))
    again = ingest_headlines(paths, parameters, write(tmp_path, [row(votes="9")]))
    assert (again.added, again.duplicate, again.conflicting) == (0, 1, 0)
    assert lake.read(paths, "headlines")["votes"].to_list() == ["1"]


def test_headlines_without_title_are_left_out_and_another_text_kept_out(
    tmp_path: Path, paths: Paths, parameters: Parameters
) -> None:
    rows = [row(text="a"), row(text="b"), row(title=""), row(title=None)]
    summary = ingest_headlines(paths, parameters, write(tmp_path, rows))
    assert (summary.rows_read, summary.added, summary.conflicting) == (4, 1, 1)
    assert summary.notes == (
        "2 rows without a title or source left out",
        "1 rows differ from stored ones: kept out",
    )
    assert lake.read(paths, "headlines")["text"].to_list() == ["a"]


def test_headline_to_come_is_left_out(
    tmp_path: Path, paths: Paths, parameters: Parameters
) -> None:
    later = row(published_at="2025-07-01T09:00:00Z")
    file = write(tmp_path, [row(), later])
    present = datetime(2025, 7, 1, 8, 30, tzinfo=UTC)
    summary = ingest_headlines(paths, parameters, file, ingested_at=present)
    assert (summary.added, summary.last_at) == (1, AT)
    told = "1 headlines dated or seen after 2025-07-01T08:30:00Z: left out"
    assert summary.notes == (told,)


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([row(title="")], "no row has a title"),
        ([row(published_at="soon")], "published_at in row 1 is 'soon'"),
        ([row(), row(first_seen_at="later")], "first_seen_at in row 1 is 'later'"),
        ([{"title": "x", "source": "y"}], r"columns \['published_at'\] missing"),
    ],
)
def test_bad_headlines_are_refused(
    tmp_path: Path,
    paths: Paths,
    parameters: Parameters,
    rows: list[dict[str, Any]],
    told: str,
) -> None:
    with pytest.raises(DataError, match=told):
        ingest_headlines(paths, parameters, write(tmp_path, rows))
    assert lake.tables(paths) == []


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "read", "added"),
    [
        ("cryptopanic_votes.csv", 722, 722),
        ("cryptonews_2021-10_2022-07.csv.gz", 7524, 7494),
    ],
)
def test_recorded_headlines_ingest(
    paths: Paths, parameters: Parameters, name: str, read: int, added: int
) -> None:
    root = real_data_dir()
    if root is None:
        pytest.skip("SOLALPHA_REAL_DATA is not set")
    summary = ingest_headlines(paths, parameters, root / "news" / name)
    assert (summary.rows_read, summary.added) == (read, added)


def test_headline_seen_after_the_present_is_left_out(
    tmp_path: Path, paths: Paths, parameters: Parameters
) -> None:
    late = row(title="Late", first_seen_at="2099-01-01T00:00:00Z")
    summary = ingest_headlines(
        paths,
        parameters,
        write(tmp_path, [row(), late]),
        ingested_at=AT + timedelta(days=1),
    )
    assert summary.added == 1
    assert "1 headlines dated or seen after" in summary.notes[0]
