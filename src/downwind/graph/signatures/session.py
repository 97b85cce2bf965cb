"""A DuckDB session in memory that spills to a folder, and its errors in plain words."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from downwind.terms import CannotMeasure, ModelError, UsageError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

UNITS = {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}


@dataclass(frozen=True, slots=True)
class Session:
    """A connection, and a folder that is removed with it."""

    con: DuckDBPyConnection
    folder: Path

    @property
    def memory(self) -> float:
        """Bytes that DuckDB may use."""
        ((limit,),) = self.con.sql("SELECT current_setting('memory_limit')").fetchall()
        number, unit = limit.split()
        return float(number) * UNITS.get(unit, 1)


def memory_of(limit: str) -> float:
    """The bytes that a limit such as 2GB means to DuckDB; raises UsageError where it means none."""
    with session(limit, None, threads=1) as here:
        return here.memory


@contextmanager
def session(memory_limit: str, temp: Path | None, threads: int) -> Iterator[Session]:
    """Open a session; raises the errors of `plain_errors`."""
    import duckdb

    with tempfile.TemporaryDirectory(prefix="downwind-", dir=temp) as name, plain_errors():
        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": memory_limit,
            "threads": threads,
            "temp_directory": str(Path(name) / "spill"),
            "preserve_insertion_order": False,
            "autoinstall_known_extensions": False,
        }
        try:
            con = duckdb.connect(":memory:", config=config)
        except duckdb.Error as error:
            raise UsageError(
                f"{memory_limit!r} is no limit for memory: {_said(error)}.",
                todo="Write it as 500MB or 4GB.",
            ) from error
        with con:
            yield Session(con, Path(name))


@contextmanager
def plain_errors() -> Iterator[None]:
    """DuckDB's errors as ours: CannotMeasure for memory, ModelError for files and their rows."""
    import duckdb

    try:
        yield
    except duckdb.OutOfMemoryException as error:
        raise CannotMeasure(
            f"it does not fit into the memory or the disk it may use: {_said(error)}.",
            where="signatures",
            todo="Give it a higher memory limit, or a temp folder with more room.",
        ) from error
    except duckdb.Error as error:
        raise ModelError(f"{_said(error)}.", where="edge table") from error


def _said(error: Exception) -> str:
    """What DuckDB says went wrong and in which file, without its advice on its own options."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    advice = [i for i, line in enumerate(lines) if line.startswith("Possible")]
    file = [line.removeprefix("file = ") for line in lines if line.startswith("file = ")]
    said = [line for line in lines[: advice[0] if advice else 1] if "Original Line" not in line]
    return "; ".join([*file, *said]).rstrip(".")
