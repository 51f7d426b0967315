"""Text of the project speaks of the project alone and holds no secret."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# The script of the continuous run is the one place that may name its surroundings.
SKIPPED = {Path(__file__), ROOT / ".ci" / "run"}
TEXT = {".py", ".sql", ".yml", ".yaml", ".md", ".toml", ".txt", ".cfg", ".html", ""}
PLACES = re.compile(r"(?<![\w.])/(?:work|tmp/w)\b|\.\./shared|(?<!\w)/shared/")
ISSUES = re.compile(r"\b(?:issue|ticket|pull request|PR) #?\d+|(?<![\w&/])#\d+\b", re.I)
UNFINISHED = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|X" r"XX|HA" r"CK)\b")
AUTHORS = re.compile(r"\b(?:chat" r"gpt|clau" r"de|anthro" r"pic|co" r"pilot)\b", re.I)
SECRETS = re.compile(
    r"(?:private_key|secret|api_key|password)\w*\s*[=:]\s*['\"]?0x[0-9a-f]{64}"
    r"|AKIA[0-9A-Z]{16}|-----BEGIN [A-Z ]*PRIVATE KEY",
    re.I,
)
RULES = {
    "place": PLACES,
    "issue": ISSUES,
    "unfinished": UNFINISHED,
    "author": AUTHORS,
    "secret": SECRETS,
}


def tracked() -> list[Path]:
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z"],
            capture_output=True,
            text=True,
            cwd=ROOT,
            check=True,
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("needs a git checkout, which lists the project's files")
    files = [ROOT / name for name in listed.split("\0") if name]
    return [
        file
        for file in files
        if file.suffix in TEXT and file not in SKIPPED and file.is_file()
    ]


@pytest.mark.parametrize("rule", RULES)
def test_text_holds_no(rule: str) -> None:
    found = [
        f"{file.relative_to(ROOT)}:{number}: {line.strip()[:80]}"
        for file in tracked()
        for number, line in enumerate(
            file.read_text(encoding="utf-8", errors="replace").splitlines(), start=1
        )
        if RULES[rule].search(line)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("place", "see /wo" + "rk/main/README.md"),
        ("place", "read .." + "/shared/design.md"),
        ("issue", "fixes #12"),
        ("issue", "as told in issue 7"),
        ("unfinished", "# TODO later"),
        ("author", "written by Claude"),
        ("secret", "private_key = 0x" + "ab" * 32),
    ],
)
def test_planted_text_is_found(rule: str, text: str) -> None:
    assert RULES[rule].search(text)


@pytest.mark.parametrize(
    "text", ["shared_columns.md", "framework/", "colour: '#123456a'", "0x" + "1" * 40]
)
def test_plain_text_is_left_alone(text: str) -> None:
    assert not any(rule.search(text) for rule in RULES.values())
