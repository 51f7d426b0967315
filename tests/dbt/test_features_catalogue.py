"""Clusters of like features by hand, and what the catalogue says of the small lake."""

import shutil
from pathlib import Path

import duckdb
import pytest
from tests.dbt.features_lake import run_dbt

# Listed in the order of the features' YAML: a chain, a pair, and whoever is alone.
PAIRS = (
    ("ema_50", "ema_200"),
    ("ema_200", "macd_line"),
    ("return_1", "return_2"),
    ("return_2", "return_4"),
    ("return_4", "return_12"),
    ("return_12", "return_24"),
    ("return_24", "return_72"),
    ("rsi_14", "atr_14"),
)
GIVEN = {"ema_50": 0.01, "macd_line": 0.02, "atr_14": -0.5}
Row = tuple[object, ...]


@pytest.fixture(scope="module")
def lake(lake: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("catalogue")
    shutil.copytree(lake / "warehouse", copy / "warehouse")
    run_dbt(copy, ["run", "--select", "+feature_contributions"])
    path = copy / "warehouse" / "solalpha.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("delete from feature_correlations")
        connection.executemany(
            "insert into feature_correlations by name "
            "select ? as feature_a, ? as feature_b, 0.99 as correlation",
            PAIRS,
        )
        # A paper model and an old one of perp say otherwise and are not asked.
        connection.executemany(
            "insert into feature_contributions by name select "
            "? as feature, ? as contribution, ? as model_id, ? as experiment, "
            "? as is_champion, 'SOL' as coin, 1 as contribution_rank",
            [
                *((name, worth, "m2", "perp", True) for name, worth in GIVEN.items()),
                ("ema_50", 9.0, "m0", "paper", True),
                ("ema_200", 9.0, "m1", "perp", False),
            ],
        )
    run_dbt(copy, ["run", "--select", "feature_clusters", "feature_catalogue"])
    return copy


def read(lake: Path, sql: str) -> list[Row]:
    path = lake / "warehouse" / "solalpha.duckdb"
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_chains_are_one_cluster_named_by_their_first(lake: Path) -> None:
    rows = read(
        lake,
        "select cluster_name, count(*), max(count_features), "
        "max(feature) filter (is_representative), "
        "count(*) filter (is_representative) "
        "from feature_clusters group by cluster_name having count(*) > 1 "
        "order by cluster_name",
    )
    # The best contribution stands for a cluster, any before none; else the first does.
    assert rows == [
        ("ema_50", 3, 3, "macd_line", 1),
        ("return_1", 6, 6, "return_1", 1),
        ("rsi_14", 2, 2, "atr_14", 1),
    ]


def test_every_feature_is_in_one_cluster(lake: Path) -> None:
    ((count, alone, distinct),) = read(
        lake,
        "select count(*), count(*) filter (cluster_name = feature "
        "and count_features = 1 and is_representative), count(distinct feature) "
        "from feature_clusters",
    )
    ((features,),) = read(
        lake, "select count(*) from feature_gaps where requirement = 'feature'"
    )
    assert count == distinct == features
    assert alone == features - 11


def test_catalogue_says_what_a_feature_is_and_gave(lake: Path) -> None:
    columns = (
        "feature, unit, source_table, source, experiments, standing, status, "
        "cluster_name, warmup_bars, model_id, contribution, is_representative"
    )
    rows = read(
        lake,
        f"select {columns} from feature_catalogue where feature in "
        "('macd_line', 'return_1', 'spread_bps_mean', 'ema_50') "
        "order by feature_number",
    )
    assert [row[0] for row in rows] == [
        "ema_50",
        "macd_line",
        "return_1",
        "spread_bps_mean",
    ]
    ema, macd, one, spread = rows
    assert macd[1:] == (
        *("usd", "bars", "Appel (1979)", "paper", "model", "present", "ema_50"),
        *(25, "m2", 0.02, True),
    )
    # Perp, whose models trade, is asked before paper.
    assert ema[9:] == ("m2", 0.01, False)
    assert one[1:] == (
        *("fraction", "bars", "log return", "", "candidate", "present", "return_1"),
        *(1, None, None, True),
    )
    # The lake has no books.
    assert spread[4:7] == ("perp", "model", "missing")


def test_catalogue_has_the_meaning_without_templates(lake: Path) -> None:
    ((meaning, nulls, remedy),) = read(
        lake,
        "select max(meaning) filter (feature = 'ema_50'), "
        "max(null_share) filter (feature = 'spread_bps_mean'), "
        "max(remedy) filter (feature = 'spread_bps_mean') from feature_catalogue",
    )
    assert meaning == "Exponential average of the close. USD per coin; 50 bars."
    assert nulls == 1.0
    assert remedy == "ingest lakehouse, or record books"
    assert (
        read(lake, "select feature from feature_catalogue where meaning like '%{%'")
        == []
    )
