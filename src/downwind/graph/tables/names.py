"""Names by number, kept as Arrow keeps them: twenty bytes each and not a Python object."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import overload

import pyarrow as pa
import pyarrow.compute as pc


class Names(Sequence[str]):
    """A sequence of text over a chunked Arrow array without nulls."""

    def __init__(self, chunks: pa.ChunkedArray) -> None:
        self.chunks = chunks

    def __len__(self) -> int:
        return len(self.chunks)

    @overload
    def __getitem__(self, at: int) -> str: ...

    @overload
    def __getitem__(self, at: slice) -> list[str]: ...

    def __getitem__(self, at: int | slice) -> str | list[str]:
        if isinstance(at, slice):
            return [self[i] for i in range(*at.indices(len(self)))]
        return str(self.chunks[at].as_py())

    def __iter__(self) -> Iterator[str]:
        for chunk in self.chunks.chunks:
            yield from chunk.to_pylist()

    def find(self, name: str) -> int | None:
        """The number of a name, or None where nobody is called so; looks through all of them."""
        at = int(pc.index(self.chunks, pa.scalar(name, self.chunks.type)).as_py())
        return None if at < 0 else at
