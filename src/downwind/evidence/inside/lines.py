"""The lines of a log, plain or compressed by gzip, one at a time and none of them too long."""

import gzip
import zlib
from collections.abc import Iterator
from io import BufferedReader

LONGEST_LINE = 64 * 1024
_MOST_CHUNKS = 1024
_GZIP = b"\x1f\x8b"


class Lines:
    """Iterates once over a stream. What ends it early is told in `cut`, and what came is kept."""

    def __init__(self, stream: BufferedReader) -> None:
        self.cut = ""
        """Why the log ended before its end, or empty."""
        packed = stream.peek(2)[:2] == _GZIP
        self._stream = gzip.GzipFile(fileobj=stream) if packed else stream

    def __iter__(self) -> Iterator[str | None]:
        """Each line without its end; None for one that is too long. Bytes are read as Latin-1."""
        try:
            while line := self._stream.readline(LONGEST_LINE):
                if line.endswith(b"\n") or len(line) < LONGEST_LINE:
                    yield line.rstrip(b"\r\n").decode("latin-1")
                    continue
                if not self._pass_over():
                    self.cut = "a line does not end within 64 MB"
                    return
                yield None
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            self.cut = f"the gzip is damaged or cut off: {error}"
        except OSError as error:
            self.cut = f"it could not be read on: {error.strerror or error}"

    def _pass_over(self) -> bool:
        for _ in range(_MOST_CHUNKS):
            rest = self._stream.readline(LONGEST_LINE)
            if not rest or rest.endswith(b"\n"):
                return True
        return False
