"""The published version as an object of a notebook: SQL in, Polars frames out."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from types import TracebackType

import polars as pl

from solalpha.config import load_paths
from solalpha.errors import ConfigError, DataError
from solalpha.warehouse import duck, rows_sql, versions
from solalpha.warehouse.moments import Moment, interval, naive
from solalpha.warehouse.reader import Reader

_KEYS = ("coin", "bar_closed_at")


class Published:
    """Answer from one published version, which newer ones never change.

    Frames carry aware UTC times. Where a method takes ``since`` and ``until``, it
    returns rows with ``since <= bar_closed_at < until``; each is a date, an aware
    datetime, or ISO text that is UTC unless it says otherwise.
    """

    def __init__(self, reader: Reader, path: Path, schema: str) -> None:
        self._reader = reader
        self._schema = schema
        self.path = path

    @classmethod
    def open(cls, path: Path | str | None = None, *, schema: str = "main") -> Published:
        """Open ``path``: a data directory or a published file; see ``solalpha.open``.

        Raises
        ------
        DataError
            If nothing is published there, or not this schema.
        """
        file = _file(path)
        reader = Reader.open_file(file)
        if schema not in reader.schemas:
            reader.close()
            raise DataError(
                f"{file} holds no schema {schema!r}; expected one of "
                f"{', '.join(reader.schemas)} (daily comes from "
                "`solalpha build --target daily`)"
            )
        return cls(reader, file, schema)

    def close(self) -> None:
        """Let go of the file."""
        self._reader.close()

    def __enter__(self) -> Published:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Published({str(self.path)!r}, schema={self._schema!r})"

    @property
    def build_id(self) -> str:
        """Return the id of the version: the same id, the same cells."""
        return self._reader.build_id

    def sql(
        self,
        query: str,
        parameters: Sequence[object] | Mapping[str, object] | None = None,
    ) -> pl.DataFrame:
        """Run one statement that returns rows; ``daily.bars`` names the other schema.

        Parameters
        ----------
        parameters
            Values for ``?`` in order, or for ``$name`` by name.

        Raises
        ------
        ConfigError
            If the SQL is wrong or would write.
        """
        return self._reader.query(query, parameters)

    def tables(self) -> pl.DataFrame:
        """Return one row per table: its rows, columns, causality and description."""
        kept = [
            entry for entry in self._reader.tables() if entry.schema == self._schema
        ]
        fields = ("name", "rows", "columns", "causality", "known_at", "description")
        return pl.DataFrame(
            {name: [getattr(entry, name) for entry in kept] for name in fields}
        )

    def describe(self, table: str) -> pl.DataFrame:
        """Return one row per column of ``table``: type, unit, role and description.

        Raises
        ------
        ConfigError
            If there is no such table.
        """
        found = self.sql(rows_sql.column_words(self._schema), [self._schema, table])
        if found.is_empty():
            names = self.tables()["name"].to_list()
            raise ConfigError(f"no table {table!r}; {_expected(table, names)}")
        return found

    def bars(
        self,
        coin: str | None = None,
        *,
        since: Moment | None = None,
        until: Moment | None = None,
        columns: Iterable[str] | None = None,
        every: timedelta | str | None = None,
    ) -> pl.DataFrame:
        """Return bars as they were known at their decisions, gaps as null prices.

        Parameters
        ----------
        coin
            The coin wanted; None for all.
        columns
            Columns wanted beside the key; None for all.
        every
            A longer interval, as ``"4 hours"`` or a timedelta: whole buckets of one
            coin (macro ``resample_bars``).

        Raises
        ------
        DataError
            If the coin is unknown.
        ConfigError
            If a column or a time is not understood.
        """
        source = None
        if every is not None:
            if coin is None:
                raise ConfigError("bars(every=...) works on one coin; expected coin=")
            length = interval(every)
            source = f"{self._schema}.resample_bars({duck.literal(coin)}, {length})"
        return self._rows(
            "bars", coin, since=since, until=until, columns=columns, source=source
        )

    def features(
        self,
        coin: str | None = None,
        *,
        since: Moment | None = None,
        until: Moment | None = None,
        columns: Iterable[str] | None = None,
    ) -> pl.DataFrame:
        """Return features, a row per coin and bar, known at ``decided_at``.

        Arguments and errors are those of ``bars``.
        """
        return self._rows("features", coin, since=since, until=until, columns=columns)

    def training_rows(
        self,
        coin: str | None = None,
        *,
        since: Moment | None = None,
        until: Moment | None = None,
        columns: Iterable[str] | None = None,
        known_by: Moment | None = None,
    ) -> pl.DataFrame:
        """Return features with their labels, which look ahead and end at ``known_at``.

        Arguments and errors are those of ``bars``.

        Parameters
        ----------
        known_by
            Leave out rows whose label was not known at this moment, as a model fitted
            then had to; None for all.
        """
        return self._rows(
            "training_rows",
            coin,
            since=since,
            until=until,
            columns=columns,
            known_by=known_by,
        )

    def as_of(self, table: str, coin: str, moment: Moment) -> pl.DataFrame:
        """Return the newest row of a causal table that was known at ``moment``.

        Raises
        ------
        DataError
            If the coin is unknown.
        ConfigError
            If the table is unknown, looks forward or has no ``decided_at``.
        """
        held = self.describe(table)["column_name"].to_list()
        listed = self.tables()
        causal = listed.filter(causality="causal")["name"].to_list()
        if table not in causal or "decided_at" not in held:
            raise ConfigError(
                f"table {table!r} is not causal or has no decided_at; expected a table "
                "such as bars, features or regimes: a row of another may hold what "
                "came later"
            )
        self._require_coin(table, coin)
        return self.sql(
            f"select * from {self._schema}.{duck.quoted(table)} "
            "where coin = ? and decided_at <= ? order by decided_at desc limit 1",
            [coin, naive(moment)],
        )

    def _rows(
        self,
        table: str,
        coin: str | None,
        *,
        since: Moment | None,
        until: Moment | None,
        columns: Iterable[str] | None,
        known_by: Moment | None = None,
        source: str | None = None,
    ) -> pl.DataFrame:
        # The source, where it is not the table itself, has the table's key.
        if coin is not None:
            self._require_coin(table, coin)
        source = source or f"{self._schema}.{duck.quoted(table)}"
        asked = {
            "coin = ?": coin,
            "bar_closed_at >= ?": None if since is None else naive(since),
            "bar_closed_at < ?": None if until is None else naive(until),
            "known_at <= ?": None if known_by is None else naive(known_by),
        }
        kept = {test: value for test, value in asked.items() if value is not None}
        where = f"where {' and '.join(kept)}" if kept else ""
        return self.sql(
            f"select {self._listed(source, columns)} from {source} {where} "
            "order by coin, bar_closed_at",
            list(kept.values()),
        )

    def _listed(self, source: str, columns: Iterable[str] | None) -> str:
        if columns is None:
            return "*"
        if isinstance(columns, str):
            raise ConfigError(f"columns={columns!r} is text; expected a list of names")
        held = self.sql(f"select * from {source} limit 0").columns
        wanted = [name for name in columns if name not in _KEYS]
        for name in wanted:
            if name not in held:
                raise ConfigError(f"no column {name!r}; {_expected(name, held)}")
        return ", ".join(duck.quoted(name) for name in dict.fromkeys((*_KEYS, *wanted)))

    def _require_coin(self, table: str, coin: str) -> None:
        name = f"{self._schema}.{duck.quoted(table)}"
        held = self.sql(f"select distinct coin from {name} order by coin")
        coins = held["coin"].to_list()
        if coin not in coins:
            raise DataError(
                f"{table} holds no coin {coin!r}; expected one of "
                f"{', '.join(coins) or 'none: it has no rows'}"
            )


def _file(path: Path | str | None) -> Path:
    if path is not None:
        file = Path(path).expanduser().resolve()
        if file.is_file():
            return file
        if not file.is_dir():
            raise DataError(
                f"{path} does not exist; expected a data directory or a published "
                ".duckdb file"
            )
    return versions.current(load_paths(path))


def _expected(name: str, held: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, held, n=3)
    if near:
        return f"expected one that exists, such as {', '.join(near)}"
    return "expected one that exists: see tables() and describe(table)"
