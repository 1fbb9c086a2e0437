"""Our account against the venue's ledger: equal in everything, or a list of what differs. Pure, and exact.

Ours is added up here from the fills in the journal, in whole units, apart from the engine's own account.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

__all__ = ["Account", "Execution", "differences", "from_fills", "from_ledger"]

#: A fee is kept in units of 10^-12 of the settlement coin.
FEE_UNIT = Decimal("1e-12")
BUY = 1
SHOWN = 3


@dataclass(frozen=True)
class Execution:
    """One fill as both sides must know it."""

    client_id: str
    symbol: str
    side: str
    px: Decimal
    qty: Decimal
    fee: Decimal

    def __str__(self) -> str:
        return f"{self.client_id} {self.side} {self.qty:f} {self.symbol} at {self.px:f}"


@dataclass(frozen=True)
class Account:
    """What both sides must agree on. `cash` is the deposit, plus what sells brought, less buys and fees."""

    positions: Mapping[str, Decimal]
    cash: Decimal
    fees: Decimal
    executions: Counter[Execution]


def differences(ours: Account, venue: Account) -> list[str]:
    """One sentence for each thing that is not the same. Empty: the account is reconciled."""
    found = []
    for symbol in sorted(ours.positions.keys() | venue.positions.keys()):
        a, b = ours.positions.get(symbol, Decimal(0)), venue.positions.get(symbol, Decimal(0))
        if a != b:
            found.append(f"position in {symbol}: ours is {a:f}, the venue's {b:f}")
    for name, a, b in (("cash", ours.cash, venue.cash), ("fees", ours.fees, venue.fees)):
        if a != b:
            found.append(f"{name}: ours is {a:f}, the venue's {b:f}")
    for who, extra in (
        ("the venue does not know", ours.executions - venue.executions),
        ("we do not know", venue.executions - ours.executions),
    ):
        if extra:
            some = "; ".join(str(execution) for execution in sorted(extra, key=str)[:SHOWN])
            found.append(f"{who} {extra.total()} of the other side's fills: {some}")
    return found


def from_ledger(ledger: Mapping[str, Any]) -> Account:
    """The venue's account, from the ledger of the venue server."""
    return Account(
        positions={symbol: Decimal(entry["qty"]) for symbol, entry in ledger["positions"].items()},
        cash=Decimal(ledger["cash"]),
        fees=Decimal(ledger["fees"]),
        executions=Counter(
            Execution(
                fill["client_id"],
                fill["symbol"],
                fill["side"],
                Decimal(fill["px"]).normalize(),
                Decimal(fill["qty"]).normalize(),
                Decimal(fill["fee"]).normalize(),
            )
            for fill in ledger["fills"]
        ),
    )


def from_fills(
    fills: Iterable[Mapping[str, Any]],
    instruments: Iterable[Mapping[str, Any]],
    start_cash: str,
    client_text: Callable[[int], str],
) -> Account:
    """Our account, added up from the journal's fills.

    Args:
        fills: with `client instrument side px qty fee`, in ticks, lots and units of 10^-12.
        instruments: by their number in the session, with `symbol tick lot`.
        start_cash: cash at the start.
        client_text: an order id as it stands on the wire.
    """
    table = [(entry["symbol"], Decimal(entry["tick"]), Decimal(entry["lot"])) for entry in instruments]
    positions = {symbol: Decimal(0) for symbol, _, _ in table}
    cash, fees = Decimal(start_cash), Decimal(0)
    executions: Counter[Execution] = Counter()
    for fill in fills:
        symbol, tick, lot = table[int(fill["instrument"])]
        px, qty, fee = int(fill["px"]) * tick, int(fill["qty"]) * lot, int(fill["fee"]) * FEE_UNIT
        is_buy = int(fill["side"]) == BUY
        sign = 1 if is_buy else -1
        positions[symbol] += sign * qty
        cash -= sign * px * qty + fee
        fees += fee
        executions[
            Execution(
                client_text(int(fill["client"])),
                symbol,
                "buy" if is_buy else "sell",
                px.normalize(),
                qty.normalize(),
                fee.normalize(),
            )
        ] += 1
    return Account(positions, cash, fees, executions)
