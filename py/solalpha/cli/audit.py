"""Commands that try to break a good result."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import RenderableType

from solalpha.audit import placebo as worlds
from solalpha.audit import realism as realisms
from solalpha.audit import replay as replays
from solalpha.audit.campaign import run_campaign
from solalpha.audit.rooms import Wish
from solalpha.audit.serving import run_serving
from solalpha.cli import audit_ablation
from solalpha.cli.session import (
    DataDirOption,
    JsonOption,
    Session,
    SetOption,
    facts_table,
    finite,
    rows_table,
)
from solalpha.errors import DataError

audit_app = typer.Typer(
    help="Point-in-time replay, placebo markets, realism of the sample.",
    no_args_is_help=True,
)


def register(app: typer.Typer) -> None:
    """Add this group's commands to ``app``."""
    audit_ablation.register(audit_app)
    app.add_typer(audit_app, name="audit")


@audit_app.command("point-in-time")
def point_in_time(
    cuts: Annotated[
        int,
        typer.Option(
            help="Random moments to cut at: every fourth in a hole of a raw table, "
            "every fourth between a late row's event and its arrival."
        ),
    ] = 3,
    seed: Annotated[int, typer.Option(help="Seed of moments, noise and plants.")] = 1,
    project: Annotated[
        Path | None,
        typer.Option(
            help="Another dbt project to audit: a copy of ours, or your own models "
            "that read SOLALPHA_DATA_DIR/raw or our tables as a source. It is built "
            "with our profile into a directory of the audit's own."
        ),
    ] = None,
    noise: Annotated[
        bool,
        typer.Option(help="Also keep the later rows of each cut, as nonsense."),
    ] = True,
    harder: Annotated[
        bool,
        typer.Option(
            help="Plant late rows, holes and second readings into the audit's copy of "
            "raw tables that have none; leaks of available time show only there."
        ),
    ] = True,
    days: Annotated[
        int | None, typer.Option(help="Only the last days of the lake; else all.")
    ] = None,
    mutants: Annotated[
        bool,
        typer.Option(
            "--mutants",
            help="Plant known leaks, one at a time, and tell which are found; the "
            "moments then meet a hole and late rows of every raw table, whatever "
            "--cuts says.",
        ),
    ] = False,
    mutant: Annotated[
        list[str] | None,
        typer.Option(help="Plant only the leak of this name; may be repeated."),
    ] = None,
    jobs: Annotated[int, typer.Option(help="Cuts at a time, a process each.")] = 1,
    data_dir: DataDirOption = None,
    overrides: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Rebuild from data cut at random moments and count the cells that change.

    Compared are the models that declare meta.causality causal or label, and end
    products that declare nothing: those are taken for causal, known at decided_at,
    known_at or available_at, else decision_delay_s after their first time column.
    """
    session = Session.start(
        "audit-point-in-time", data_dir=data_dir, as_json=as_json, overrides=overrides
    )
    wish = Wish(project=project, days=days, seed=seed, plants=harder)
    with session.bars():
        if mutants or mutant:
            result = run_campaign(
                session.paths,
                session.parameters,
                wish,
                names=mutant,
                jobs=jobs,
                progress=session.progress,
            )
        else:
            result = replays.replay(
                session.paths,
                session.parameters,
                wish,
                cuts=cuts,
                variants=replays.VARIANTS if noise else replays.VARIANTS[:1],
                jobs=jobs,
                progress=session.progress,
            )
    session.show(asdict(result), *_replay_tables(result))
    _judge(result)


def _judge(result: replays.ReplayResult) -> None:
    if result.changed:
        raise DataError(
            f"{result.changed} cell(s) that were known at a cut changed after it; "
            f"first: {result.changed_cells[0]}; expected none"
        )
    if result.survivors:
        raise DataError(
            f"{len(result.survivors)} of {result.mutants_planted} planted leaks were "
            f"not found: {', '.join(result.survivors)}; expected none"
        )


def _replay_tables(result: replays.ReplayResult) -> list[RenderableType]:
    counts = {
        name: getattr(result, name)
        for name in (
            *("cuts", "models", "columns", "cells", "non_null_cells", "changed"),
            *("mutants_planted", "mutants_caught", "survivors"),
        )
    }
    found: list[RenderableType] = [facts_table("point-in-time", counts)]
    for title, rows in (
        ("the audit's lake", [asdict(facts) for facts in result.lake]),
        ("cuts", [asdict(cut) for cut in result.moments]),
        ("changed cells", list(result.changed_cells)),
        ("taken for granted", list(result.assumptions)),
        ("not compared", list(result.left_out)),
        ("mutants", [asdict(mutant) for mutant in result.mutants]),
        (
            "warm-up, bars, not as declared",
            [asdict(warmup) for warmup in result.warmup if not warmup.agrees],
        ),
    ):
        if rows:
            found.append(rows_table(title, rows, list(rows[0])))
    return found


@audit_app.command()
def serving(
    bars: Annotated[int, typer.Option(help="Random bars to serve.")] = 5,
    experiment: Annotated[str, typer.Option(help="Whose features: perp or paper.")] = (
        "perp"
    ),
    seed: Annotated[int, typer.Option(help="Seed of the bars and plants.")] = 1,
    harder: Annotated[
        bool,
        typer.Option(
            help="Plant late rows, holes and second readings into the audit's copy of "
            "raw tables that have none."
        ),
    ] = True,
    days: Annotated[
        int | None, typer.Option(help="Only the last days of the lake; else all.")
    ] = None,
    jobs: Annotated[int, typer.Option(help="Bars at a time, a process each.")] = 1,
    data_dir: DataDirOption = None,
    overrides: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare rows as they were served to decisions with the later training rows.

    For each bar the lake is cut at the bar's decision, built and published, and the
    row read as trading reads it; the champion, if there is one, judges both rows.
    """
    session = Session.start(
        "audit-serving", data_dir=data_dir, as_json=as_json, overrides=overrides
    )
    with session.bars():
        result = run_serving(
            session.paths,
            session.parameters,
            Wish(project=None, days=days, seed=seed, plants=harder),
            bars=bars,
            experiment=experiment,
            jobs=jobs,
            progress=session.progress,
        )
    session.show(asdict(result))
    if result.differing:
        raise DataError(
            f"{result.differing} cell(s) of served rows differ from training rows; "
            f"first: {result.differing_cells[0]}; expected none"
        )


@audit_app.command()
def placebo(
    seeds: Annotated[int, typer.Option(help="Worlds, with seeds 1 to N.")] = 20,
    edge: Annotated[float, typer.Option(help="Planted edge in [0, 1].")] = 0.0,
    days: Annotated[int, typer.Option(help="Days of each world.")] = 720,
    book_interval_s: Annotated[
        int, typer.Option("--book-interval", help="Seconds between order books.")
    ] = 900,
    work_dir: Annotated[
        Path, typer.Option(help="Where finished worlds are kept.")
    ] = Path("build/placebo"),
    overrides: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run the whole job in simulated markets and count the verdicts."""
    session = Session.start(
        "audit-placebo", data_dir=work_dir, as_json=as_json, overrides=overrides
    )
    with session.bars():
        result = worlds.run_placebo(
            session.parameters,
            seeds=range(1, seeds + 1),
            edge=edge,
            days=days,
            book_interval_s=book_interval_s,
            work_dir=work_dir.resolve(),
            progress=session.progress,
        )
    session.show(finite(asdict(result)))


@audit_app.command()
def realism(
    real: Annotated[
        Path | None,
        typer.Option(
            help="Folder of recordings or a data directory; "
            f"else ${realisms.REAL_DATA_VARIABLE}."
        ),
    ] = None,
    days: Annotated[int, typer.Option(help="Days of each sample.")] = 180,
    seeds: Annotated[int, typer.Option(help="Samples, with seeds 1 to N.")] = 3,
    edge: Annotated[float, typer.Option(help="Planted edge in [0, 1].")] = 0.0,
    work_dir: Annotated[
        Path, typer.Option(help="Where the samples are written.")
    ] = Path("build/realism"),
    overrides: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare the sample's statistics with those of real recordings."""
    session = Session.start(
        "audit-realism", data_dir=work_dir, as_json=as_json, overrides=overrides
    )
    named = os.environ.get(realisms.REAL_DATA_VARIABLE)
    with session.bars():
        result = realisms.run_realism(
            session.parameters,
            work_dir=work_dir.resolve(),
            days=days,
            seeds=range(1, seeds + 1),
            edge=edge,
            real=real if real is not None or not named else Path(named),
            progress=session.progress,
        )
    table = realisms.as_rows(result)
    title = (
        f"{seeds} samples of {days} days beside {result.real or 'no recordings'}: "
        f"{result.count_near} of {result.count_compared} near"
    )
    session.show(finite(asdict(result)), rows_table(title, table, list(table[0])[1:]))
