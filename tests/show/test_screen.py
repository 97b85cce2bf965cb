"""What is shown is safe and needs nothing from elsewhere."""

from pathlib import Path

from downwind.show.screen import plain, save_picture, screen


def test_control_characters_of_observed_text_cannot_move_the_cursor() -> None:
    assert "\x1b" not in plain("evil\x1b[2J\r\x00name")
    assert plain("Über.example\n") == "Über.example\n"


def test_a_picture_loads_nothing_from_anywhere(tmp_path: Path) -> None:
    out = screen(record=True)
    out.print("[bold]not markup[/bold]")
    save_picture(out, tmp_path / "p.svg", "title")
    text = (tmp_path / "p.svg").read_text(encoding="utf-8")
    assert "[bold]not" in text.replace("&#160;", " ")
    assert "url(http" not in text.replace('"', "")
    assert "cdn" not in text
