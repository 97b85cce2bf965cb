"""`downwind compare`: of a model, or in an emulated internet that says that it is one."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from downwind.show.cli.main import app
from downwind.terms import UsageError

MODEL = """
services:
  - name: bird.test
    title: Bird
    capabilities: [{id: feed, declares: [{need: edge, any_of: [hill/cdn#bots]}]}]
  - name: quiet.test
    title: Quiet
    capabilities: [{id: message, declares: [{need: compute, any_of: [dale/compute/north]}]}]
  - name: "evil\\u001b[2J.test"
    title: "evil\\u001b[2J"
    capabilities: [{id: use, declares: [{need: edge, any_of: [hill/cdn]}]}]
"""


def _run(*words: str, width: int = 100) -> str:
    found = CliRunner().invoke(
        app, ["compare", *words], env={"COLUMNS": str(width)}, catch_exceptions=False
    )
    assert found.exit_code == 0
    return found.stdout


@pytest.fixture
def options(tmp_path: Path) -> list[str]:
    file = tmp_path / "model.yaml"
    file.write_text(MODEL, encoding="utf-8")
    return ["--model", str(file), "--store", str(tmp_path / "none")]


def test_a_wide_terminal_shows_both_services_side_by_side(options: list[str]) -> None:
    text = _run("bird", "quiet", *options)
    assert "EMULATION" not in text
    assert "Bird stands on: hill/cdn#bots" in text
    assert "Both stand on: nothing that is known" in text
    assert "only Bird is hit (3)" in text
    assert any(line.split() == ["hill/cdn#bots", "down", "up"] for line in text.splitlines())
    assert any(line.split() == ["dale/*/north", "up", "down"] for line in text.splitlines())


def test_a_narrow_terminal_shows_them_one_under_the_other_and_nothing_runs_over(
    options: list[str],
) -> None:
    lines = _run("bird", "quiet", *options, width=44).splitlines()
    at = lines.index("  hill/cdn#bots")
    assert [line.strip() for line in lines[at + 1 : at + 3]] == ["Bird: down", "Quiet: up"]
    assert max(map(len, lines)) <= 44


def test_what_is_not_certain_has_a_question_mark(options: list[str]) -> None:
    text = _run("bird", "evil\x1b[2J", *options)
    assert any(line.split() == ["hill/cdn#bots", "down", "down?"] for line in text.splitlines())


def test_a_strangers_title_cannot_move_the_cursor(options: list[str]) -> None:
    assert "\x1b[2J" not in _run("bird", "evil\x1b[2J", *options)


def test_programs_get_each_fault_with_whom_it_hits(options: list[str]) -> None:
    form: dict[str, Any] = json.loads(_run("bird", "quiet", "--for", "30m", "--json", *options))
    assert (form["emulation"], form["world"], form["for_seconds"]) == (None, None, 1800.0)
    assert form["a"] == {"service": "bird.test", "title": "Bird", "stands_on": ["hill/cdn#bots"]}
    faults = {fault["scope"]: fault for fault in form["faults"]}
    assert faults["hill/cdn#bots"] == {
        "scope": "hill/cdn#bots",
        "hits": "a",
        "a": "down",
        "b": "up",
        "a_possibly": "down",
        "b_possibly": "up",
    }
    assert faults["dale"]["hits"] == "b"


def test_a_model_and_a_world_exclude_each_other(options: list[str]) -> None:
    with pytest.raises(UsageError, match="exclude each other"):
        _run("bird", "quiet", "--world", "founding", *options)


def test_an_unknown_world_or_service_is_told_before_anything_starts() -> None:
    with pytest.raises(UsageError, match="there is no world 'atlantis'"):
        _run("x", "signal", "--world", "atlantis")
    with pytest.raises(UsageError, match="Did you mean Signal"):
        _run("x", "signl")


def test_without_a_model_an_emulated_internet_is_mapped_and_said_to_be_one() -> None:
    form: dict[str, Any] = json.loads(_run("X", "Signal", "--json"))
    hits = {fault["scope"]: fault["hits"] for fault in form["faults"]}
    assert (form["emulation"], form["world"]) == ("modelled on public reports", "founding")
    assert (hits["cloudflare/proxy#bots"], hits["aws"]) == ("a", "b")
    assert form["observations"] > 0
    assert form["walls"]
