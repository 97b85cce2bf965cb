"""The page on detection names every setting, with the default that is shipped."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

from downwind.watch.detection import Settings


def test_the_page_has_every_setting_and_its_default(project: Path) -> None:
    text = (project / "docs/detection.md").read_text(encoding="utf-8")

    rows = dict(re.findall(r"^\| `(\w+)` \| ([^|]+) \|", text, re.M))

    assert rows == {each.name: str(each.default) for each in fields(Settings)}
