"""The micro-price of Stoikov (2018): a Markov chain of imbalance and spread, estimated over all quotes."""

from __future__ import annotations

from typing import Any

import numpy as np

from nanotick.formulas.estimators import estimator

__all__ = ["stoikov_microprice"]


@estimator("stoikov_microprice")
def stoikov_microprice(
    bid: Any, ask: Any, bid_size: Any, ask_size: Any, *, n_imb: int, n_spread: int, iters: int, tick: float
) -> tuple[Any, Any]:
    """Micro-price and its distance from the mid for each quote; NaN for quotes that are in no state of the chain."""
    mid = 0.5 * (bid + ask)
    state = _states(bid, ask, bid_size, ask_size, n_imb, n_spread, tick)
    adjustment = np.append(_adjustments(state, mid, n_imb, n_imb * n_spread, iters, tick), np.nan)
    # State -1 is none: the NaN at the end.
    return mid + adjustment[state], adjustment[state]


def _states(bid: Any, ask: Any, bid_size: Any, ask_size: Any, n_imb: int, n_spread: int, tick: float) -> Any:
    """spread * n_imb + imbalance of each quote, from 0; -1 for a quote that is in no state."""
    sizes = bid_size + ask_size
    imbalance = np.divide(bid_size, sizes, out=np.full(len(sizes), 0.5), where=sizes > 0.0)
    spread = np.rint((ask - bid) / tick) - 1.0
    good = (
        np.isfinite(imbalance) & (spread >= 0.0) & (spread < n_spread) & (bid_size >= 0.0) & (ask_size >= 0.0)
    )
    # Sizes are decimals: a share within 1e-12 below the edge of a bucket is at it.
    bucket = np.minimum(np.floor(np.where(good, imbalance, 0.0) * n_imb + 1e-12), n_imb - 1)
    return np.where(good, np.where(good, spread, 0.0) * n_imb + bucket, -1).astype(np.int64)


def _adjustments(state: Any, mid: Any, n_imb: int, states: int, iters: int, tick: float) -> Any:
    """Expected move of the mid over its next `iters` moves, by state."""
    moves = np.diff(mid)
    pairs = (state[:-1] >= 0) & (state[1:] >= 0)
    before, after, moves = state[:-1][pairs], state[1:][pairs], moves[pairs]
    moved = np.abs(moves) >= 0.25 * tick
    # Every transition counts once more in the mirror, where bid and ask have changed places.
    mirror = np.arange(states).reshape(-1, n_imb)[:, ::-1].ravel()
    before, after = np.concatenate([before, mirror[before]]), np.concatenate([after, mirror[after]])
    moves, moved = np.concatenate([moves, -moves]), np.concatenate([moved, moved])

    stay, leave, drift = np.zeros((states, states)), np.zeros((states, states)), np.zeros(states)
    np.add.at(stay, (before[~moved], after[~moved]), 1.0)
    np.add.at(leave, (before[moved], after[moved]), 1.0)
    np.add.at(drift, before[moved], moves[moved])
    visits = stay.sum(axis=1) + leave.sum(axis=1)
    share = np.divide(1.0, visits, out=np.zeros(states), where=visits > 0.0)
    stay, leave, drift = stay * share[:, None], leave * share[:, None], drift * share

    # Where no move can be reached the equations are singular, and the expected move is 0.
    open_end = leave.sum(axis=1) > 0.0
    reached = -1
    while (count := int(open_end.sum())) > reached:
        reached = count
        open_end |= stay[:, open_end].sum(axis=1) > 0.0
    inside = np.ix_(open_end, open_end)
    system = np.eye(reached) - stay[inside]
    first, jump = np.zeros(states), np.zeros((states, states))
    first[open_end] = np.linalg.solve(system, drift[open_end])
    jump[open_end] = np.linalg.solve(system, leave[open_end])

    total, term = np.zeros(states), first
    for _ in range(iters):
        total, term = total + term, jump @ term
    return np.where(visits > 0.0, total, np.nan)
