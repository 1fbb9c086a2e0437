"""The other side of a native measurement, as a program: `python -m nanotick.bench.peer ROLE …`."""

from __future__ import annotations

import sys

from nanotick import _core

if __name__ == "__main__":
    _core.bench_peer(sys.argv[1:])
