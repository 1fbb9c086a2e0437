"""Performance statistics over whole arrays."""

from __future__ import annotations

import itertools
from typing import Any

from nanotick.errors import ConfigError
from nanotick.formulas.estimators import estimator

__all__ = ["bootstrap_ci", "pbo"]

#: Combinations that are worked on at a time.
_CHUNK = 2048


@estimator("pbo")
def pbo(returns: Any, *, s: int, min_obs: int) -> tuple[float, Any, float]:
    """Probability of backtest overfitting by combinatorially symmetric cross-validation.

    Raises:
        ConfigError: `s` is odd (half of the blocks train, half test), or above `min_obs` (no block may be empty).
    """
    import numpy as np

    if s % 2:
        raise ConfigError(
            f"pbo: s is {s}, allowed is an even number", hint="half of the blocks train, half test"
        )
    if s > min_obs:
        raise ConfigError(
            f"pbo: s is {s}, allowed is at most min_obs={min_obs}", hint="no block may be empty"
        )
    length = len(returns) // s
    blocks = returns[len(returns) - s * length :].reshape(s, length, -1)
    logits, in_sample, out_of_sample = [], [], []
    combinations = itertools.combinations(range(s), s // 2)
    while chunk := list(itertools.islice(combinations, _CHUNK)):
        train = np.array(chunk)
        chosen = np.zeros((len(train), s), dtype=bool)
        np.put_along_axis(chosen, train, values=True, axis=1)
        test = np.nonzero(~chosen)[1].reshape(train.shape)
        before, after = _sharpe(blocks, train), _sharpe(blocks, test)
        rows, picks = np.arange(len(train)), before.argmax(axis=1)
        picked = after[rows, picks][:, None]
        rank = (after < picked).sum(axis=1) + 0.5 * ((after == picked).sum(axis=1) + 1)
        share = rank / (after.shape[1] + 1)
        logits.append(np.log(share / (1.0 - share)))
        in_sample.append(before[rows, picks])
        out_of_sample.append(picked[:, 0])
    ranks = np.concatenate(logits)
    slope = _slope(np.concatenate(in_sample), np.concatenate(out_of_sample))
    return float((ranks <= 0.0).mean()), ranks, slope


def _sharpe(blocks: Any, choice: Any) -> Any:
    """Sharpe ratio of each column over the blocks of each choice, from the moments of the blocks.

    Reductions over an axis and no matrix product: equal columns must come out equal to the last bit.
    """
    import numpy as np

    length = blocks.shape[1]
    # About one row, so that equal returns have a deviation of 0 and not of rounding.
    reference = blocks[0, 0]
    blocks = blocks - reference
    means = blocks.mean(axis=1)
    squares = ((blocks - means[:, None]) ** 2).sum(axis=1)
    count = choice.shape[1] * length
    middle = means[choice].mean(axis=1)
    apart = ((means[choice] - middle[:, None]) ** 2).sum(axis=1)
    deviation = np.sqrt((squares[choice].sum(axis=1) + length * apart) / (count - 1))
    mean = reference + middle
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where((mean == 0.0) & (deviation == 0.0), 0.0, mean / deviation)


def _slope(x: Any, y: Any) -> float:
    """Of the least-squares line; NaN if x has no spread."""
    import numpy as np

    x = x - x.mean()
    spread = float(x @ x)
    return float(x @ (y - y.mean())) / spread if spread > 0.0 else float(np.nan)


@estimator("bootstrap_ci")
def bootstrap_ci(
    returns: Any, *, reps: int, block: float, conf: float, seed: int, min_obs: int
) -> tuple[float, float]:
    """Percentile interval of the Sharpe ratio by the stationary bootstrap."""
    import numpy as np

    del min_obs  # the caller's rule
    count = len(returns)
    # About one of them, so that equal returns have a deviation of 0 and not of rounding: their ratio is NaN.
    apart = returns - returns[0]
    draw = np.random.default_rng(seed)
    places = np.arange(count)
    ratios = np.empty(reps)
    for rep in range(reps):
        starts = draw.integers(count, size=count)
        begins = draw.random(count) <= 1.0 / block
        begins[0] = True
        # Where the block of each place began; from there it counts on, and around the end.
        origin = np.maximum.accumulate(np.where(begins, places, 0))
        sample = (starts[origin] + places - origin) % count
        deviation = apart[sample].std(ddof=1)
        ratios[rep] = returns[sample].mean() / deviation if deviation > 0.0 else np.nan
    low, high = np.quantile(ratios, [0.5 * (1.0 - conf), 0.5 * (1.0 + conf)])
    return float(low), float(high)
