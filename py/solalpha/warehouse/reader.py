"""Read the published version: consistent, lock-free, and unable to write anything.

A reader resolves the link once; what is published later is seen by the next reader.
Frames carry aware UTC times.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType

import duckdb
import polars as pl

from solalpha.config import Parameters, Paths
from solalpha.errors import ConfigError, DataError
from solalpha.warehouse import catalog as catalogue
from solalpha.warehouse import duck, listing, rows_sql, versions
from solalpha.warehouse.build import DAILY, DAILY_BARS, PROD
from solalpha.warehouse.listing import TableEntry
from solalpha.warehouse.moments import naive
from solalpha.warehouse.parts import INFO_TABLE, SCHEMAS

_ATTEMPTS = 5
_BARRED_TABLE = "barred_features"
# Experiments whose models trade live.
_LIVE = frozenset({"perp"})


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingTable:
    """Hold one coin's bars in time order and the names of their features.

    ``frame`` has the columns coin, bar_closed_at, decided_at, is_warm, the features
    in ``feature_names`` order, label_return, label_up, sample_weight, known_at and
    quality_verdict. The label's columns are null where the row is not warm or the
    label is not known yet; training drops such rows, prediction reads them.
    ``barred_features`` are those of the experiment that stand in no column, because
    adopted order flow behind them disagrees with our own recordings.
    """

    frame: pl.DataFrame
    feature_names: tuple[str, ...]
    barred_features: tuple[str, ...] = ()


class Reader:
    """Answer questions from one published version; close it or use ``with``."""

    def __init__(self, connection: duck.Connection) -> None:
        self._connection = connection
        self._schemas = tuple(
            schema
            for schema in SCHEMAS.values()
            if duck.has_table(self._connection, schema, INFO_TABLE)
        )
        if not self._schemas:
            raise DataError(
                "the file has no build_info, so it is no published version; expected "
                "warehouse/current.duckdb or one of warehouse/versions"
            )
        self._catalogs: dict[str, catalogue.Catalog] = {}

    @classmethod
    def open(cls, paths: Paths) -> Reader:
        """Open the current version for reading.

        Raises
        ------
        DataError
            If nothing was published or the file cannot be read.
        """
        for attempt in range(_ATTEMPTS):
            file = versions.current(paths)
            try:
                return cls.open_file(file)
            except DataError:
                # The version may have been pruned between the two steps.
                if file.exists() or attempt == _ATTEMPTS - 1:
                    raise
        raise DataError(f"published versions in {paths.warehouse} vanish while read")

    @classmethod
    def open_file(cls, file: Path) -> Reader:
        """Open one published file for reading.

        Raises
        ------
        DataError
            If the file cannot be read or is none that was published.
        """
        try:
            connection = duck.read_only(file)
        except duckdb.Error as error:
            raise DataError(
                f"published version {file} cannot be read "
                f"({duck.first_line(error)}); run `solalpha build`"
            ) from error
        try:
            return cls(connection)
        except DataError as error:
            connection.close()
            raise DataError(f"{file}: {error}") from error

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def __enter__(self) -> Reader:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def schemas(self) -> tuple[str, ...]:
        """Return the schemas of the version: ``main``, ``daily`` or both."""
        return self._schemas

    @property
    def build_id(self) -> str:
        """Return the id of the version that this reader holds."""
        return str(self._info(self._schemas[0], "build_id"))

    @property
    def catalog(self) -> catalogue.Catalog:
        """Return what the public models of the version mean."""
        return self._catalog(self._schemas[0])

    def parameters(self, target: str = PROD) -> Parameters:
        """Return the numbers that ``target`` was built with."""
        found = json.loads(str(self._info(self._schema(target), "parameters")))
        return Parameters(**found)

    def query(
        self,
        sql: str,
        parameters: Sequence[object] | Mapping[str, object] | None = None,
    ) -> pl.DataFrame:
        """Run one statement that returns rows.

        Raises
        ------
        ConfigError
            If the SQL is wrong, holds more than one statement, returns no rows,
            writes, or reads another file.
        """
        try:
            statements = self._connection.extract_statements(sql)
            if len(statements) > 1:
                raise ConfigError(
                    f"{_short(sql)} holds {len(statements)} statements; expected one"
                )
            relation = self._connection.sql(sql, params=parameters or None)
            if relation is None:
                raise ConfigError(f"{_short(sql)} returns no rows; expected a select")
            return duck.as_utc(relation.pl())
        except duckdb.ConnectionException as error:
            raise ConfigError(duck.CLOSED) from error
        except duckdb.Error as error:
            raise ConfigError(f"query refused: {duck.first_line(error)}") from error
        except pl.exceptions.PolarsError as error:
            raise ConfigError(
                f"{_short(sql)} has a column that frames cannot hold, as an interval; "
                "expected a cast, such as to varchar "
                f"({duck.first_line(error).split('. Hint')[0]})"
            ) from error

    def tables(self) -> tuple[TableEntry, ...]:
        """Return every table of the version, the main schema first."""
        return listing.tables(
            self._connection, {name: self._catalog(name) for name in self._schemas}
        )

    def count(self, table: str, coin: str) -> int:
        """Return the rows that ``table`` of the main schema holds for ``coin``.

        Raises
        ------
        ConfigError
            If there is no such table or it has no column ``coin``.
        """
        sql = f"select count(*) from {duck.quoted(table)} where coin = ?"
        return int(self.query(sql, [coin]).item())

    def training_rows(self, coin: str, experiment: str) -> TrainingTable:
        """Return the bars of ``coin`` for ``experiment``, labelled where known.

        The experiment ``paper`` reads daily bars, ``perp`` the bars of ``prod``.
        Features that are barred from live models are left out of ``perp``.

        Raises
        ------
        DataError
            If the version holds no such bars, or every feature is barred.
        """
        target = self._target_of(experiment)
        schema = self._schema(target)
        names = tuple(
            entry.name for entry in self._catalog(schema).features(experiment)
        )
        barred = self.barred_features(coin, experiment)
        kept = tuple(name for name in names if name not in barred)
        if not kept:
            raise DataError(
                f"all {len(names)} features of {experiment!r} are barred for {coin}: "
                "adopted order flow disagrees with our recordings; expected some that "
                "agree; see the tables barred_features and order_flow_agreement"
            )
        sql = rows_sql.training_rows(schema, kept)
        return TrainingTable(
            frame=self.query(sql, [coin]),
            feature_names=kept,
            barred_features=tuple(name for name in names if name in barred),
        )

    def barred_features(self, coin: str, experiment: str) -> frozenset[str]:
        """Return the features that models of ``experiment`` may not read.

        Only models that trade live are kept from them; a version without the table
        bars none.
        """
        schema = self._schema(self._target_of(experiment))
        if experiment not in _LIVE or not duck.has_table(
            self._connection, schema, _BARRED_TABLE
        ):
            return frozenset()
        sql = f"select feature from {schema}.{_BARRED_TABLE} where coin = ?"
        return frozenset(self.query(sql, [coin])["feature"].to_list())

    def decision_rows(
        self, coin: str, since: datetime | None = None, *, target: str = PROD
    ) -> pl.DataFrame:
        """Return what a decision and its fill may read, one row per bar, in order.

        Parameters
        ----------
        since
            First ``bar_closed_at`` wanted, aware; None for all.
        target
            ``prod``, or ``daily`` for the daily bars.
        """
        schema = self._schema(target)
        moment = datetime(1970, 1, 1) if since is None else naive(since)  # noqa: DTZ001
        return self.query(rows_sql.decision_rows(schema), [coin, moment])

    def _target_of(self, experiment: str) -> str:
        if experiment != "paper" or SCHEMAS[DAILY] in self._schemas:
            return DAILY if experiment == "paper" else PROD
        if self.parameters().bar_minutes == int(DAILY_BARS["bar_minutes"]):
            return PROD
        raise DataError(
            f"experiment {experiment!r} needs daily bars; version {self.build_id} "
            "has none; run `solalpha build --target daily`"
        )

    def _schema(self, target: str) -> str:
        schema = SCHEMAS.get(target)
        if schema is None or schema not in self._schemas:
            raise DataError(
                f"version {self.build_id} holds no {target!r} tables; expected "
                f"`solalpha build --target {target}` before it was published"
            )
        return schema

    def _catalog(self, schema: str) -> catalogue.Catalog:
        if schema not in self._catalogs:
            self._catalogs[schema] = catalogue.read(self._connection, schema)
        return self._catalogs[schema]

    def _info(self, schema: str, column: str) -> object:
        ((value,),) = duck.rows(
            self._connection, f"select {column} from {schema}.{INFO_TABLE}"
        )
        return value


def _short(sql: str) -> str:
    text = " ".join(sql.split())
    return repr(text if len(text) <= 60 else text[:57] + "...")
