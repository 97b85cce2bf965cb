"""What the fuzzer found worth keeping: each parser reads all of it, and soon."""

import time
from pathlib import Path

import pytest

from tests.fuzz.targets import TARGETS

CORPUS = Path(__file__).parent / "corpus"
SOON = 2.0
"""Seconds for an input of some kilobytes on a busy machine; a hang takes longer."""


@pytest.mark.parametrize("target", sorted(TARGETS))
def test_a_parser_reads_its_corpus_or_says_what_is_wrong(target: str) -> None:
    files = sorted((CORPUS / target).iterdir())
    assert len(files) >= 5
    for file in files:
        began = time.perf_counter()
        TARGETS[target](file.read_bytes())
        assert time.perf_counter() - began < SOON, file


@pytest.mark.parametrize("target", sorted(TARGETS))
def test_a_parser_reads_its_corpus_cut_off_anywhere(target: str) -> None:
    for file in sorted((CORPUS / target).iterdir()):
        data = file.read_bytes()
        for end in range(0, len(data), max(1, len(data) // 40)):
            TARGETS[target](data[:end])


def test_every_corpus_has_its_target() -> None:
    assert {folder.name for folder in CORPUS.iterdir()} == set(TARGETS)
