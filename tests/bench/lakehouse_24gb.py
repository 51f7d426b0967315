"""Build a generated lakehouse of any size from nothing, stop it once and resume.

``python tests/bench/lakehouse_24gb.py --gb 24 --dir DIR`` writes day files until they
hold so many GB, adopts them, kills a first build in the middle, builds again to the
end, adds one day and builds that; build/lakehouse_24gb.json gets time, memory and disk.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(Path(__file__).parent), str(ROOT / "py")]

import duckdb  # noqa: E402 - found through the line above
import heavy_lake  # noqa: E402 - found through the line above

from solalpha.config import Paths, load_parameters  # noqa: E402
from solalpha.raw import lakehouse  # noqa: E402
from solalpha.warehouse.build import PROD, database  # noqa: E402

MODELS = (
    "int_lakehouse_order_flow_aggregated_to_bars",
    "int_lakehouse_quotes_aggregated_to_bars",
)
MODEL_SECONDS = "models_s"
Facts = dict[str, Any]


def generate(root: Path, size_bytes: float) -> Facts:
    """Write days until the files hold ``size_bytes``."""
    started, written, number = time.perf_counter(), 0, 0
    while written < size_bytes:
        written += heavy_lake.write_days(root, number, number + 30, seed=5)
        number += 30
    return {
        "gb": written / 1e9,
        "days": number,
        "rows": number * heavy_lake.ROWS_PER_DAY,
        "columns": len(heavy_lake.COLUMNS),
        "copied_files": 0,
        "note": "days are drawn ones with prices moved and columns exchanged",
        "seconds": time.perf_counter() - started,
    }


def adopt(root: Path, data_dir: Path) -> float:
    """Register the files; return the seconds it took."""
    started = time.perf_counter()
    present = datetime(2040, 1, 1, tzinfo=UTC)
    paths = Paths(data_dir=data_dir)
    lakehouse.adopt(paths, load_parameters(), root, None, ingested_at=present)
    return time.perf_counter() - started


def build(data_dir: Path, stop_after_s: float | None) -> Facts:
    """Run dbt in a process of its own; interrupt it after so many seconds."""
    (data_dir / "warehouse").mkdir(parents=True, exist_ok=True)
    target = data_dir / "target"
    command = [
        *(str(Path(sys.executable).with_name("dbt")), "--quiet", "run"),
        *("--project-dir", str(ROOT / "dbt_project"), "--profiles-dir", str(ROOT)),
        *("--target", PROD, "--target-path", str(target)),
        *("--log-path", str(data_dir / "logs"), "--select"),
        *(f"+{name}" for name in MODELS),
    ]
    environment = os.environ | {"SOLALPHA_DATA_DIR": str(data_dir)}
    started = time.perf_counter()
    process = subprocess.Popen(command, env=environment)
    peak_mb = 0.0
    is_stopped = False
    while process.poll() is None:
        peak_mb = max(peak_mb, _resident_mb(process.pid))
        time.sleep(0.05)
        elapsed = time.perf_counter() - started
        if stop_after_s is not None and elapsed > stop_after_s and not is_stopped:
            process.send_signal(signal.SIGKILL)
            is_stopped = True
    facts: Facts = {
        "seconds": time.perf_counter() - started,
        "peak_mb": peak_mb,
        "exit_code": process.returncode,
        "was_stopped": is_stopped,
    }
    if not is_stopped:
        record = json.loads((target / "run_results.json").read_text())
        facts[MODEL_SECONDS] = sum(r["execution_time"] for r in record["results"])
    return facts


def _resident_mb(pid: int) -> float:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def bars(data_dir: Path) -> tuple[int, str]:
    """Return the number of bars and a digest of every cell of the first model."""
    file = database(Paths(data_dir=data_dir), PROD)
    with duckdb.connect(str(file), read_only=True) as connection:
        [found] = connection.execute(
            "select count(*), cast(bit_xor(hash(cells)) as varchar) "
            f"from {MODELS[0]} as cells"
        ).fetchall()
    return int(found[0]), str(found[1])


def main() -> None:
    """Run the campaign that the command line asks for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--gb", type=float, required=True)
    parser.add_argument("--dir", type=Path, required=True)
    parser.add_argument("--keep", action="store_true", help="leave the files there")
    chosen = parser.parse_args()
    folder = chosen.dir.resolve() / "lakehouse_24gb"
    shutil.rmtree(folder, ignore_errors=True)
    root, data_dir = folder / "lakehouse", folder / "data"
    facts: Facts = {"generated": generate(root, chosen.gb * 1e9)}
    days = facts["generated"]["days"]
    facts["adopt_s"] = adopt(root, data_dir)
    whole = build(data_dir, None)
    facts["from_nothing"] = whole | {"bars": bars(data_dir)[0]}
    clean = bars(data_dir)
    shutil.rmtree(data_dir / "warehouse")
    start_s = whole["seconds"] - whole[MODEL_SECONDS]
    facts["stopped"] = build(data_dir, start_s + whole[MODEL_SECONDS] / 2)
    facts["resumed"] = build(data_dir, None)
    facts["resumed_equal"] = bars(data_dir) == clean
    heavy_lake.write_days(root, days, days + 1, seed=5)
    adopt(root, data_dir)
    facts["one_day"] = build(data_dir, None)
    facts["one_day_share"] = facts["one_day"][MODEL_SECONDS] / whole[MODEL_SECONDS]
    stored = database(Paths(data_dir=data_dir), PROD)
    facts["warehouse_mb"] = stored.stat().st_size / 1e6
    target = ROOT / "build" / "lakehouse_24gb.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(facts, indent=2) + "\n")
    print(json.dumps(facts, indent=2))
    if not chosen.keep:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
