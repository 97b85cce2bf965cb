"""Keeps a detector in a file, so that a watcher that starts again goes on."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from downwind.terms import CannotMeasure
from downwind.watch.detection import kernels, latency
from downwind.watch.detection.detector import Detector

FORM = 1
LEDGERS = ("fault", "degraded", "slow")

Kept = dict[str, npt.NDArray[np.generic]]


def save(detector: Detector, file: Path) -> None:
    """Write the whole state in one step: the file is the old one or the new one, never half of it.

    OSError where it cannot be written; the old file stays.
    """
    kept: Kept = {
        "form": np.array(FORM),
        "targets": np.array(detector.targets, np.str_),
        "vantages": np.array(detector.vantages, np.str_),
        "histories": detector.histories,
    }
    for name in LEDGERS:
        ledger = getattr(detector, name)
        kept |= {f"{name}.{part}": getattr(ledger, part) for part in ("pairs", "targets", "turns")}
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **kept)
    beside = file.with_name(file.name + ".new")
    try:
        with beside.open("wb") as out:
            out.write(buffer.getbuffer())
            out.flush()
            os.fsync(out.fileno())
        beside.replace(file)
    except OSError:
        # Half a file on a full disk is room that the log needs.
        beside.unlink(missing_ok=True)
        raise


def resume(detector: Detector, file: Path) -> tuple[int, int]:
    """Fill a new detector with what a file knows of its targets and vantages, by their names.

    Others stay new, and what the file knows besides is passed over. Intervals, groups and
    settings are those of the detector. Returns how many targets and vantages were known.
    CannotMeasure where the file is damaged: then the detector is still as it was.
    """
    try:
        kept = _read(file)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise CannotMeasure(
            f"The state of detection cannot be read: {error}.",
            where=str(file),
            todo="Remove it: the state comes back from the evidence of the last rounds.",
        ) from error
    targets, old_targets = _common(detector.targets, kept["targets"])
    vantages, old_vantages = _common(detector.vantages, kept["vantages"])
    here, there = np.ix_(targets, vantages), np.ix_(old_targets, old_vantages)
    detector.histories[here] = kept["histories"][there]
    for name in LEDGERS:
        ledger = getattr(detector, name)
        intervals = ledger.targets[:, kernels.INTERVAL].copy()
        ledger.pairs[here] = kept[f"{name}.pairs"][there]
        ledger.targets[targets] = kept[f"{name}.targets"][old_targets]
        ledger.turns[targets] = kept[f"{name}.turns"][old_targets]
        ledger.targets[:, kernels.INTERVAL] = intervals
    return len(targets), len(vantages)


def _read(file: Path) -> Kept:
    with file.open("rb") as source, np.load(source, allow_pickle=False) as found:
        kept: Kept = {name: found[name] for name in found.files}
    if int(kept["form"]) != FORM:
        raise ValueError(f"its form is {kept['form']}, not {FORM}")
    many, vantages = len(kept["targets"]), len(kept["vantages"])
    shapes: dict[str, tuple[int, ...]] = {"histories": (many, vantages, latency.BINS)}
    for name in LEDGERS:
        shapes[f"{name}.pairs"] = (many, vantages, kernels.PAIR)
        shapes[f"{name}.targets"] = (many, kernels.TARGET)
        shapes[f"{name}.turns"] = (many, kernels.TURNS)
    for name, shape in shapes.items():
        if kept[name].shape != shape or kept[name].dtype.kind != "f":
            raise ValueError(f"{name} has another shape")
        if np.isnan(kept[name]).any():
            raise ValueError(f"{name} holds what is not a number")
    return kept


def _common(names: Sequence[str], kept: npt.NDArray[np.generic]) -> tuple[list[int], list[int]]:
    """Of the names that both hold: their places here and there."""
    place = {str(name): n for n, name in enumerate(kept)}
    both = [(n, place[name]) for n, name in enumerate(names) if name in place]
    return [here for here, _ in both], [there for _, there in both]
