"""What SQL must keep: it runs on two engines, names its numbers and its files.

Each rule takes a file's text and returns what breaks it, empty where nothing does.
"""

from __future__ import annotations

import re

_COMMENT = re.compile(r"--[^\n]*|\{#.*?#\}", re.DOTALL)
_STATEMENT = re.compile(r"\{%.*?%\}", re.DOTALL)
_EXPRESSION = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_STRING = re.compile(r"'(?:[^']|'')*'")
_TYPE = re.compile(r"\b(?:decimal|numeric|varchar|char)\s*\([\d\s,]+\)")
_NUMBER = re.compile(r"(?<![\w.])(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?(?![\w.])")
_ALLOWED = (0.0, 1.0)
_MACRO = re.compile(
    r"\{%-?\s*(?:macro|test)\s+(\w+)\s*\(.*?%\}(.*?)\{%-?\s*end(?:macro|test)",
    re.DOTALL,
)
_ENGINE = ("default__", "duckdb__", "spark__")

# Words that one of the engines lacks; a dispatched macro may use its engine's own.
UNPORTABLE = {
    "arg_max": r"\barg_max(?:_null)?\s*\(",
    "arg_min": r"\barg_min(?:_null)?\s*\(",
    "asof join": r"\basof\b",
    "list functions": r"\blist(?:_\w+)?\s*\(",
    "lambda": r"\blambda\b",
    "struct functions": r"\bstruct_\w+\s*\(",
    "columns()": r"\bcolumns\s*\(",
    "exclude": r"\bexclude\b|\breplace\s*\(\s*\w+\s+as\b",
    "pivot": r"\b(?:un)?pivot\b",
    "unnest": r"\bunnest\s*\(",
    "generate_series": r"\bgenerate_series\s*\(",
    "date_diff": r"\bdate_?diff\s*\(",
    "epoch": r"\bepoch(?:_\w+)?\s*\(",
    "time_bucket": r"\btime_bucket\s*\(",
    "quantile_cont": r"\bquantile\w*\s*\(",
    "read files": r"\bread_(?:parquet|csv|json)\w*\s*\(",
    "ignore nulls": r"\bignore\s+nulls\b",
    "whole division": r"//",
    "string_agg": r"\bstring_agg\s*\(",
    "strftime": r"\bstrf?ptime\s*\(|\bstrftime\s*\(",
}
_NAMES = {
    "staging": re.compile(r"stg_[a-z0-9]+__[a-z0-9_]+"),
    "intermediate": re.compile(r"int_[a-z0-9_]+_[a-z]+_to_[a-z_]+"),
    "marts": re.compile(r"(?!stg_|int_|fct_|dim_|mart_)[a-z][a-z_]*"),
}


def bare(text: str) -> str:
    """Return the SQL of a model without comments, Jinja and strings."""
    text = _STATEMENT.sub(" ", _COMMENT.sub(" ", text))
    return _STRING.sub("''", _EXPRESSION.sub(" x ", text)).lower()


def unportable(text: str) -> list[str]:
    """Return the words of a model that an engine lacks."""
    sql = bare(text)
    return [name for name, pattern in UNPORTABLE.items() if re.search(pattern, sql)]


def unportable_macros(text: str) -> list[str]:
    """Return ``macro: word`` for macros that are not dispatched and use such words."""
    found = []
    for name, body in _MACRO.findall(_COMMENT.sub(" ", text)):
        if not name.startswith(_ENGINE):
            found += [f"{name}: {word}" for word in unportable(body)]
    return found


def literals(text: str) -> list[str]:
    """Return the numbers other than 0 and 1 that a model writes down."""
    sql = _TYPE.sub(" ", bare(text))
    return [found for found in _NUMBER.findall(sql) if float(found) not in _ALLOWED]


def selects_all(text: str) -> bool:
    """Return whether a model selects every column without naming them."""
    star = r"(?:\bselect|\bdistinct|,)\s+(?:\w+\.)?\*"
    return re.search(star, bare(text)) is not None


def has_header(text: str) -> bool:
    """Return whether a file begins with a comment that says why it exists."""
    return text.startswith(("-- ", "{#"))


def is_well_named(layer: str, name: str) -> bool:
    """Return whether a model of ``layer`` is named as its layer demands."""
    return _NAMES[layer].fullmatch(name) is not None
