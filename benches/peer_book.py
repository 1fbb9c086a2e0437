"""Applying level changes to a book: sortedcontainers and plain dictionaries, on the recorded diffs. Per change."""

from __future__ import annotations

import itertools
import json
from typing import Any

from messages import recorded
from quiet import best_ns, report
from sortedcontainers import SortedDict

Change = tuple[int, float]


def diffs(count: int = 400) -> list[tuple[list[Change], list[Change]]]:
    """Recorded diffs with whole ticks, decoded beforehand."""
    found = []
    for message in itertools.islice(recorded("depthUpdate"), count):
        body: dict[str, Any] = json.loads(message)
        body = body.get("data", body)
        sides = [[(round(float(px) * 10), float(qty)) for px, qty in body[side]] for side in "ba"]
        found.append((sides[0], sides[1]))
    return found


class Book:
    """Two maps and the touch after each message."""

    def __init__(self, kind: type) -> None:
        self.bids, self.asks = kind(), kind()
        self.is_sorted = kind is SortedDict

    def apply(self, diff: tuple[list[Change], list[Change]]) -> tuple[int, int]:
        """One message; the best prices after it."""
        for book, changes in ((self.bids, diff[0]), (self.asks, diff[1])):
            for px, qty in changes:
                if qty:
                    book[px] = qty
                else:
                    book.pop(px, None)
        if self.is_sorted:
            return self.bids.peekitem(-1)[0], self.asks.peekitem(0)[0]
        return max(self.bids), min(self.asks)


if __name__ == "__main__":
    messages = diffs()
    per_message = sum(len(bids) + len(asks) for bids, asks in messages) / len(messages)
    for name, kind in (("sortedcontainers", SortedDict), ("dict", dict)):
        report(f"book.level_change.peer.{name}", best_ns(Book(kind).apply, messages, 20) / per_message)
