"""Our account against the venue's ledger: equal in everything, or a list of what differs. Pure, and exact."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

__all__ = ["Account", "differences", "from_ledger", "from_summary"]


@dataclass(frozen=True)
class Account:
    """What both sides must agree on. Amounts are exact decimals; `fills` are the ids of all executions."""

    positions: Mapping[str, Decimal]
    fees: Decimal
    cash: Decimal
    fills: frozenset[str]


def differences(ours: Account, venue: Account) -> list[str]:
    """One sentence for each thing that is not the same. Empty: the account is reconciled."""
    found = []
    for symbol in sorted(ours.positions.keys() | venue.positions.keys()):
        a, b = ours.positions.get(symbol, Decimal(0)), venue.positions.get(symbol, Decimal(0))
        if a != b:
            found.append(f"position in {symbol}: ours is {a}, the venue's {b}")
    for name, a, b in (("cash flow", ours.cash, venue.cash), ("fees", ours.fees, venue.fees)):
        if a != b:
            found.append(f"{name}: ours is {a}, the venue's {b}")
    for who, ids in (("the venue", ours.fills - venue.fills), ("we", venue.fills - ours.fills)):
        if ids:
            some = ", ".join(sorted(ids)[:3])
            verb = "does not know" if who == "the venue" else "do not know"
            found.append(f"{who} {verb} {len(ids)} of the other side's fills: {some}")
    return found


def from_ledger(ledger: Mapping[str, Any]) -> Account:
    """The account in the answer of the venue server's `ledger`."""
    return _account(ledger)


def from_summary(summary: Mapping[str, Any]) -> Account:
    """The account in the summary of a live session."""
    return _account(summary["account"])


def _account(tree: Mapping[str, Any]) -> Account:
    return Account(
        positions={symbol: Decimal(entry["position"]) for symbol, entry in tree["instruments"].items()},
        fees=Decimal(tree["fees"]),
        cash=Decimal(tree["cash"]),
        fills=frozenset(tree["fills"]),
    )
