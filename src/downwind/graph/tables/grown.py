"""An array that is filled piece by piece."""

from __future__ import annotations

from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

Number = TypeVar("Number", bound=np.generic)


class Grown(Generic[Number]):
    """Room is taken at once where the size is known: memory is only spent where it is written."""

    def __init__(self, kind: type[Number], room: int) -> None:
        self._array: NDArray[Number] = np.empty(room, dtype=kind)
        self.size = 0

    def append(self, values: NDArray[Number]) -> None:
        """Add values behind the last."""
        end = self.size + len(values)
        if end > len(self._array):
            larger = np.empty(2 * end, dtype=self._array.dtype)
            larger[: self.size] = self.values
            self._array = larger
        self._array[self.size : end] = values
        self.size = end

    @property
    def values(self) -> NDArray[Number]:
        """What was added; not a copy."""
        return self._array[: self.size]
