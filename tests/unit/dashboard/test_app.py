"""The live page reads, escapes, and answers this machine only."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from solalpha.config import load_parameters, load_paths
from solalpha.dashboard import app as dashboard

NOW = datetime(2025, 7, 1, 12, tzinfo=UTC)


def get(data_dir: Path, path: str, host: str = "127.0.0.1", method: str = "GET"):
    page = dashboard.LivePage(
        paths=load_paths(data_dir),
        parameters=load_parameters(),
        venue="paper",
        account="0x" + "0" * 40,
        experiment="perp",
        now=lambda: NOW,
    )
    app = dashboard.create_dashboard(page)

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(
            transport=transport, base_url=f"http://{host}"
        ) as client:
            return await client.request(method, path)

    return asyncio.run(ask())


def test_page_before_anything_was_built_says_what_is_missing(tmp_path: Path) -> None:
    answer = get(tmp_path, "/")
    assert answer.status_code == 200
    assert "No account yet" in answer.text
    assert "no bar with a price is built" in answer.text
    assert "<script" not in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_status_is_served_as_json(tmp_path: Path) -> None:
    facts = get(tmp_path, "/status.json").json()
    assert facts["state"] is None
    assert {alert["key"] for alert in facts["alerts"]} == {
        "data.absent",
        "model.absent",
    }


@pytest.mark.parametrize("host", ["evil.example", "192.0.2.1"])
def test_other_host_names_are_refused(tmp_path: Path, host: str) -> None:
    assert get(tmp_path, "/", host=host).status_code == 400


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_nothing_can_be_written(tmp_path: Path, method: str) -> None:
    assert get(tmp_path, "/", method=method).status_code == 405


def test_no_other_file_can_be_reached(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    assert get(tmp_path, "/../secret.txt").status_code == 404
    assert get(tmp_path, "/report").status_code == 404


def test_newest_report_is_served(tmp_path: Path) -> None:
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "latest.html").write_text("<p>the report</p>")
    assert get(tmp_path, "/report").text == "<p>the report</p>"
    assert 'href="/report"' in get(tmp_path, "/").text


def test_text_from_data_is_escaped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = {"orders": (["state"], [["<script>alert(1)</script>"]])}
    monkeypatch.setattr(dashboard, "newest", lambda paths: rows)
    text = get(tmp_path, "/").text
    assert "<script>" not in text
    assert "&lt;script&gt;" in text
