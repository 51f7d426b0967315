import os
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from solalpha.config import Parameters, Paths
from solalpha.errors import ConfigError, DataError, SolalphaError
from solalpha.warehouse import rebuild
from solalpha.warehouse.build import build, database, for_target
from solalpha.warehouse.rebuild import Project

READ = (
    "import duckdb, sys; print(duckdb.connect(sys.argv[1]).sql(sys.argv[2]).fetchall())"
)
HOLD = """
import duckdb, sys
held = duckdb.connect(sys.argv[1])
print("held", flush=True)
sys.stdin.read()
"""


def test_build_twice_leaves_file_free_and_console_quiet(
    paths: Paths,
    parameters: Parameters,
    write_project: Callable[..., Path],
    capfd: pytest.CaptureFixture[str],
) -> None:
    project = write_project()
    seen: list[tuple[str, int, int]] = []
    first = build(
        paths,
        parameters,
        select=None,
        target="prod",
        project=project,
        progress=lambda name, done, total: seen.append((name, done, total)),
    )
    changed = parameters.override({"bar_minutes": "30", "trade_coin": "ETH"})
    build(paths, changed, select="bars", target="prod", project=project)

    assert capfd.readouterr() == ("", "")
    assert (first.ok, first.models, first.tests, first.failures) == (True, 1, 1, ())
    assert [(done, total) for _, done, total in seen] == [(1, 2), (2, 2)]
    assert "SOLALPHA_DATA_DIR" not in os.environ
    # The same process opens the file with another configuration, another opens it too.
    file = database(paths, "prod")
    with duckdb.connect(str(file), read_only=True) as connection:
        assert connection.execute("select coin, close from bars").fetchall() == [
            ("ETH", 30.0)
        ]
    other = subprocess.run(
        [sys.executable, "-c", READ, str(file), "select close from bars"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert other.stdout.strip() == "[(30.0,)]"
    assert sorted(found.name for found in project.iterdir()) == [
        "dbt_project.yml",
        "models",
    ]


def test_build_daily_uses_daily_bars_in_its_own_file(
    paths: Paths, parameters: Parameters, write_project: Callable[..., Path]
) -> None:
    build(paths, parameters, select=None, target="daily", project=write_project())
    with duckdb.connect(str(database(paths, "daily")), read_only=True) as connection:
        found = connection.execute("select close from daily.bars").fetchall()
    assert found == [(1440.0,)]
    assert for_target(parameters, "daily").label_horizon_bars == 1
    assert not database(paths, "prod").exists()


def test_build_again_sees_new_files_new_numbers_and_other_directories(
    paths: Paths, parameters: Parameters, write_project: Callable[..., Path]
) -> None:
    counted = """
    {%- set path = env_var('SOLALPHA_DATA_DIR') ~ '/raw/*' %}
    {%- set found = run_query("select count(*) from glob('" ~ path ~ "')") %}
    select
        {{ "'" ~ found.columns[0].values()[0] ~ "'" if execute else "''" }} as coin,
        now()::timestamp as bar_closed_at,
        1.0::double as close,
    """
    project = write_project({"bars": counted})
    other = Paths(data_dir=paths.data_dir.with_name("other"))
    seen = []
    for place, name in ((paths, "a"), (paths, "b"), (other, "c")):
        place.raw.mkdir(parents=True, exist_ok=True)
        (place.raw / name).touch()
        build(place, parameters, select=None, target="prod", project=project)
        with duckdb.connect(str(database(place, "prod")), read_only=True) as opened:
            seen += opened.execute("select coin from bars").fetchall()
        assert (place.warehouse / "target" / "prod" / "manifest.json").is_file()
    assert seen == [("1",), ("2",), ("1",)]


def test_build_unknown_target_is_a_config_error(
    paths: Paths, parameters: Parameters
) -> None:
    with pytest.raises(ConfigError, match="target 'spark' is unknown"):
        build(paths, parameters, select=None, target="spark")


def test_build_with_failures_raises_one_line_naming_the_node(
    paths: Paths, parameters: Parameters, write_project: Callable[..., Path]
) -> None:
    nulls = {"bars": "select null::varchar as coin, now()::timestamp as bar_closed_at"}
    with pytest.raises(DataError) as caught:
        build(
            paths, parameters, select=None, target="prod", project=write_project(nulls)
        )
    assert "data test not_null_bars_coin on bars found 1 rows" in str(caught.value)
    assert "the first: coin=None" in str(caught.value)

    wrong = {"bars": "select column_that_is_not_there as coin"}
    with pytest.raises(SolalphaError) as caught:
        build(
            paths, parameters, select=None, target="prod", project=write_project(wrong)
        )
    assert caught.value.exit_code == 1
    assert "model bars failed" in str(caught.value)
    assert "column_that_is_not_there" in str(caught.value)
    assert "\n" not in str(caught.value)

    text = {"bars": "select cast('abc' as double) as coin"}
    with pytest.raises(DataError, match=r"model bars failed.*'abc'"):
        build(
            paths, parameters, select=None, target="prod", project=write_project(text)
        )

    gone = {
        "bars": "{% if execute %}{% do exceptions.raise_compiler_error("
        "'adopted order-flow file a is gone') %}{% endif %}select 1 as coin"
    }
    with pytest.raises(DataError, match="adopted order-flow file a is gone"):
        build(
            paths, parameters, select="bars", target="prod", project=write_project(gone)
        )

    unparsed = {"bars": "select {{ var('bar_minutes' }} as coin"}
    with pytest.raises(SolalphaError, match="dbt stopped: Compilation Error") as caught:
        build(
            paths,
            parameters,
            select=None,
            target="prod",
            project=write_project(unparsed),
        )
    assert (caught.value.exit_code, "\n" in str(caught.value)) == (1, False)
    duckdb.connect(str(database(paths, "prod"))).close()


def test_build_of_a_held_or_damaged_warehouse_is_refused(
    paths: Paths, parameters: Parameters, write_project: Callable[..., Path]
) -> None:
    project = write_project()
    file = database(paths, "prod")
    file.parent.mkdir(parents=True)
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(file)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(
            DataError, match=rf"process {holder.pid}\); expected nobody"
        ):
            build(paths, parameters, select=None, target="prod", project=project)
    finally:
        holder.communicate()
    with (
        duckdb.connect(str(file), config={"threads": 1}),
        pytest.raises(DataError, match="held by a connection of this process"),
    ):
        build(paths, parameters, select=None, target="prod", project=project)
    file.write_bytes(b"not a database" * 1000)
    with pytest.raises(DataError, match="move it away and build again"):
        build(paths, parameters, select=None, target="prod", project=project)


def test_parse_of_a_second_directory_writes_its_manifest(
    paths: Paths, parameters: Parameters, write_project: Callable[..., Path]
) -> None:
    folder = write_project({"bars": BARS_THEN})
    other = Paths(data_dir=paths.data_dir.with_name("other"))
    project = Project.open(folder, parameters)
    found = [rebuild.parse(place, project)["nodes"] for place in (paths, other)]
    assert "model.solalpha.bars" in found[0]
    assert found[0].keys() == found[1].keys()


def test_build_leaves_the_standard_output_to_its_caller(
    paths: Paths,
    parameters: Parameters,
    write_project: Callable[..., Path],
    capsys: pytest.CaptureFixture[str],
) -> None:
    project = write_project({"bars": BARS_THEN})
    build(
        paths,
        parameters,
        select=None,
        target="prod",
        project=project,
        progress=lambda *_: print("a plugin prints"),
    )
    found = capsys.readouterr()
    assert found.out == ""
    assert "a plugin prints" in found.err


def test_build_in_a_process_without_a_main_file_draws_no_bar(
    paths: Paths, write_project: Callable[..., Path]
) -> None:
    asked = "select cast(current_setting('enable_progress_bar') as varchar)"
    project = write_project({"bars": BARS_THEN, "drawn": f"{asked} as coin"})
    code = textwrap.dedent(
        """
        import sys
        from pathlib import Path
        from solalpha.config import load_parameters, load_paths
        from solalpha.warehouse import duck
        from solalpha.warehouse.build import build, database
        paths = load_paths(sys.argv[1])
        build(
            paths, load_parameters(), select=None, target="prod",
            project=Path(sys.argv[2]),
        )
        own = "select current_setting('enable_progress_bar')"
        kept = duck.writable(database(paths, "prod"))
        print(duck.rows(kept, "from drawn"), duck.rows(kept, own))
        print(duck.rows(duck.memory(), own))
        """
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(paths.data_dir), str(project)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": "py"},
    )
    assert done.stdout == "[('false',)] [(False,)]\n[(False,)]\n"


def test_build_interrupted_passes_on_and_frees_the_file(
    paths: Paths, parameters: Parameters, write_project: Callable[..., Path]
) -> None:
    endless = (
        "select max(a.range + b.range) as coin from range(10000000) a, range(1000000) b"
    )
    project = write_project({"bars": BARS_THEN, "endless": endless})
    code = textwrap.dedent(
        """
        import sys
        from pathlib import Path
        from solalpha.config import load_parameters, load_paths
        from solalpha.warehouse.build import build
        ours = sys.stdout
        try:
            build(
                load_paths(sys.argv[1]), load_parameters(), select=None, target="prod",
                project=Path(sys.argv[2]),
                progress=lambda *found: print(found, flush=True, file=ours),
            )
        except KeyboardInterrupt:
            print("interrupted", flush=True)
        """
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(paths.data_dir), str(project)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": "py"},
    )
    guard = threading.Timer(40, child.kill)
    guard.start()
    try:
        assert child.stdout is not None
        assert "bars" in child.stdout.readline()  # the endless model now runs
        child.send_signal(signal.SIGINT)
        rest = child.stdout.read()
    finally:
        guard.cancel()
        child.communicate()
    assert rest.splitlines()[-1:] == ["interrupted"]
    duckdb.connect(str(database(paths, "prod"))).close()


def test_selection_of_nothing_is_refused(
    paths: Paths, parameters: Parameters, write_project: Callable[..., Path]
) -> None:
    with pytest.raises(ConfigError, match="--select 'moon' names no model or test"):
        build(paths, parameters, select="moon", target="prod", project=write_project())


BARS_THEN = (
    "select 'SOL' as coin, now()::timestamp as bar_closed_at, 1.0::double as close"
)
