"""The packaged catalogue is kept compiled, and any edit or damage is noticed."""

from pathlib import Path

import pytest

from downwind.catalog import compiled
from downwind.catalog.compiled import StoredPart
from downwind.catalog.read import package_parts
from downwind.catalog.schema import ProviderFile

PART = StoredPart(
    where="providers/a.yaml",
    form=ProviderFile.model_validate(
        {
            "id": "a",
            "name": "A",
            "products": [{"id": "p", "role": "dns", "name": "P"}],
            "facts": [{"kind": "ns", "suffix": "a.example", "product": "p", "unconfirmed": True}],
            "signatures": [
                {"id": "s", "status": [500], "text": "x", "says": "edge", "weight": 0.5}
                | {"unconfirmed": True}
            ],
        }
    ),
)
FILES = [("providers/a.yaml", b"id: a"), ("providers/b.yaml", b"id: b")]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "downwind" / "catalog.json"


def test_what_is_kept_comes_back_the_same() -> None:
    compiled.keep("key", [PART])
    assert compiled.load("key") == (PART,)


def test_the_whole_package_comes_back_the_same(cache: Path) -> None:
    read = package_parts()
    assert cache.exists()
    assert package_parts() == read


@pytest.mark.parametrize(
    "files",
    [
        [("providers/a.yaml", b"id: a "), ("providers/b.yaml", b"id: b")],
        [("providers/a.yaml", b"id: a")],
        [("providers/c.yaml", b"id: a"), ("providers/b.yaml", b"id: b")],
        [("providers/a.yaml", b"id: aproviders/b.yaml"), ("", b"id: b")],
    ],
)
def test_another_byte_another_name_another_file_is_another_key(
    files: list[tuple[str, bytes]],
) -> None:
    assert compiled.key_of(files) != compiled.key_of(FILES)


def test_another_key_finds_nothing() -> None:
    compiled.keep("one", [PART])
    assert compiled.load("other") is None


@pytest.mark.parametrize(
    "damage", [b"", b"{", b"\xff\xfe", b'{"key":"key"}', b'{"key":"key","x":1}']
)
def test_a_damaged_one_is_made_again(cache: Path, damage: bytes) -> None:
    compiled.keep("key", [PART])
    cache.write_bytes(damage)
    assert compiled.load("key") is None


def test_one_cut_short_is_made_again(cache: Path) -> None:
    compiled.keep("key", [PART])
    whole = cache.read_bytes()
    for length in range(0, len(whole), 7):
        cache.write_bytes(whole[:length])
        assert compiled.load("key") is None


def test_where_it_cannot_be_kept_nothing_is_lost(cache: Path) -> None:
    cache.parent.write_text("a file where the folder should be")
    compiled.keep("key", [PART])
    assert compiled.load("key") is None


def test_without_a_home_nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setattr(Path, "home", _no_home)
    compiled.keep("key", [PART])
    assert compiled.load("key") is None


def _no_home() -> Path:
    raise RuntimeError("Could not determine home directory.")
