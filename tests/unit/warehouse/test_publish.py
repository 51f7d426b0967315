import os
import shutil
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from solalpha.config import Parameters, Paths
from solalpha.errors import ConfigError, DataError
from solalpha.warehouse import build_id as identity
from solalpha.warehouse import publish as room
from solalpha.warehouse import versions
from solalpha.warehouse.build import build, database, is_unfinished
from solalpha.warehouse.publish import publish
from solalpha.warehouse.reader import Reader

NOON = datetime(2025, 1, 2, 12, tzinfo=UTC)
RAW = {"raw/candles/part-1.parquet": {"size": 10, "content": "ab"}}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory that the tests copy; building it takes seconds."""
    return tmp_path_factory.mktemp("built")


@pytest.fixture
def project(write_project: Callable[..., Path]) -> Path:
    return write_project()


@pytest.fixture
def ready(built: Path, paths: Paths, parameters: Parameters, project: Path) -> Paths:
    """Return paths that hold a warehouse with one public model of one row."""
    store = built / "data"
    if not store.exists():
        build(paths, parameters, select=None, target="prod", project=project)
        paths.data_dir.rename(store)
    shutil.copytree(store, paths.data_dir)
    return paths


def test_publish_writes_tables_comments_and_identity(
    ready: Paths, parameters: Parameters, project: Path
) -> None:
    name = publish(
        ready, parameters, raw_manifest=RAW, published_at=NOON, project=project
    )
    file = ready.warehouse / "current.duckdb"
    assert os.readlink(file) == f"versions/{name}.duckdb"
    assert not list(versions.folder_of(ready).glob("*tmp*"))
    with duckdb.connect(str(file), read_only=True) as connection:
        assert connection.execute("select * from bars").fetchall() == [
            ("SOL", datetime.fromisoformat("2025-01-01T01:00"), 60.0)
        ]
        assert connection.execute(
            "select build_id, parameters_fingerprint, published_at, storage_version "
            "from build_info"
        ).fetchall() == [
            (
                name,
                parameters.fingerprint(),
                NOON.replace(tzinfo=None),
                room.STORAGE_VERSION,
            )
        ]
        assert connection.execute(
            "select comment from duckdb_tables() where table_name = 'bars'"
        ).fetchall() == [(f"One row per coin and closed bar. Build {name}.",)]
        assert connection.execute(
            "select comment from duckdb_columns() "
            "where table_name = 'bars' and column_name = 'coin'"
        ).fetchall() == [("Coin of the row's bar, it's the venue's key.",)]


def test_publish_comments_every_table_and_column(
    ready: Paths, parameters: Parameters, project: Path
) -> None:
    name = publish(
        ready, parameters, raw_manifest=RAW, published_at=NOON, project=project
    )
    with duckdb.connect(str(versions.current(ready)), read_only=True) as connection:
        tables = connection.execute(
            "select table_name, comment from duckdb_tables() order by table_name"
        ).fetchall()
        assert [table for table, _ in tables] == [
            "bars",
            "build_info",
            "catalog_columns",
            "catalog_models",
            "macros",
        ]
        assert all(comment.endswith(f" Build {name}.") for _, comment in tables)
        assert (
            connection.execute(
                "select table_name, column_name from duckdb_columns() "
                "where not internal and coalesce(trim(comment), '') = ''"
            ).fetchall()
            == []
        )
        assert connection.execute(
            "select comment from duckdb_columns() where column_name = 'close'"
        ).fetchall() == [("Last price. Unit: USD.",)]


def test_publish_same_inputs_same_id_and_the_file_is_kept(
    ready: Paths, parameters: Parameters, project: Path
) -> None:
    def go(raw: dict[str, object] = RAW, moment: datetime = NOON) -> str:  # type: ignore[assignment]
        return publish(
            ready, parameters, raw_manifest=raw, published_at=moment, project=project
        )

    first = go()
    inode = versions.current(ready).stat().st_ino
    assert go(moment=NOON.replace(hour=18)) == first
    assert versions.current(ready).stat().st_ino == inode
    # A damaged file is written again.
    versions.current(ready).write_bytes(b"torn")
    assert go() == first
    with Reader.open(ready) as reader:
        assert reader.query("select close from bars").item() == 60.0
    # Raw data, results and parameters each change the id.
    others = {first, go(raw={})}
    ready.results.mkdir()
    (ready.results / "part.parquet").write_bytes(b"rows")
    others.add(go())
    changed = parameters.override({"taker_fee_rate": "0.001"})
    others.add(
        publish(ready, changed, raw_manifest=RAW, published_at=NOON, project=project)
    )
    (project / "models" / "marts" / "note.md").write_text("code")
    others.add(go())
    assert len(others) == 5


def test_publish_keeps_five_and_always_the_current_one(
    ready: Paths, parameters: Parameters, project: Path
) -> None:
    names = [
        publish(
            ready, parameters, raw_manifest={"n": n}, published_at=NOON, project=project
        )
        for n in range(7)
    ]
    kept = {file.stem for file in versions.folder_of(ready).iterdir()}
    assert kept == set(names[-5:])
    assert versions.current(ready).stem == names[-1]


def test_publish_failing_half_way_leaves_the_old_version(
    ready: Paths,
    parameters: Parameters,
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = publish(
        ready, parameters, raw_manifest=RAW, published_at=NOON, project=project
    )
    for moment, fault in (("_write_info", KeyboardInterrupt), ("_copy", OSError)):
        with monkeypatch.context() as patch:

            def stop(*_: object, fault: type[BaseException] = fault) -> None:
                raise fault

            patch.setattr(room, moment, stop)
            with pytest.raises(fault):
                publish(
                    ready,
                    parameters,
                    raw_manifest={},
                    published_at=NOON,
                    project=project,
                )
    assert [file.stem for file in versions.folder_of(ready).iterdir()] == [first]
    with Reader.open(ready) as reader:
        assert reader.build_id == first


def test_publish_under_readers_each_sees_one_whole_version(
    ready: Paths, parameters: Parameters, project: Path
) -> None:
    publish(ready, parameters, raw_manifest={}, published_at=NOON, project=project)
    stop = threading.Event()
    seen: set[str] = set()
    faults: list[BaseException] = []

    def read() -> None:
        while not stop.is_set():
            try:
                with Reader.open(ready) as reader:
                    before = reader.build_id
                    assert reader.query("select close from bars").item() == 60.0
                    assert reader.build_id == before
                    seen.add(before)
            except BaseException as error:  # noqa: BLE001 - handed to the main thread
                faults.append(error)
                return

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    names = [
        publish(
            ready, parameters, raw_manifest={"n": n}, published_at=NOON, project=project
        )
        for n in range(12)
    ]
    stop.set()
    for thread in threads:
        thread.join()
    assert faults == []
    assert len(seen & set(names)) > 1


def test_publish_without_a_build_or_with_a_model_missing_is_refused(
    paths: Paths,
    ready: Paths,
    parameters: Parameters,
    project: Path,
    tmp_path: Path,
) -> None:
    nothing = Paths(data_dir=tmp_path / "nothing")
    with pytest.raises(DataError, match="run `solalpha build`"):
        publish(
            nothing, parameters, raw_manifest={}, published_at=NOON, project=project
        )
    with duckdb.connect(str(database(ready, "prod"))) as connection:
        connection.execute("drop table bars")
    with pytest.raises(DataError, match="public models bars are not in"):
        publish(ready, parameters, raw_manifest={}, published_at=NOON, project=project)


ETHER = "select 'ETH' as coin, timestamp '2025-01-01' as bar_closed_at, 1.0 as close"
FAILING = {"bars": "select null::varchar as coin, now()::timestamp as bar_closed_at"}


def test_daily_tables_of_a_failed_build_are_carried_over_not_published(
    paths: Paths, parameters: Parameters, write_project: Callable[..., Path]
) -> None:
    project = write_project()

    def go(n: int) -> str:
        return publish(
            paths, parameters, raw_manifest={"n": n}, published_at=NOON, project=project
        )

    for target in ("prod", "daily"):
        build(paths, parameters, select=None, target=target, project=project)
    go(1)
    write_project(FAILING)
    with pytest.raises(DataError, match="not_null_bars_coin"):
        build(paths, parameters, select=None, target="daily", project=project)
    assert is_unfinished(paths, "daily")
    assert not is_unfinished(paths, "prod")
    go(2)
    with Reader.open(paths) as reader:
        assert reader.query("select coin, close from daily.bars").rows() == [
            ("SOL", 1440.0)
        ]
        hashes = "select raw_hash from {}.build_info"
        assert reader.query(hashes.format("daily")).item() == identity.of_mapping(
            {"n": 1}
        )
        assert reader.query(hashes.format("main")).item() == identity.of_mapping(
            {"n": 2}
        )
        assert reader.parameters("daily").bar_minutes == 1440
    # A whole build that ends well is published again.
    write_project({"bars": ETHER})
    build(paths, parameters, select=None, target="daily", project=project)
    go(3)
    with Reader.open(paths) as reader:
        assert reader.query("select coin from daily.bars").rows() == [("ETH",)]
    # So is a build beside one of the other target: its file is held by then.
    with duckdb.connect(str(database(paths, "daily"))):
        go(4)
    with Reader.open(paths) as reader:
        assert reader.query("select coin from daily.bars").rows() == [("ETH",)]


def test_daily_tables_built_by_hand_are_left_out(
    ready: Paths, parameters: Parameters, project: Path
) -> None:
    # dbt by hand writes the file of the target, and its manifest elsewhere.
    with duckdb.connect(str(database(ready, "daily"))) as connection:
        connection.execute("create schema daily")
        connection.execute("create table daily.bars as select 'SOL' as coin")
    publish(ready, parameters, raw_manifest=RAW, published_at=NOON, project=project)
    with Reader.open(ready) as reader:
        assert reader.schemas == ("main",)


def test_main_tables_of_a_failed_build_wait_for_a_whole_one(
    paths: Paths, parameters: Parameters, write_project: Callable[..., Path]
) -> None:
    project = write_project(FAILING)
    with pytest.raises(DataError, match="not_null_bars_coin"):
        build(paths, parameters, select=None, target="prod", project=project)
    with pytest.raises(DataError, match="its tables are of two builds"):
        publish(paths, parameters, raw_manifest={}, published_at=NOON, project=project)
    # A part that is built well does not mend the rest; nor does what never ran.
    write_project()
    build(paths, parameters, select="bars", target="prod", project=project)
    assert is_unfinished(paths, "prod")
    build(paths, parameters, select=None, target="prod", project=project)
    assert not is_unfinished(paths, "prod")
    with pytest.raises(ConfigError, match="names no model"):
        build(paths, parameters, select="moon", target="prod", project=project)
    assert not is_unfinished(paths, "prod")


def test_publishes_at_once_wait_for_each_other(
    ready: Paths,
    parameters: Parameters,
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names: list[str] = []
    write = room._write

    def publish_as(size: int) -> None:
        names.append(
            publish(
                ready,
                parameters,
                raw_manifest={"raw/candles/part-1.parquet": {"size": size}},
                published_at=NOON,
                project=project,
            )
        )

    other = threading.Thread(target=publish_as, args=(2,))

    def write_meeting_another(*arguments: object) -> None:
        write(*arguments)  # type: ignore[arg-type]
        if not names and not other.is_alive():
            # Unless it waits, it takes the unfinished file away while we are here.
            other.start()
            other.join(timeout=0.5)

    monkeypatch.setattr(room, "_write", write_meeting_another)
    publish_as(1)
    other.join()
    assert len(names) == 2
    kept = {file.stem for file in versions.folder_of(ready).glob("*.duckdb")}
    assert kept == set(names)
    assert versions.current(ready).stem == names[1]
