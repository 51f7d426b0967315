"""Commands about the lake and its tables: sample, build, score."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from solalpha import clock
from solalpha.cli.session import (
    DataDirOption,
    JsonOption,
    Session,
    SetOption,
    facts_table,
    finite,
    rows_table,
)
from solalpha.cycle import source, steps
from solalpha.raw.sample.defects import DEFECTS
from solalpha.sentiment import evaluate


def register(app: typer.Typer) -> None:
    """Add this group's commands to ``app``."""
    app.command()(sample)
    app.command()(build)
    app.command()(score)


def sample(
    days: Annotated[int, typer.Option(help="Days to simulate.")] = source.SAMPLE_DAYS,
    seed: Annotated[int, typer.Option(help="Seed.")] = source.SAMPLE_SEED,
    edge: Annotated[
        float, typer.Option(help="Planted edge in [0, 1]; 0 is an efficient market.")
    ] = source.SAMPLE_EDGE,
    book_interval_s: Annotated[
        int, typer.Option("--book-interval", help="Seconds between order books.")
    ] = source.SAMPLE_BOOK_INTERVAL_S,
    outages_per_year: Annotated[
        float,
        typer.Option("--outages", help="Times a year that books and trades stop."),
    ] = source.SAMPLE_OUTAGES_PER_YEAR,
    defects: Annotated[
        list[str] | None,
        typer.Option("--defect", help="Plant this defect; may be repeated."),
    ] = None,
    is_list: Annotated[
        bool, typer.Option("--list-defects", help="Print the defects and write none.")
    ] = False,
    data_dir: DataDirOption = None,
    overrides: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a simulated market into the raw tables."""
    session = Session.start(
        "sample", data_dir=data_dir, as_json=as_json, overrides=overrides
    )
    if is_list:
        _show_defects(session)
        return
    if defects:
        with session.bars():
            flawed, planted = source.make_defective(
                session.paths,
                session.parameters,
                defects,
                days=days,
                seed=seed,
                edge=edge,
                book_interval_s=book_interval_s,
                outages_per_year=outages_per_year,
                progress=session.progress,
            )
        rows = [asdict(one) for one in planted]
        columns = ["name", "table", "check", "severity", "rows", "first_at", "last_at"]
        session.show(
            finite(asdict(flawed) | {"defects": rows}),
            facts_table("sample", finite(asdict(flawed))),
            rows_table("planted defects", rows, columns),
        )
        return
    with session.bars():
        summary = source.make_sample(
            session.paths,
            session.parameters,
            days=days,
            seed=seed,
            edge=edge,
            book_interval_s=book_interval_s,
            outages_per_year=outages_per_year,
            progress=session.progress,
        )
    session.show(finite(asdict(summary)))


def _show_defects(session: Session) -> None:
    columns = ["name", "severity", "check", "told"]
    rows = [{name: getattr(one, name) for name in columns} for one in DEFECTS]
    told = [row | {"defect": f"{row['told']}\n-> {row['check']}"} for row in rows]
    title = f"{len(rows)} defects, each with the check that finds it"
    table = rows_table(title, told, ["name", "severity", "defect"])
    session.show({"defects": rows}, table)


def build(
    select: Annotated[
        str | None, typer.Option(help="dbt selection, e.g. features+.")
    ] = None,
    target: Annotated[str, typer.Option(help="dbt target: prod, dev or daily.")] = (
        "prod"
    ),
    data_dir: DataDirOption = None,
    overrides: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Build the tables with dbt, then publish a version for readers."""
    session = Session.start(
        "build", data_dir=data_dir, as_json=as_json, overrides=overrides
    )
    with session.bars():
        result = steps.build(
            session.paths,
            session.parameters,
            select=select,
            target=target,
            progress=session.progress,
        )
    session.show(result)


def score(
    scorer: Annotated[
        str | None, typer.Option(help="lexicon or finbert; else the parameter's.")
    ] = None,
    evaluate_file: Annotated[
        Path | None,
        typer.Option("--evaluate", help="JSON list of {text, score} to compare with."),
    ] = None,
    data_dir: DataDirOption = None,
    overrides: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Score the headlines that have no score yet, or evaluate a scorer."""
    session = Session.start(
        "score", data_dir=data_dir, as_json=as_json, overrides=overrides
    )
    name = scorer or session.parameters.sentiment_scorer
    if evaluate_file is not None:
        session.show(finite(asdict(evaluate.evaluate_file(evaluate_file, name))))
        return
    with session.bars():
        summary = steps.score(
            session.paths,
            session.parameters,
            scorer=name,
            scored_at=clock.now(),
            progress=session.progress,
        )
    session.show(asdict(summary), facts_table("scores", asdict(summary)))
