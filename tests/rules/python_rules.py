"""What Python must keep: short files, one owner per heavy library, no hidden clock.

Each rule takes a module's text and returns what breaks it, empty where nothing does.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

MODULE_LINES = 300
FUNCTION_LINES = 40
# One room owns each heavy library; the first part of a module's path is its room.
OWNERS = {
    "duckdb": "warehouse",
    "dbt": "warehouse",
    "xgboost": "model",
    "lightgbm": "model",
    "sklearn": "model",
    "torch": "sentiment",
    "transformers": "sentiment",
    "backtrader": "backtest",
    "prefect": "flows",
}
UNSAFE = ("pickle", "cPickle", "dill", "joblib", "cloudpickle", "shelve")
FEATURE_CALLS = ("rolling", "ewm", "ewm_mean", "ewm_std", "shift", "pct_change")
_ROLLING = re.compile(r"rolling_\w+")
_CLOCKS = {
    "now": ("datetime",),
    "utcnow": ("datetime",),
    "today": ("datetime", "date"),
    "time": ("time",),
    "time_ns": ("time",),
}

_Function = ast.FunctionDef | ast.AsyncFunctionDef


def long_module(text: str) -> list[str]:
    """Return the module's lines where they are too many."""
    lines = len(text.splitlines())
    return [f"{lines} lines"] if lines >= MODULE_LINES else []


def long_functions(text: str) -> list[str]:
    """Return the functions whose body is too long; docstrings count not."""
    return [
        f"{node.name}: {lines} lines"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, _Function)
        and (lines := _body_lines(node) - _docstring_lines(node)) >= FUNCTION_LINES
    ]


def foreign_imports(text: str, room: str) -> list[str]:
    """Return the heavy libraries that another room owns."""
    return [name for name in _imported(text) if OWNERS.get(name, room) != room]


def unsafe_imports(text: str) -> list[str]:
    """Return the libraries that run code when they read a file."""
    return [name for name in _imported(text) if name in UNSAFE]


def silent_handlers(text: str) -> list[str]:
    """Return handlers without a type: they swallow an interrupt."""
    return [
        f"line {node.lineno}"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ExceptHandler) and node.type is None
    ]


def assertions(text: str) -> list[str]:
    """Return assert statements: an optimised interpreter drops them."""
    return [
        f"line {node.lineno}"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Assert)
    ]


def feature_arithmetic(text: str) -> list[str]:
    """Return calls that compute features, which belong to SQL."""
    return [
        f"line {node.lineno}: {node.func.attr}"
        for node in _calls(text)
        if isinstance(node.func, ast.Attribute)
        and (node.func.attr in FEATURE_CALLS or _ROLLING.fullmatch(node.func.attr))
    ]


def clock_reads(text: str) -> list[str]:
    """Return calls that ask for the present moment."""
    return [
        f"line {node.lineno}: {ast.unparse(node.func)}"
        for node in _calls(text)
        if isinstance(node.func, ast.Attribute)
        and ast.unparse(node.func.value).split(".")[-1]
        in _CLOCKS.get(node.func.attr, ())
    ]


def _calls(text: str) -> Iterator[ast.Call]:
    return (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call))


def _imported(text: str) -> list[str]:
    names = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names += [alias.name.split(".")[0] for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.append(node.module.split(".")[0])
    return names


def _lines(node: ast.stmt | ast.expr) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def _body_lines(node: _Function) -> int:
    return (node.end_lineno or node.lineno) - node.body[0].lineno + 1


def _docstring_lines(node: ast.AST) -> int:
    body = getattr(node, "body", [])
    if not body or not isinstance(body[0], ast.Expr):
        return 0
    value = body[0].value
    is_text = isinstance(value, ast.Constant) and isinstance(value.value, str)
    return _lines(value) if is_text else 0
