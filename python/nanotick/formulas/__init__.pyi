"""The formula catalogue as types. Written by scripts/write_formulas.py: run `make docs`, do not edit."""

from typing import Any, Generic, NamedTuple, TypeVar

from nanotick.formulas.catalogue import catalogue as catalogue
from nanotick.formulas.catalogue import search as search
from nanotick.formulas.formula import Estimator as Estimator
from nanotick.formulas.formula import Formula as Formula
from nanotick.formulas.formula import Streaming as Streaming
from nanotick.formulas.formula import batch_many as batch_many
from nanotick.formulas.formula import get as get
from nanotick.formulas.matrix import CorrelationMatrix as CorrelationMatrix

_Array = Any
_T = TypeVar("_T")

__all__ = [
    "CorrelationMatrix",
    "Estimator",
    "Formula",
    "Streaming",
    "abdi_ranaldo",
    "absorption_ratio",
    "adaptive_conformal",
    "address_momentum",
    "adf",
    "adl",
    "adwin",
    "adx",
    "almgren_chriss",
    "amihud",
    "ar_burg",
    "arch_lm",
    "aroon",
    "atr",
    "atr_units",
    "autocorrelation",
    "avellaneda_stoikov",
    "average_correlation",
    "awesome",
    "bandits",
    "bandpass_ehlers",
    "basis",
    "batch_many",
    "bayes_linreg",
    "benford_chi2",
    "bet_size",
    "bipower_variation",
    "black76",
    "black_litterman",
    "block_interval_test",
    "block_subsidy",
    "bns_jump_test",
    "bocpd",
    "bollinger",
    "book_pressure",
    "book_slope",
    "bootstrap_ci",
    "bs_delta",
    "bs_gamma",
    "bs_price",
    "bs_theta",
    "bs_vega",
    "bulk_volume_classification",
    "cagr",
    "calibration",
    "calmar",
    "cancel_rate",
    "catalogue",
    "cci",
    "cdar",
    "cdl_doji",
    "cdl_engulfing",
    "cdl_hammer",
    "chaikin_osc",
    "chandelier_exit",
    "choppiness",
    "chow_supf",
    "christoffersen",
    "clearing_time",
    "close_vol",
    "cmf",
    "cmo",
    "coin_days_destroyed",
    "component_var",
    "connors_rsi",
    "contrarian_weights",
    "correlation_trend",
    "corwin_schultz",
    "cppi",
    "cross_correlation",
    "crps_pinball",
    "cusum_filter",
    "cusum_page",
    "cvd",
    "dema",
    "depth_hhi",
    "depth_imbalance",
    "depth_imbalance_weighted",
    "depth_within_bps",
    "dfa",
    "diebold_mariano",
    "difficulty_forecast",
    "disparity_index",
    "distance_correlation",
    "distance_pairs",
    "diversification_multiplier",
    "dmi",
    "donchian",
    "downside_beta",
    "drawdown",
    "drawdown_control",
    "dsr",
    "edge_spread",
    "effective_bets",
    "effective_spread",
    "efficiency_ratio",
    "egarch",
    "ema",
    "ema_irregular",
    "engle_granger",
    "es_historical",
    "ewm_zscore",
    "ewma_cov",
    "ewma_vol",
    "exchange_netflow",
    "exponentiated_gradient",
    "fee_rate_quantiles",
    "fee_velocity",
    "fill_intensity",
    "fisher_transform",
    "fixed_fractional",
    "flow_ema_decay",
    "forecast_combination",
    "forecast_errors",
    "fracdiff",
    "ftrl_proximal",
    "funding_carry",
    "funding_rate",
    "garch11",
    "garman_klass",
    "gbdt_logistic",
    "generalized_hurst",
    "generalized_metcalfe",
    "get",
    "gjr_garch",
    "glft",
    "glosten_milgrom",
    "gpd_pot",
    "granger_causality",
    "haar_modwt",
    "half_life",
    "hampel",
    "har_rv",
    "hasbrouck_lambda",
    "hash_ribbons",
    "hashprice",
    "hashrate_estimate",
    "hawkes_bivariate",
    "hawkes_exp",
    "hayashi_yoshida",
    "hedge",
    "heikin_ashi",
    "high_ratio",
    "highpass2",
    "hilbert_period",
    "hill",
    "hma",
    "hmm_baum_welch",
    "hmm_forward",
    "holt",
    "holt_winters",
    "hp_filter",
    "hrp",
    "hurst_rs",
    "ibs",
    "iceberg_score",
    "ichimoku",
    "implementation_shortfall",
    "implied_vol",
    "information_bars",
    "information_ratio",
    "intraday_periodicity",
    "inverse_pnl",
    "inverse_vol",
    "jarque_bera",
    "johansen",
    "kalman_hedge",
    "kalman_level",
    "kalman_trend",
    "kama",
    "kelly_binary",
    "kelly_continuous",
    "kelly_drawdown",
    "kelly_empirical",
    "kelly_multi",
    "kelly_shrunk",
    "keltner",
    "kl_divergence",
    "kpss",
    "kupiec",
    "kyle_lambda",
    "label_uniqueness",
    "latency_cost",
    "layering_score",
    "lead_lag_hy",
    "ledoit_wolf",
    "lee_mykland",
    "lee_ready",
    "lempel_ziv",
    "linreg_r2",
    "linreg_slope",
    "liquidation_price",
    "ljung_box",
    "lms_filter",
    "lsma",
    "ma_crossover",
    "macd",
    "maker_breakeven",
    "markout",
    "martin_ratio",
    "max_diversification",
    "max_sharpe",
    "mayer_multiple",
    "mean_variance",
    "medrv",
    "mempool_pressure",
    "metcalfe_value",
    "mfi",
    "microprice_weighted",
    "mid_price",
    "min_cvar",
    "min_variance",
    "mlofi",
    "mm_pnl_attribution",
    "model_free_variance",
    "momentum",
    "mutual_information",
    "mvrv",
    "natr",
    "newey_west_t",
    "next_block_fee",
    "nupl",
    "nvt",
    "obv",
    "ofi",
    "omega",
    "onchain_price",
    "open_interest_quadrant",
    "order_routing",
    "ou_mle",
    "p2_quantile",
    "page_hinkley",
    "parabolic_sar",
    "parkinson",
    "partial_corr",
    "passive_aggressive",
    "pbo",
    "pca_sscore",
    "pelt",
    "percent_rank",
    "permutation_entropy",
    "pivots_classic",
    "platt_isotonic",
    "pov_schedule",
    "power_law_corridor",
    "ppo",
    "price_impact",
    "psi",
    "psr",
    "puell",
    "pump_dump",
    "purged_cpcv",
    "put_call_parity",
    "queue_imbalance",
    "queue_position",
    "quote_stuffing",
    "quoted_spread",
    "rank_gauss",
    "realized_cap",
    "realized_kernel",
    "realized_semivariance",
    "realized_spread",
    "realized_variance",
    "relative_volume",
    "risk_of_ruin",
    "risk_parity",
    "risk_reversal",
    "rls",
    "rma",
    "rmt_denoise",
    "robust_scale",
    "roc",
    "rogers_satchell",
    "roll_spread",
    "rolling_corr",
    "rolling_max_drawdown",
    "rolling_median",
    "rolling_ols",
    "roofing_filter",
    "rsi",
    "rsi_cutler",
    "sadf",
    "sample_entropy",
    "sample_moments",
    "savgol",
    "search",
    "semideviation",
    "ses",
    "sgd_logistic",
    "shannon_entropy",
    "sharpe",
    "sharpe_lo",
    "simplex_projection",
    "sma",
    "sopr",
    "sortino",
    "spearman",
    "spoof_score",
    "spot_var_ewma",
    "sqrt_impact",
    "stoch",
    "stoch_rsi",
    "stochastic_quantile",
    "stock_to_flow",
    "stoikov_microprice",
    "super_smoother",
    "supertrend",
    "svi",
    "sweep_cost",
    "tail_dependence",
    "taker_ratio",
    "tema",
    "thermocap",
    "tick_rule",
    "tls_hedge",
    "trade_arrival_rate",
    "trade_imbalance",
    "trade_stats",
    "transfer_entropy",
    "treynor_alpha",
    "triple_barrier",
    "trix",
    "true_range",
    "ts_momentum",
    "tsi",
    "tsrv",
    "turbulence",
    "turnover_cost",
    "twap_schedule",
    "tx_value_entropy",
    "ulcer_index",
    "ultimate_osc",
    "var_cornish_fisher",
    "var_filtered_hs",
    "var_gaussian",
    "var_historical",
    "variance_ratio",
    "variance_risk_premium",
    "velocity",
    "vol_cone",
    "vol_managed",
    "vol_of_vol",
    "vol_regime",
    "vol_target",
    "volume_profile",
    "volume_zscore",
    "vpin",
    "vwap_rolling",
    "vwap_schedule",
    "vwap_session",
    "vwap_slippage",
    "vwma",
    "wash_trade_matched",
    "welford",
    "williams_r",
    "wma",
    "xlm",
    "xs_momentum",
    "yang_zhang",
    "zipf_value",
    "zlema",
    "zscore",
]

class sma(Streaming):
    """Simple moving average. sma_t = (1/n) * sum_{i=0}^{n-1} x_{t-i}, n=period. NaN for t<n-1. n=1 returns x_t.
    """

    def __init__(self, period: int = ...) -> None: ...
    def update(self, price: float, /) -> float: ...
    def batch(self, price: _Array, /) -> Any: ...

class ema(Streaming):
    """Exponential moving average. alpha = 2/(n+1). Seed e_{n-1} = mean(x_0..x_{n-1}); for t>=n e_t = e_{t-1} +
    alpha*(x_t - e_{t-1}). NaN before n-1. (TA-Lib 'classic' seeding; a seed=first option is not part of this
    row.)
    """

    def __init__(self, period: int = ...) -> None: ...
    def update(self, price: float, /) -> float: ...
    def batch(self, price: _Array, /) -> Any: ...

class rma(Streaming):
    """Wilder smoothed moving average (RMA, SMMA). Seed m_{n-1} = mean(x_0..x_{n-1}); for t>=n m_t = m_{t-1} +
    (x_t - m_{t-1})/n, i.e. an EMA with alpha=1/n.
    """

    def __init__(self, period: int = ...) -> None: ...
    def update(self, price: float, /) -> float: ...
    def batch(self, price: _Array, /) -> Any: ...

class wma(Streaming):
    """Linearly weighted moving average. wma_t = sum_{i=0}^{n-1} (n-i)*x_{t-i} / (n*(n+1)/2); newest weight n,
    oldest 1. O(1) update: W_t = W_{t-1} + n*x_t - S_{t-1}, S_t = S_{t-1} + x_t - x_{t-n}, output
    2*W/(n(n+1)).
    """

    def __init__(self, period: int = ...) -> None: ...
    def update(self, price: float, /) -> float: ...
    def batch(self, price: _Array, /) -> Any: ...

class dema(Streaming):
    """Double exponential moving average. e1=EMA_n(x), e2=EMA_n(e1) (seeded from the first valid e1), dema = 2*e1
    - e2.
    """

    def __init__(self, period: int = ...) -> None: ...
    def update(self, price: float, /) -> float: ...
    def batch(self, price: _Array, /) -> Any: ...

class tema(Streaming):
    """Triple exponential moving average. e1=EMA_n(x), e2=EMA_n(e1), e3=EMA_n(e2), each seeded from the first
    valid value of its input; tema = 3*e1 - 3*e2 + e3.
    """

    def __init__(self, period: int = ...) -> None: ...
    def update(self, price: float, /) -> float: ...
    def batch(self, price: _Array, /) -> Any: ...

class hma(Streaming):
    """Hull moving average. hma = WMA_{floor(sqrt(n))}( 2*WMA_{floor(n/2)}(x) - WMA_n(x) ), all WMAs as row wma;
    the last WMA starts at the first valid input.
    """

    def __init__(self, period: int = ...) -> None: ...
    def update(self, price: float, /) -> float: ...
    def batch(self, price: _Array, /) -> Any: ...

class zlema(Streaming):
    """Zero-lag exponential moving average. k=floor((n-1)/2); y_t = 2*x_t - x_{t-k} (NaN for t<k); zlema =
    EMA_n(y) seeded with the mean of the first n valid y.
    """

    def __init__(self, period: int = ...) -> None: ...
    def update(self, price: float, /) -> float: ...
    def batch(self, price: _Array, /) -> Any: ...

class kama(Streaming):
    """Kaufman adaptive moving average. ER_t = |x_t-x_{t-n}| / sum_{i=0}^{n-1}|x_{t-i}-x_{t-i-1}| (ER:=1 if the
    denominator is 0 or <= numerator). sc_t = (ER_t*(2/(fast+1)-2/(slow+1)) + 2/(slow+1))^2. Seed
    k_{n-1}=x_{n-1} (not output); k_t = k_{t-1} + sc_t*(x_t-k_{t-1}), first output t=n.
    """

    def __init__(self, period: int = ..., fast: int = ..., slow: int = ...) -> None: ...
    def update(self, price: float, /) -> float: ...
    def batch(self, price: _Array, /) -> Any: ...

class vwma(Streaming):
    """Volume-weighted moving average. vwma_t = sum_{i<n} x_{t-i} v_{t-i} / sum_{i<n} v_{t-i}; NaN when the
    volume sum is 0. Negative volume is an error.
    """

    def __init__(self, period: int = ...) -> None: ...
    def update(self, price: float, volume: float, /) -> float: ...
    def batch(self, price: _Array, volume: _Array, /) -> Any: ...

class lsma(Streaming):
    """Least-squares moving average (linear-regression endpoint). OLS of x_{t-n+1+k} on k=0..n-1:
    b=sum((k-kbar)(x-xbar))/(n(n^2-1)/12), a=xbar-b*kbar; lsma=a+b*(n-1). Anchor x by subtracting the first
    window value to avoid cancellation.
    """

    def __init__(self, period: int = ...) -> None: ...
    def update(self, price: float, /) -> float: ...
    def batch(self, price: _Array, /) -> Any: ...

class linreg_slope(Streaming):
    """Rolling linear-regression slope. b_t = 12*sum_{k=0}^{n-1}(k-(n-1)/2)*x_{t-n+1+k} / (n*(n^2-1))."""

    def __init__(self, period: int = ...) -> None: ...
    def update(self, price: float, /) -> float: ...
    def batch(self, price: _Array, /) -> Any: ...

class linreg_r2(Streaming):
    """Rolling coefficient of determination against time. r2 = corr(k, x)^2 over the window with k=0..n-1:
    12*S_kx^2/(n(n^2-1)*S_xx) with centred sums; 0 if S_xx=0. Clip to [0,1].
    """

    def __init__(self, period: int = ...) -> None: ...
    def update(self, price: float, /) -> float: ...
    def batch(self, price: _Array, /) -> Any: ...

class rolling_median(Streaming):
    """Rolling median. Median of the last n values; for even n the mean of the two central order statistics.
    """

    def __init__(self, period: int = ...) -> None: ...
    def update(self, price: float, /) -> float: ...
    def batch(self, price: _Array, /) -> Any: ...

class ema_irregular(Streaming):
    """EMA on irregularly spaced data (linear interpolation). a=(t_i - t_{i-1})/tau, mu=exp(-a), nu=(1-mu)/a
    (nu=1 if a=0, use -expm1(-a)/a); e_i = mu*e_{i-1} + (nu-mu)*x_{i-1} + (1-nu)*x_i; e_0=x_0. Previous-tick
    variant replaces nu by 1. Timestamps must be non-decreasing.
    """

    def __init__(self, tau_s: float = ...) -> None: ...
    def update(self, price: float, t_s: float, /) -> float: ...
    def batch(self, price: _Array, t_s: _Array, /) -> Any: ...

class MaCrossoverOutputs(NamedTuple, Generic[_T]):
    state: _T
    diff: _T

class ma_crossover(Streaming):
    """Moving-average crossover state with band. diff = SMA_fast/SMA_slow - 1; state=+1 if diff>band, -1 if
    diff<-band, else 0. Require fast<slow. (Brock et al. variable-length MA rule.)
    """

    def __init__(self, fast: int = ..., slow: int = ..., band: float = ...) -> None: ...
    def update(self, price: float, /) -> MaCrossoverOutputs[float]: ...
    def batch(self, price: _Array, /) -> MaCrossoverOutputs[Any]: ...

class DonchianOutputs(NamedTuple, Generic[_T]):
    upper: _T
    middle: _T
    lower: _T

class donchian(Streaming):
    """Donchian channel. upper=max(h over last n incl. current), lower=min(l over last n),
    middle=(upper+lower)/2. For breakout signals compare c_t with upper_{t-1}.
    """

    def __init__(self, period: int = ...) -> None: ...
    def update(self, high: float, low: float, /) -> DonchianOutputs[float]: ...
    def batch(self, high: _Array, low: _Array, /) -> DonchianOutputs[Any]: ...

class IchimokuOutputs(NamedTuple, Generic[_T]):
    tenkan: _T
    kijun: _T
    span_a: _T
    span_b: _T
    chikou: _T

class ichimoku(Streaming):
    """Ichimoku Kinko Hyo. mid_n=(HH_n(h)+LL_n(l))/2. tenkan=mid_9, kijun=mid_26. Values emitted at t are the
    UNSHIFTED cloud: span_a=(tenkan+kijun)/2, span_b=mid_52, both to be plotted at t+shift; the cloud
    effective at t is span_{t-shift}. chikou=c_t to be plotted at t-shift. Never peek ahead.
    """

    def __init__(self, tenkan: int = ..., kijun: int = ..., senkou: int = ..., shift: int = ...) -> None: ...
    def update(self, high: float, low: float, close: float, /) -> IchimokuOutputs[float]: ...
    def batch(self, high: _Array, low: _Array, close: _Array, /) -> IchimokuOutputs[Any]: ...

class SupertrendOutputs(NamedTuple, Generic[_T]):
    supertrend: _T
    direction: _T

class supertrend(Streaming):
    """SuperTrend. m=(h+l)/2, A=ATR_n (row atr). ub=m+k*A, lb=m-k*A. First bar t=n: fu=ub, fl=lb, direction=+1.
    Then fu_t = ub_t if ub_t<fu_{t-1} or c_{t-1}>fu_{t-1} else fu_{t-1}; fl_t = lb_t if lb_t>fl_{t-1} or
    c_{t-1}<fl_{t-1} else fl_{t-1}. If direction=-1 and c_t>fu_t flip to +1; if +1 and c_t<fl_t flip to -1.
    supertrend = fl if direction=+1 else fu.
    """

    def __init__(self, period: int = ..., mult: float = ...) -> None: ...
    def update(self, high: float, low: float, close: float, /) -> SupertrendOutputs[float]: ...
    def batch(self, high: _Array, low: _Array, close: _Array, /) -> SupertrendOutputs[Any]: ...

class parabolic_sar(Streaming):
    """Parabolic SAR. Init at t=1: long unless MinusDM_1>0 (=l0-l1 > max(h1-h0,0)); long: ep=h1,sar=l0; short:
    ep=l1,sar=h0; af=accel. Each bar, long: if l_t<=sar reverse: output max(ep,h_{t-1},h_t), go short,
    af=accel, ep=l_t, next sar = max(out+af*(ep-out),h_{t-1},h_t); else output sar, if h_t>ep {ep=h_t,
    af=min(af+accel,max)}, next sar=min(sar+af*(ep-sar), l_{t-1}, l_t). Short is the mirror image (reverse
    when h_t>=sar). At t=1 previous bar := bar 1.
    """

    def __init__(self, accel: float = ..., max_accel: float = ...) -> None: ...
    def update(self, high: float, low: float, /) -> float: ...
    def batch(self, high: _Array, low: _Array, /) -> Any: ...

class DmiOutputs(NamedTuple, Generic[_T]):
    plus_di: _T
    minus_di: _T
    dx: _T

class dmi(Streaming):
    """Directional movement (+DI, -DI, DX). up=h_t-h_{t-1}, dn=l_{t-1}-l_t; +DM=up if up>dn and up>0 else 0;
    -DM=dn if dn>up and dn>0 else 0; TR as row true_range. Wilder sums: S_n init = sum over t=1..n-1, then
    from t=n S=S-S/n+value. di=100*S(DM)/S(TR) (0 if S(TR)=0); dx=100*|+di - -di|/(+di + -di) (0 if the sum is
    0).
    """

    def __init__(self, period: int = ...) -> None: ...
    def update(self, high: float, low: float, close: float, /) -> DmiOutputs[float]: ...
    def batch(self, high: _Array, low: _Array, close: _Array, /) -> DmiOutputs[Any]: ...

class adx(Streaming):
    """Average directional index. adx = RMA_n(dx) of row dmi, seeded with the mean of the first n DX values
    (first output index 2n-1).
    """

    def __init__(self, period: int = ...) -> None: ...
    def update(self, high: float, low: float, close: float, /) -> float: ...
    def batch(self, high: _Array, low: _Array, close: _Array, /) -> Any: ...

class AroonOutputs(NamedTuple, Generic[_T]):
    up: _T
    down: _T
    osc: _T

class aroon(Streaming):
    """Aroon up/down/oscillator. Over the n+1 bars t-n..t: up=100*(n - age of highest high)/n, down=100*(n - age
    of lowest low)/n; ties take the MOST RECENT bar; osc=up-down.
    """

    def __init__(self, period: int = ...) -> None: ...
    def update(self, high: float, low: float, /) -> AroonOutputs[float]: ...
    def batch(self, high: _Array, low: _Array, /) -> AroonOutputs[Any]: ...

class ChandelierExitOutputs(NamedTuple, Generic[_T]):
    long_stop: _T
    short_stop: _T

class chandelier_exit(Streaming):
    """Chandelier exit. long_stop=HH_n(h) - k*ATR_n; short_stop=LL_n(l) + k*ATR_n with ATR as row atr."""

    def __init__(self, period: int = ..., mult: float = ...) -> None: ...
    def update(self, high: float, low: float, close: float, /) -> ChandelierExitOutputs[float]: ...
    def batch(self, high: _Array, low: _Array, close: _Array, /) -> ChandelierExitOutputs[Any]: ...

class choppiness(Streaming):
    """Choppiness index. chop = 100*log10( SUM_n(TR) / (HH_n(h)-LL_n(l)) ) / log10(n); NaN if HH=LL. First output
    at t=n because TR needs c_{t-1} (TR undefined at 0).
    """

    def __init__(self, period: int = ...) -> None: ...
    def update(self, high: float, low: float, close: float, /) -> float: ...
    def batch(self, high: _Array, low: _Array, close: _Array, /) -> Any: ...

class rsi(Streaming):
    """Relative strength index (Wilder). d_t=x_t-x_{t-1}; U=RMA_n(max(d,0)), D=RMA_n(max(-d,0)) seeded with the
    mean of the first n differences; rsi=100*U/(U+D); if U+D=0 return 50 (TA-Lib returns 0).
    """

    def __init__(self, period: int = ...) -> None: ...
    def update(self, price: float, /) -> float: ...
    def batch(self, price: _Array, /) -> Any: ...

class rsi_cutler(Streaming):
    """Cutler RSI (simple averages). U=SUM_n(max(d,0)), D=SUM_n(max(-d,0)); 100*U/(U+D); 50 if both 0. Depends
    only on the last n+1 prices (no seeding dependence).
    """

    def __init__(self, period: int = ...) -> None: ...
    def update(self, price: float, /) -> float: ...
    def batch(self, price: _Array, /) -> Any: ...

class connors_rsi(Streaming):
    """Connors RSI. streak_t: +k after k consecutive up closes, -k after k down closes, 0 if unchanged
    (streak_0=0). roc=100*(c_t/c_{t-1}-1). PR_t=100*#{i=1..m: roc_{t-i}<roc_t}/m.
    crsi=(RSI_{rsi_n}(c)+RSI_{streak_n}(streak)+PR)/3.
    """

    def __init__(self, rsi_n: int = ..., streak_n: int = ..., rank_n: int = ...) -> None: ...
    def update(self, close: float, /) -> float: ...
    def batch(self, close: _Array, /) -> Any: ...

class StochOutputs(NamedTuple, Generic[_T]):
    slow_k: _T
    slow_d: _T

class stoch(Streaming):
    """Stochastic oscillator (slow %K, %D). fastK=100*(c-LL_k(l))/(HH_k(h)-LL_k(l)); 50 if the range is 0 (TA-
    Lib: 0). slow_k=SMA_smooth(fastK), slow_d=SMA_d(slow_k). smooth=1 is the fast stochastic.
    """

    def __init__(self, k: int = ..., smooth: int = ..., d: int = ...) -> None: ...
    def update(self, high: float, low: float, close: float, /) -> StochOutputs[float]: ...
    def batch(self, high: _Array, low: _Array, close: _Array, /) -> StochOutputs[Any]: ...

class StochRsiOutputs(NamedTuple, Generic[_T]):
    fast_k: _T
    fast_d: _T

class stoch_rsi(Streaming):
    """Stochastic RSI. R=rsi_n RSI; fast_k=100*(R-LL_k(R))/(HH_k(R)-LL_k(R)), 50 if range 0 (TA-Lib: 0);
    fast_d=SMA_d(fast_k).
    """

    def __init__(self, rsi_n: int = ..., k: int = ..., d: int = ...) -> None: ...
    def update(self, price: float, /) -> StochRsiOutputs[float]: ...
    def batch(self, price: _Array, /) -> StochRsiOutputs[Any]: ...

class williams_r(Streaming):
    """Williams %R. -100*(HH_n(h)-c)/(HH_n(h)-LL_n(l)); -50 if range 0 (TA-Lib: 0)."""

    def __init__(self, period: int = ...) -> None: ...
    def update(self, high: float, low: float, close: float, /) -> float: ...
    def batch(self, high: _Array, low: _Array, close: _Array, /) -> Any: ...

class cci(Streaming):
    """Commodity channel index. p=(h+l+c)/3; MD=(1/n)*sum_{i<n}|p_{t-i}-SMA_n(p)_t| (deviation about the CURRENT
    mean); cci=(p-SMA_n(p))/(0.015*MD); 0 if MD=0.
    """

    def __init__(self, period: int = ...) -> None: ...
    def update(self, high: float, low: float, close: float, /) -> float: ...
    def batch(self, high: _Array, low: _Array, close: _Array, /) -> Any: ...

class momentum(Streaming):
    """Price momentum (difference). x_t - x_{t-n}."""

    def __init__(self, period: int = ...) -> None: ...
    def update(self, price: float, /) -> float: ...
    def batch(self, price: _Array, /) -> Any: ...

class roc(Streaming):
    """Rate of change. 100*(x_t/x_{t-n} - 1); NaN if x_{t-n}=0 (TA-Lib: 0)."""

    def __init__(self, period: int = ...) -> None: ...
    def update(self, price: float, /) -> float: ...
    def batch(self, price: _Array, /) -> Any: ...

class cmo(Streaming):
    """Chande momentum oscillator. Su=SUM_n(max(d,0)), Sd=SUM_n(max(-d,0)); 100*(Su-Sd)/(Su+Sd), 0 if the sum is
    0. (talib.CMO applies Wilder smoothing and differs; talib.CMOU matches.)
    """

    def __init__(self, period: int = ...) -> None: ...
    def update(self, price: float, /) -> float: ...
    def batch(self, price: _Array, /) -> Any: ...

class MacdOutputs(NamedTuple, Generic[_T]):
    macd: _T
    signal: _T
    hist: _T

class macd(Streaming):
    """Moving average convergence divergence. line=EMA_fast-EMA_slow where the fast EMA is seeded with
    mean(x_{slow-fast}..x_{slow-1}) so both start at slow-1 (TA-Lib alignment); signal=EMA_signal(line);
    hist=line-signal. All three outputs emitted from slow+signal-2. Require fast<slow.
    """

    def __init__(self, fast: int = ..., slow: int = ..., signal: int = ...) -> None: ...
    def update(self, price: float, /) -> MacdOutputs[float]: ...
    def batch(self, price: _Array, /) -> MacdOutputs[Any]: ...

class ppo(Streaming):
    """Percentage price oscillator. 100*(EMA_fast-EMA_slow)/EMA_slow, each EMA seeded on its own first n
    observations (no TA-Lib MACD alignment); NaN if EMA_slow=0.
    """

    def __init__(self, fast: int = ..., slow: int = ...) -> None: ...
    def update(self, price: float, /) -> float: ...
    def batch(self, price: _Array, /) -> Any: ...

class trix(Streaming):
    """TRIX. e3=EMA_n(EMA_n(EMA_n(x))); trix=100*(e3_t/e3_{t-1}-1)."""

    def __init__(self, period: int = ...) -> None: ...
    def update(self, price: float, /) -> float: ...
    def batch(self, price: _Array, /) -> Any: ...

class tsi(Streaming):
    """True strength index. d=x_t-x_{t-1}; tsi=100*EMA_short(EMA_long(d))/EMA_short(EMA_long(|d|)); 0 if the
    denominator is 0.
    """

    def __init__(self, long: int = ..., short: int = ...) -> None: ...
    def update(self, price: float, /) -> float: ...
    def batch(self, price: _Array, /) -> Any: ...

class efficiency_ratio(Streaming):
    """Kaufman efficiency ratio. |x_t-x_{t-n}| / sum_{i<n}|x_{t-i}-x_{t-i-1}|; 0 if the denominator is 0 (TA-Lib:
    1).
    """

    def __init__(self, period: int = ...) -> None: ...
    def update(self, price: float, /) -> float: ...
    def batch(self, price: _Array, /) -> Any: ...

class awesome(Streaming):
    """Awesome oscillator. m=(h+l)/2; SMA_fast(m)-SMA_slow(m)."""

    def __init__(self, fast: int = ..., slow: int = ...) -> None: ...
    def update(self, high: float, low: float, /) -> float: ...
    def batch(self, high: _Array, low: _Array, /) -> Any: ...

class ultimate_osc(Streaming):
    """Ultimate oscillator. BP=c-min(l,c_{t-1}), TR as row true_range; A_p=SUM_p(BP)/SUM_p(TR) (0.5 if SUM TR=0;
    TA-Lib 0); periods sorted ascending; 100*(4*A_p1+2*A_p2+A_p3)/7.
    """

    def __init__(self, p1: int = ..., p2: int = ..., p3: int = ...) -> None: ...
    def update(self, high: float, low: float, close: float, /) -> float: ...
    def batch(self, high: _Array, low: _Array, close: _Array, /) -> Any: ...

class ibs(Streaming):
    """Internal bar strength. (c-l)/(h-l); 0.5 if h=l."""

    def __init__(self) -> None: ...
    def update(self, high: float, low: float, close: float, /) -> float: ...
    def batch(self, high: _Array, low: _Array, close: _Array, /) -> Any: ...

class disparity_index(Streaming):
    """Disparity index (bias). 100*(x/SMA_n(x)-1)."""

    def __init__(self, period: int = ...) -> None: ...
    def update(self, price: float, /) -> float: ...
    def batch(self, price: _Array, /) -> Any: ...

class percent_rank(Streaming):
    """Rolling percent rank. 100*#{i=1..n: x_{t-i}<x_t}/n (strict, excludes the current value from the reference
    set).
    """

    def __init__(self, period: int = ...) -> None: ...
    def update(self, price: float, /) -> float: ...
    def batch(self, price: _Array, /) -> Any: ...

class ts_momentum(Streaming):
    """Time-series momentum (volatility-scaled). R=c_t/c_{t-k}-1; sigma2_t =
    ann*sum_{i>=0}(1-delta)*delta^i*(r_{t-1-i}-rbar)^2 with delta=com/(1+com), rbar the same-weight EWMA mean
    of simple returns (weights renormalised over available history); position=sign(R)*target/sigma, 0 if
    sigma=0.
    """

    def __init__(
        self,
        lookback: int = ...,
        com: float = ...,
        target: float = ...,
        ann: float = ...,
    ) -> None: ...
    def update(self, close: float, /) -> float: ...
    def batch(self, close: _Array, /) -> Any: ...

class xs_momentum(Streaming):
    """Cross-sectional momentum weights. s_i=sum of log returns over t-skip-lookback+1..t-skip;
    m=max(1,floor(q*N)); the m highest get +1/m, the m lowest -1/m, others 0; ties broken by lower asset index
    first. N>=2.
    """

    def __init__(self, lookback: int = ..., skip: int = ..., q: float = ...) -> None: ...
    def update(self, returns: _Array, /) -> Any: ...
    def batch(self, returns: _Array, /) -> Any: ...

class high_ratio(Streaming):
    """Nearness to period high. c_t / max_{0<=i<n} h_{t-i}."""

    def __init__(self, period: int = ...) -> None: ...
    def update(self, high: float, close: float, /) -> float: ...
    def batch(self, high: _Array, close: _Array, /) -> Any: ...

class cdl_doji(Streaming):
    """Doji. 100 if rb_t <= 0.1*mean(hl_{t-10}..hl_{t-1}) else 0, with rb=|c-o|, hl=h-l."""

    def __init__(self) -> None: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> float: ...
    def batch(self, open: _Array, high: _Array, low: _Array, close: _Array, /) -> Any: ...

class cdl_hammer(Streaming):
    """Hammer. 100 if rb<mean prev10 rb, ls>rb, us<0.1*mean prev10 hl, and min(o,c)_t <= l_{t-1}+0.2*N_{t-1},
    N_{t-1}=mean of hl_{t-6}..hl_{t-2}.
    """

    def __init__(self) -> None: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> float: ...
    def batch(self, open: _Array, high: _Array, low: _Array, close: _Array, /) -> Any: ...

class cdl_engulfing(Streaming):
    """Engulfing. bull: col_t=+1, col_{t-1}=-1 and ((c_t>=o_{t-1} and o_t<c_{t-1}) or (c_t>o_{t-1} and
    o_t<=c_{t-1})); bear is the mirror ((o_t>=c_{t-1} and c_t<o_{t-1}) or (o_t>c_{t-1} and c_t<=o_{t-1})).
    Value col_t*100 if c_t!=o_{t-1} and o_t!=c_{t-1}, else col_t*80.
    """

    def __init__(self) -> None: ...
    def update(self, open: float, close: float, /) -> float: ...
    def batch(self, open: _Array, close: _Array, /) -> Any: ...

class HeikinAshiOutputs(NamedTuple, Generic[_T]):
    ha_open: _T
    ha_high: _T
    ha_low: _T
    ha_close: _T

class heikin_ashi(Streaming):
    """Heikin-Ashi candles. ha_close=(o+h+l+c)/4; ha_open_0=(o_0+c_0)/2,
    ha_open_t=(ha_open_{t-1}+ha_close_{t-1})/2; ha_high=max(h,ha_open,ha_close);
    ha_low=min(l,ha_open,ha_close).
    """

    def __init__(self) -> None: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> HeikinAshiOutputs[float]: ...
    def batch(self, open: _Array, high: _Array, low: _Array, close: _Array, /) -> HeikinAshiOutputs[Any]: ...

class PivotsClassicOutputs(NamedTuple, Generic[_T]):
    p: _T
    r1: _T
    s1: _T
    r2: _T
    s2: _T
    r3: _T
    s3: _T

class pivots_classic(Streaming):
    """Floor-trader pivot points. From the PREVIOUS completed session H,L,C: p=(H+L+C)/3; r1=2p-L; s1=2p-H;
    r2=p+(H-L); s2=p-(H-L); r3=H+2(p-L); s3=L-2(H-p).
    """

    def __init__(self) -> None: ...
    def update(self, high: float, low: float, close: float, /) -> PivotsClassicOutputs[float]: ...
    def batch(self, high: _Array, low: _Array, close: _Array, /) -> PivotsClassicOutputs[Any]: ...

class true_range(Streaming):
    """True range. tr_t = max(h_t,c_{t-1}) - min(l_t,c_{t-1}) = max(h-l,|h-c_{t-1}|,|l-c_{t-1}|). NaN at t=0.
    """

    def __init__(self) -> None: ...
    def update(self, high: float, low: float, close: float, /) -> float: ...
    def batch(self, high: _Array, low: _Array, close: _Array, /) -> Any: ...

class atr(Streaming):
    """Average true range. RMA_n(true_range), seeded with the mean of TR_1..TR_n, first output t=n."""

    def __init__(self, period: int = ...) -> None: ...
    def update(self, high: float, low: float, close: float, /) -> float: ...
    def batch(self, high: _Array, low: _Array, close: _Array, /) -> Any: ...

class natr(Streaming):
    """Normalised ATR. 100*ATR_n/c; NaN if c=0."""

    def __init__(self, period: int = ...) -> None: ...
    def update(self, high: float, low: float, close: float, /) -> float: ...
    def batch(self, high: _Array, low: _Array, close: _Array, /) -> Any: ...

class close_vol(Streaming):
    """Close-to-close historical volatility. sqrt(ann)*sd(r_{t-n+1}..r_t, ddof=1), r=ln(c_t/c_{t-1})."""

    def __init__(self, period: int = ..., ann: float = ...) -> None: ...
    def update(self, close: float, /) -> float: ...
    def batch(self, close: _Array, /) -> Any: ...

class ewma_vol(Streaming):
    """Exponentially weighted volatility (RiskMetrics 1996). s2_1=r_1^2; s2_t=lam*s2_{t-1}+(1-lam)*r_t^2 (zero
    mean, includes current return); vol=sqrt(ann*s2). The forecast for t+1 is s2_t.
    """

    def __init__(self, lam: float = ..., ann: float = ...) -> None: ...
    def update(self, close: float, /) -> float: ...
    def batch(self, close: _Array, /) -> Any: ...

class RealizedVarianceOutputs(NamedTuple, Generic[_T]):
    rv: _T
    rvol: _T

class realized_variance(Streaming):
    """Realised variance and volatility. rv=sum_{i<n} r_{t-i}^2 (uncentred); rvol=sqrt(ann*rv), ann = number of
    n-windows per year.
    """

    def __init__(self, period: int = ..., ann: float = ...) -> None: ...
    def update(self, returns: float, /) -> RealizedVarianceOutputs[float]: ...
    def batch(self, returns: _Array, /) -> RealizedVarianceOutputs[Any]: ...

class parkinson(Streaming):
    """Parkinson range volatility. sqrt( ann/(4*n*ln 2) * sum_{i<n} ln(h_{t-i}/l_{t-i})^2 )."""

    def __init__(self, period: int = ..., ann: float = ...) -> None: ...
    def update(self, high: float, low: float, /) -> float: ...
    def batch(self, high: _Array, low: _Array, /) -> Any: ...

class garman_klass(Streaming):
    """Garman-Klass volatility. sqrt( ann/n * sum [0.5*ln(h/l)^2 - (2 ln 2 - 1)*ln(c/o)^2] ); sum is >=0 because
    |ln(c/o)|<=ln(h/l).
    """

    def __init__(self, period: int = ..., ann: float = ...) -> None: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> float: ...
    def batch(self, open: _Array, high: _Array, low: _Array, close: _Array, /) -> Any: ...

class rogers_satchell(Streaming):
    """Rogers-Satchell volatility. sqrt( ann/n * sum [ln(h/c)ln(h/o) + ln(l/c)ln(l/o)] ); every term is >=0.
    """

    def __init__(self, period: int = ..., ann: float = ...) -> None: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> float: ...
    def batch(self, open: _Array, high: _Array, low: _Array, close: _Array, /) -> Any: ...

class yang_zhang(Streaming):
    """Yang-Zhang volatility. V_o=var(ln(o_t/c_{t-1}),ddof=1), V_c=var(ln(c/o),ddof=1), V_rs=mean Rogers-Satchell
    term, all over the same n bars; k=0.34/(1.34+(n+1)/(n-1)); vol=sqrt(ann*(V_o+k*V_c+(1-k)*V_rs)).
    """

    def __init__(self, period: int = ..., ann: float = ...) -> None: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> float: ...
    def batch(self, open: _Array, high: _Array, low: _Array, close: _Array, /) -> Any: ...

class BollingerOutputs(NamedTuple, Generic[_T]):
    upper: _T
    middle: _T
    lower: _T
    pct_b: _T
    bandwidth: _T

class bollinger(Streaming):
    """Bollinger bands, %b and bandwidth. m=SMA_n, s=sd_n(ddof=0); upper=m+k*s, lower=m-k*s;
    pct_b=(x-lower)/(upper-lower) (0.5 if s=0); bandwidth=(upper-lower)/m.
    """

    def __init__(self, period: int = ..., k: float = ...) -> None: ...
    def update(self, price: float, /) -> BollingerOutputs[float]: ...
    def batch(self, price: _Array, /) -> BollingerOutputs[Any]: ...

class KeltnerOutputs(NamedTuple, Generic[_T]):
    upper: _T
    middle: _T
    lower: _T

class keltner(Streaming):
    """Keltner channel (EMA of typical price, ATR width). middle=EMA_period((h+l+c)/3); upper/lower=middle +/-
    mult*ATR_{atr_n}, ATR naturally seeded (talib.KC seeds its ATR on TR_{p-a}..TR_{p-1} with
    p=period,a=atr_n; the difference decays as (1-1/a)^k).
    """

    def __init__(self, period: int = ..., atr_n: int = ..., mult: float = ...) -> None: ...
    def update(self, high: float, low: float, close: float, /) -> KeltnerOutputs[float]: ...
    def batch(self, high: _Array, low: _Array, close: _Array, /) -> KeltnerOutputs[Any]: ...

class bipower_variation(Streaming):
    """Realised bipower variation. bv = (pi/2)*(n/(n-1))*sum_{i=2..n}|r_i||r_{i-1}| over the n returns of the
    window.
    """

    def __init__(self, period: int = ...) -> None: ...
    def update(self, returns: float, /) -> float: ...
    def batch(self, returns: _Array, /) -> Any: ...

class medrv(Streaming):
    """MedRV. (pi/(6-4*sqrt(3)+pi))*(n/(n-2))*sum_{i=2}^{n-1} median(|r_{i-1}|,|r_i|,|r_{i+1}|)^2."""

    def __init__(self, period: int = ...) -> None: ...
    def update(self, returns: float, /) -> float: ...
    def batch(self, returns: _Array, /) -> Any: ...

class BnsJumpTestOutputs(NamedTuple, Generic[_T]):
    z: _T
    p_value: _T
    jump_share: _T

class bns_jump_test(Streaming):
    """Ratio jump test (Barndorff-Nielsen-Shephard / Huang-Tauchen). RJ=(rv-bv)/rv;
    z=RJ/sqrt(((pi/2)^2+pi-5)*(1/n)*max(1,tpq/bv^2)) with the rows realized_variance, bipower_variation,
    realized_quarticity; p=1-Phi(z); jump_share=max(RJ,0). NaN if rv=0 or bv=0.
    """

    def __init__(self, period: int = ...) -> None: ...
    def update(self, returns: float, /) -> BnsJumpTestOutputs[float]: ...
    def batch(self, returns: _Array, /) -> BnsJumpTestOutputs[Any]: ...

class LeeMyklandOutputs(NamedTuple, Generic[_T]):
    stat: _T
    is_jump: _T

class lee_mykland(Streaming):
    """Lee-Mykland intraday jump statistic. s2_i=(1/(K-2))*sum_{j=i-K+2}^{i-1}|r_j||r_{j-1}|, K=window; L=r_i/s_i
    (0 if s=0 and r=0; inf if only s=0). c=sqrt(2/pi), C=sqrt(2 ln N)/c-(ln pi+ln ln N)/(2c sqrt(2 ln N)),
    S=1/(c sqrt(2 ln N)), N=n_obs. Jump if (|L|-C)/S > -ln(-ln(1-alpha)).
    """

    def __init__(self, window: int = ..., n_obs: int = ..., alpha: float = ...) -> None: ...
    def update(self, returns: float, /) -> LeeMyklandOutputs[float]: ...
    def batch(self, returns: _Array, /) -> LeeMyklandOutputs[Any]: ...

class RealizedSemivarianceOutputs(NamedTuple, Generic[_T]):
    rs_pos: _T
    rs_neg: _T
    sjv: _T

class realized_semivariance(Streaming):
    """Realised semivariances and signed jump variation. rs_pos=sum r^2*1{r>0}, rs_neg=sum r^2*1{r<0},
    sjv=rs_pos-rs_neg.
    """

    def __init__(self, period: int = ...) -> None: ...
    def update(self, returns: float, /) -> RealizedSemivarianceOutputs[float]: ...
    def batch(self, returns: _Array, /) -> RealizedSemivarianceOutputs[Any]: ...

class tsrv(Streaming):
    """Two-scales realised variance. X=ln p, n returns. avg=(1/K)*sum_{i=K}^{n}(X_i-X_{i-K})^2;
    all=sum_{i=1}^{n}(X_i-X_{i-1})^2; nbar=(n-K+1)/K; tsrv=(avg-(nbar/n)*all)/(1-nbar/n). May be negative in
    small samples (returned as is).
    """

    def __init__(self, n: int = ..., k: int = ...) -> None: ...
    def update(self, price: float, /) -> float: ...
    def batch(self, price: _Array, /) -> Any: ...

class realized_kernel(Streaming):
    """Realised kernel (Parzen). g_j=sum_{i=j+1}^{n} r_i r_{i-j}; rk=g_0+2*sum_{j=1}^{H} kappa(j/(H+1))*g_j;
    kappa(x)=1-6x^2+6x^3 for x<=1/2, 2(1-x)^3 for 1/2<x<=1. No end-point jittering. Non-negative.
    """

    def __init__(self, n: int = ..., h: int = ...) -> None: ...
    def update(self, returns: float, /) -> float: ...
    def batch(self, returns: _Array, /) -> Any: ...

class HarRvOutputs(NamedTuple, Generic[_T]):
    forecast: _T
    b0: _T
    b_d: _T
    b_w: _T
    b_m: _T

class har_rv(Streaming):
    """HAR-RV forecast. Input y_t = realised variance per period. OLS over the last `window` pairs: y_{s+1} =
    b0+b_d*y_s+b_w*mean(y_{s-w+1..s})+b_m*mean(y_{s-m+1..s}); forecast_t applied at s=t, floored at 0.
    """

    def __init__(self, d: int = ..., w: int = ..., m: int = ..., window: int = ...) -> None: ...
    def update(self, signal: float, /) -> HarRvOutputs[float]: ...
    def batch(self, signal: _Array, /) -> HarRvOutputs[Any]: ...

class Garch11Outputs(NamedTuple, Generic[_T]):
    sigma2: _T
    forecast_h: _T
    loglik: _T

class garch11(Streaming):
    """GARCH(1,1) filter and QMLE. s2_t=omega+alpha*e_{t-1}^2+beta*s2_{t-1}; at t=0 presample e^2 and s2 equal
    the backcast (given or sample variance), i.e. s2_0=omega+(alpha+beta)*backcast. forecast_h:
    v+(alpha+beta)^{h-1}(s2_{t+1}-v), v=omega/(1-alpha-beta). Fit maximises -0.5*sum(ln 2pi+ln s2+e^2/s2) s.t.
    omega>0, alpha,beta>=0, alpha+beta<1.
    """

    def __init__(
        self,
        omega: float = ...,
        alpha: float = ...,
        beta: float = ...,
        backcast: float = ...,
        h: int = ...,
    ) -> None: ...
    def update(self, returns: float, /) -> Garch11Outputs[float]: ...
    def batch(self, returns: _Array, /) -> Garch11Outputs[Any]: ...

class GjrGarchOutputs(NamedTuple, Generic[_T]):
    sigma2: _T
    loglik: _T

class gjr_garch(Streaming):
    """GJR-GARCH(1,1,1). s2_t=omega+(alpha+gamma*1{e_{t-1}<0})*e_{t-1}^2+beta*s2_{t-1};
    s2_0=omega+(alpha+gamma/2+beta)*backcast; positivity alpha+gamma>=0; stationarity alpha+gamma/2+beta<1.
    """

    def __init__(
        self,
        omega: float = ...,
        alpha: float = ...,
        gamma: float = ...,
        beta: float = ...,
        backcast: float = ...,
    ) -> None: ...
    def update(self, returns: float, /) -> GjrGarchOutputs[float]: ...
    def batch(self, returns: _Array, /) -> GjrGarchOutputs[Any]: ...

class EgarchOutputs(NamedTuple, Generic[_T]):
    sigma2: _T
    loglik: _T

class egarch(Streaming):
    """EGARCH(1,1). ln s2_t = omega + alpha*(|z_{t-1}|-sqrt(2/pi)) + gamma*z_{t-1} + beta*ln s2_{t-1}, z=e/s; ln
    s2_0=omega+beta*ln(backcast). Clip ln s2 to [-700,700].
    """

    def __init__(
        self,
        omega: float = ...,
        alpha: float = ...,
        gamma: float = ...,
        beta: float = ...,
        backcast: float = ...,
    ) -> None: ...
    def update(self, returns: float, /) -> EgarchOutputs[float]: ...
    def batch(self, returns: _Array, /) -> EgarchOutputs[Any]: ...

class vol_of_vol(Streaming):
    """Volatility of volatility. s_t=close_vol(period,ann=1); vov=sd(s_{t-m+1..t},ddof=1)/mean(s_{t-m+1..t}),
    m=outer; NaN if mean 0.
    """

    def __init__(self, period: int = ..., outer: int = ...) -> None: ...
    def update(self, close: float, /) -> float: ...
    def batch(self, close: _Array, /) -> Any: ...

class VolConeOutputs(NamedTuple, Generic[_T]):
    percentile: _T
    q10: _T
    q50: _T
    q90: _T

class vol_cone(Streaming):
    """Volatility cone percentile. s_t=close_vol(period). percentile=100*#{i=0..hist-1: s_{t-i}<=s_t}/hist;
    quantiles by linear interpolation (type 7) over the same hist values.
    """

    def __init__(self, period: int = ..., hist: int = ..., ann: float = ...) -> None: ...
    def update(self, close: float, /) -> VolConeOutputs[float]: ...
    def batch(self, close: _Array, /) -> VolConeOutputs[Any]: ...

class SpotVarEwmaOutputs(NamedTuple, Generic[_T]):
    var_rate: _T
    vol: _T

class spot_var_ewma(Streaming):
    """Irregular-time spot variance (exponential kernel). r_i=ln(p_i/p_{i-1}), dt_i=t_i-t_{i-1}>=0;
    A_i=exp(-dt_i/tau)*A_{i-1}+r_i^2, A_0=0; B_i=1-exp(-(t_i-t_0)/tau) (bias correction);
    var_rate=A_i/(tau*B_i) (NaN while B=0).
    """

    def __init__(self, tau_s: float = ...) -> None: ...
    def update(self, price: float, t_s: float, /) -> SpotVarEwmaOutputs[float]: ...
    def batch(self, price: _Array, t_s: _Array, /) -> SpotVarEwmaOutputs[Any]: ...

class intraday_periodicity(Streaming):
    """Intraday volatility periodicity factors. For bin j: f_j=sqrt( (mean over last `days` of r_{d,j}^2) / (mean
    over all bins and days of r^2) ); mean of f_j^2 over bins is 1. Deseasonalised return r/f_j (unchanged if
    f_j=0).
    """

    def __init__(self, bins: int = ..., days: int = ...) -> None: ...
    def update(self, returns: float, /) -> float: ...
    def batch(self, returns: _Array, /) -> Any: ...

class obv(Streaming):
    """On-balance volume. obv_0=v_0; obv_t=obv_{t-1}+sign(c_t-c_{t-1})*v_t (sign(0)=0)."""

    def __init__(self) -> None: ...
    def update(self, close: float, volume: float, /) -> float: ...
    def batch(self, close: _Array, volume: _Array, /) -> Any: ...

class adl(Streaming):
    """Accumulation/distribution line. mfm=((c-l)-(h-c))/(h-l), 0 if h=l; adl_t=adl_{t-1}+mfm_t*v_t, adl_{-1}=0.
    """

    def __init__(self) -> None: ...
    def update(self, high: float, low: float, close: float, volume: float, /) -> float: ...
    def batch(self, high: _Array, low: _Array, close: _Array, volume: _Array, /) -> Any: ...

class cmf(Streaming):
    """Chaikin money flow. SUM_n(mfm*v)/SUM_n(v) with mfm of row adl; 0 if SUM v=0."""

    def __init__(self, period: int = ...) -> None: ...
    def update(self, high: float, low: float, close: float, volume: float, /) -> float: ...
    def batch(self, high: _Array, low: _Array, close: _Array, volume: _Array, /) -> Any: ...

class chaikin_osc(Streaming):
    """Chaikin oscillator. EMA of adl with alpha=2/(n+1) SEEDED AT adl_0 (not with an SMA, as TA-Lib ADOSC);
    adosc=EMA_fast(adl)-EMA_slow(adl); outputs before slow-1 suppressed.
    """

    def __init__(self, fast: int = ..., slow: int = ...) -> None: ...
    def update(self, high: float, low: float, close: float, volume: float, /) -> float: ...
    def batch(self, high: _Array, low: _Array, close: _Array, volume: _Array, /) -> Any: ...

class mfi(Streaming):
    """Money flow index. p=(h+l+c)/3, f=p*v; P=SUM_n(f if p_t>p_{t-1}), N=SUM_n(f if p_t<p_{t-1}); 100*P/(P+N);
    50 if both 0 (TA-Lib: 0).
    """

    def __init__(self, period: int = ...) -> None: ...
    def update(self, high: float, low: float, close: float, volume: float, /) -> float: ...
    def batch(self, high: _Array, low: _Array, close: _Array, volume: _Array, /) -> Any: ...

class relative_volume(Streaming):
    """Relative volume. v_t / mean(v_{t-n}..v_{t-1}) (previous n only); NaN if the mean is 0."""

    def __init__(self, period: int = ...) -> None: ...
    def update(self, volume: float, /) -> float: ...
    def batch(self, volume: _Array, /) -> Any: ...

class volume_zscore(Streaming):
    """Log-volume z-score. y=ln(1+v); z=(y_t-mean_n(y))/sd_n(y,ddof=1), window includes t; 0 if sd=0."""

    def __init__(self, period: int = ...) -> None: ...
    def update(self, volume: float, /) -> float: ...
    def batch(self, volume: _Array, /) -> Any: ...

class VwapSessionOutputs(NamedTuple, Generic[_T]):
    vwap: _T
    upper: _T
    lower: _T

class vwap_session(Streaming):
    """Session VWAP with standard-deviation bands. Reset when floor(t/reset_s) changes (UTC epoch). W+=q; d=p-m;
    m+=d*q/W; S+=q*d*(p-m_new). vwap=m; sd=sqrt(S/W); bands m+-k*sd. q=0 ignored; NaN until first positive
    size. Bar mode uses p=(h+l+c)/3, q=v.
    """

    def __init__(self, reset_s: float = ..., k: float = ...) -> None: ...
    def update(self, price: float, size: float, t_s: float, /) -> VwapSessionOutputs[float]: ...
    def batch(self, price: _Array, size: _Array, t_s: _Array, /) -> VwapSessionOutputs[Any]: ...

class VwapRollingOutputs(NamedTuple, Generic[_T]):
    vwap: _T
    dev_bps: _T

class vwap_rolling(Streaming):
    """Rolling VWAP (time or count window). sum(p*q)/sum(q) over the last `window` trades;
    dev_bps=1e4*(p_t/vwap-1); NaN if total size 0.
    """

    def __init__(self, window: int = ...) -> None: ...
    def update(self, price: float, size: float, /) -> VwapRollingOutputs[float]: ...
    def batch(self, price: _Array, size: _Array, /) -> VwapRollingOutputs[Any]: ...

class VolumeProfileOutputs(NamedTuple, Generic[_T]):
    poc: _T
    vah: _T
    val: _T

class volume_profile(Streaming):
    """Volume profile: POC and value area. Bin b=round_half_even(p/tick); V_b+=q. POC = bin with max V (ties:
    closest to the volume-weighted mean bin, then lower). Value area: start at POC; repeatedly add the
    neighbouring single bin (above or below) with larger V (tie: above) until accumulated >= value_area*total.
    Outputs bin*tick.
    """

    def __init__(self, tick: float = ..., value_area: float = ..., bins: int = ...) -> None: ...
    def update(self, price: float, size: float, /) -> VolumeProfileOutputs[float]: ...
    def batch(self, price: _Array, size: _Array, /) -> VolumeProfileOutputs[Any]: ...

class tick_rule(Streaming):
    """Tick rule trade sign. s=+1 if p_i>p_{i-1}; -1 if p_i<p_{i-1}; unchanged previous sign if equal; 0 until
    the first price change.
    """

    def __init__(self) -> None: ...
    def update(self, price: float, /) -> float: ...
    def batch(self, price: _Array, /) -> Any: ...

class lee_ready(Streaming):
    """Lee-Ready trade classification. mid=(bid+ask)/2 of the last quote with time <= t_trade - quote_lag. +1 if
    p>mid, -1 if p<mid, otherwise the tick rule sign (row tick_rule). If no valid quote: tick rule.
    """

    def __init__(self, quote_lag_s: float = ..., max_quotes: int = ...) -> None: ...
    def update(self, price: float, bid: float, ask: float, t_s: float, /) -> float: ...
    def batch(self, price: _Array, bid: _Array, ask: _Array, t_s: _Array, /) -> Any: ...

class BulkVolumeClassificationOutputs(NamedTuple, Generic[_T]):
    buy_volume: _T
    sell_volume: _T

class bulk_volume_classification(Streaming):
    """Bulk volume classification. dP=c_t-c_{t-1}; s=sd of the last n dP (ddof=1, includes current);
    buy=v*T_df(dP/s) with Student-t cdf (df>=1000 or inf: normal); sell=v-buy; dP=0 or s=0 -> v/2.
    """

    def __init__(self, period: int = ..., df: float = ...) -> None: ...
    def update(self, close: float, volume: float, /) -> BulkVolumeClassificationOutputs[float]: ...
    def batch(self, close: _Array, volume: _Array, /) -> BulkVolumeClassificationOutputs[Any]: ...

class TradeImbalanceOutputs(NamedTuple, Generic[_T]):
    imbalance: _T
    buy_ratio: _T

class trade_imbalance(Streaming):
    """Signed trade-volume imbalance. B=sum of sizes with aggressor buy, S=aggressor sell over the last `window`
    trades; imbalance=(B-S)/(B+S), buy_ratio=B/(B+S); 0 and 0.5 if B+S=0.
    """

    def __init__(self, window: int = ...) -> None: ...
    def update(self, size: float, side: float, /) -> TradeImbalanceOutputs[float]: ...
    def batch(self, size: _Array, side: _Array, /) -> TradeImbalanceOutputs[Any]: ...

class CvdOutputs(NamedTuple, Generic[_T]):
    cvd: _T
    bar_delta: _T

class cvd(Streaming):
    """Cumulative volume delta. cvd+=side*q with side=+1 aggressor buy, -1 sell; reset to 0 at each UTC multiple
    of reset_s; bar_delta = change since the bar opened.
    """

    def __init__(self, reset_s: float = ..., bar_s: float = ...) -> None: ...
    def update(self, size: float, side: float, t_s: float, /) -> CvdOutputs[float]: ...
    def batch(self, size: _Array, side: _Array, t_s: _Array, /) -> CvdOutputs[Any]: ...

class FlowEmaDecayOutputs(NamedTuple, Generic[_T]):
    flow: _T
    intensity: _T
    ratio: _T

class flow_ema_decay(Streaming):
    """Exponentially decayed order-flow imbalance. a=exp(-dt/tau): F=a*F+side*q, G=a*G+q, N=a*N+1; flow=F/tau,
    intensity=N/tau, ratio=F/G (0 if G=0). Query at time t decays by exp(-(t-t_last)/tau).
    """

    def __init__(self, tau_s: float = ...) -> None: ...
    def update(self, size: float, side: float, t_s: float, /) -> FlowEmaDecayOutputs[float]: ...
    def batch(self, size: _Array, side: _Array, t_s: _Array, /) -> FlowEmaDecayOutputs[Any]: ...

class TradeArrivalRateOutputs(NamedTuple, Generic[_T]):
    rate: _T
    z: _T

class trade_arrival_rate(Streaming):
    """Trade arrival rate and burst z-score. N_b = trades in completed bin b; rate=N_b/bin_s; lambda=mean of the
    previous `window` bins; z=(N_b-lambda)/sqrt(max(lambda,1e-12)) (Poisson); z=0 if lambda=0 and N_b=0.
    """

    def __init__(self, bin_s: float = ..., window: int = ...) -> None: ...
    def update(self, t_s: float, /) -> TradeArrivalRateOutputs[float]: ...
    def batch(self, t_s: _Array, /) -> TradeArrivalRateOutputs[Any]: ...

class taker_ratio(Streaming):
    """Taker buy/sell ratio (log). ln((B+eps*(B+S))/(S+eps*(B+S))) with B,S aggressor buy/sell volume in the
    window; 0 if B+S=0.
    """

    def __init__(self, window: int = ..., eps: float = ...) -> None: ...
    def update(self, size: float, side: float, /) -> float: ...
    def batch(self, size: _Array, side: _Array, /) -> Any: ...

class mid_price(Streaming):
    """Mid price. (bid+ask)/2; NaN if either side is missing; crossed quotes (bid>ask) still return the
    arithmetic mean and raise the crossed flag.
    """

    def __init__(self) -> None: ...
    def update(self, bid: float, ask: float, /) -> float: ...
    def batch(self, bid: _Array, ask: _Array, /) -> Any: ...

class microprice_weighted(Streaming):
    """Size-weighted mid (imbalance microprice). I=Qb/(Qb+Qa); wmid=I*ask+(1-I)*bid; mid if Qb+Qa=0."""

    def __init__(self) -> None: ...
    def update(self, bid: float, ask: float, bid_size: float, ask_size: float, /) -> float: ...
    def batch(self, bid: _Array, ask: _Array, bid_size: _Array, ask_size: _Array, /) -> Any: ...

class StoikovMicropriceOutputs(NamedTuple, Generic[_T]):
    microprice: _T
    adjustment: _T

class stoikov_microprice(Estimator):
    """Stoikov micro-price (finite-state Markov). State x=(imbalance bucket min(floor(I*n_imb),n_imb-1), spread
    in ticks 1..n_spread). From transitions (symmetrised by mirroring I->1-I, dM->-dM): Q_xy=P(no mid change,
    y), R_x,k=P(mid change k, absorbed), T_xy=P(mid change, next state y). G1=(I-Q)^{-1} R k (k=vector of mid
    jumps), B=(I-Q)^{-1} T, adjustment G=sum_{i=0}^{iters-1} B^i G1; microprice=mid+G(x). Symmetrisation makes
    B^i G1 converge.
    """

    def __init__(
        self,
        n_imb: int = ...,
        n_spread: int = ...,
        iters: int = ...,
        tick: float = ...,
    ) -> None: ...
    def batch(
        self,
        bid: _Array,
        ask: _Array,
        bid_size: _Array,
        ask_size: _Array,
        /,
    ) -> StoikovMicropriceOutputs[Any]: ...

class QuotedSpreadOutputs(NamedTuple, Generic[_T]):
    spread: _T
    spread_bps: _T

class quoted_spread(Streaming):
    """Quoted spread (absolute and relative). spread=ask-bid; spread_bps=1e4*spread/mid. Time-weighted average
    over [a,b]: sum spread_i*dt_i/sum dt_i with dt_i the life of quote i.
    """

    def __init__(self) -> None: ...
    def update(self, bid: float, ask: float, /) -> QuotedSpreadOutputs[float]: ...
    def batch(self, bid: _Array, ask: _Array, /) -> QuotedSpreadOutputs[Any]: ...

class EffectiveSpreadOutputs(NamedTuple, Generic[_T]):
    eff_bps: _T
    eff_vw_bps: _T

class effective_spread(Streaming):
    """Effective spread. eff=2*s*(p-m)/m*1e4 with s trade sign and m the prevailing mid just before the trade;
    eff_vw = size-weighted mean since reset.
    """

    def __init__(self) -> None: ...
    def update(
        self,
        price: float,
        size: float,
        side: float,
        bid: float,
        ask: float,
        /,
    ) -> EffectiveSpreadOutputs[float]: ...
    def batch(
        self,
        price: _Array,
        size: _Array,
        side: _Array,
        bid: _Array,
        ask: _Array,
        /,
    ) -> EffectiveSpreadOutputs[Any]: ...

class realized_spread(Streaming):
    """Realised spread. rs=2*s*(p-m_{t+h})/m_t*1e4, m_{t+h} = last mid at or before t+h; emitted at t+h (never
    earlier).
    """

    def __init__(self, horizon_s: float = ..., max_pending: int = ...) -> None: ...
    def update(
        self,
        price: float,
        size: float,
        side: float,
        bid: float,
        ask: float,
        t_s: float,
        /,
    ) -> float: ...
    def batch(
        self,
        price: _Array,
        size: _Array,
        side: _Array,
        bid: _Array,
        ask: _Array,
        t_s: _Array,
        /,
    ) -> Any: ...

class price_impact(Streaming):
    """Price impact (mid move after a trade). impact=s*(m_{t+h}-m_t)/m_t*1e4 (half-spread units; 2*impact =
    effective - realised).
    """

    def __init__(self, horizon_s: float = ..., max_pending: int = ...) -> None: ...
    def update(
        self,
        price: float,
        size: float,
        side: float,
        bid: float,
        ask: float,
        t_s: float,
        /,
    ) -> float: ...
    def batch(
        self,
        price: _Array,
        size: _Array,
        side: _Array,
        bid: _Array,
        ask: _Array,
        t_s: _Array,
        /,
    ) -> Any: ...

class RollSpreadOutputs(NamedTuple, Generic[_T]):
    spread: _T
    signed: _T

class roll_spread(Streaming):
    """Roll implied spread. d=p_t-p_{t-1}; g=cov(d_i,d_{i-1}) over the last window-1 pairs of differences (1/m
    normalisation, each series demeaned by its own mean); spread=2*sqrt(max(-g,0));
    signed=-2*sign(g)*sqrt(|g|). Use log prices for relative spread.
    """

    def __init__(self, window: int = ...) -> None: ...
    def update(self, price: float, /) -> RollSpreadOutputs[float]: ...
    def batch(self, price: _Array, /) -> RollSpreadOutputs[Any]: ...

class corwin_schultz(Streaming):
    """Corwin-Schultz high-low spread. For consecutive bars: beta=ln(h_t/l_t)^2+ln(h_{t-1}/l_{t-1})^2;
    gamma=ln(max(h_t,h_{t-1})/min(l_t,l_{t-1}))^2; k=3-2*sqrt(2);
    alpha=(sqrt(2*beta)-sqrt(beta))/k-sqrt(gamma/k); S=2*(e^alpha-1)/(1+e^alpha), negatives set to 0; output =
    mean of the period-1 estimates. No overnight adjustment for 24/7 markets.
    """

    def __init__(self, period: int = ...) -> None: ...
    def update(self, high: float, low: float, /) -> float: ...
    def batch(self, high: _Array, low: _Array, /) -> Any: ...

class abdi_ranaldo(Streaming):
    """Abdi-Ranaldo close-high-low spread. eta=(ln h+ln l)/2; s2_t=4*(ln c_{t-1}-eta_{t-1})*(ln c_{t-1}-eta_t);
    spread=sqrt(max(mean of the period-1 two-bar values,0)) (monthly-corrected version).
    """

    def __init__(self, period: int = ...) -> None: ...
    def update(self, high: float, low: float, close: float, /) -> float: ...
    def batch(self, high: _Array, low: _Array, close: _Array, /) -> Any: ...

class edge_spread(Streaming):
    """EDGE efficient OHLC spread. Logs; m=(h+l)/2; per bar with previous bar (1): r1=m-o, r2=o-m1, r3=m-c1,
    r4=c1-m1, r5=o-c1; tau=1{h!=l or l!=c1}; po=mean(tau*1{o!=h})+mean(tau*1{o!=l});
    pc=mean(tau*1{c1!=h1})+mean(tau*1{c1!=l1}); d_k=r_k-tau*mean(r_k)/mean(tau), k=1,3,5;
    x1=-4/po*d1*r2-4/pc*d3*r4; x2=-4/po*d1*r5-4/pc*d5*r4; e,v=mean,population variance;
    s2=(v2*e1+v1*e2)/(v1+v2) or (e1+e2)/2 if v1+v2=0; spread=sqrt(|s2|). NaN if sum tau<2 or po=0 or pc=0.
    """

    def __init__(self, period: int = ...) -> None: ...
    def update(self, open: float, high: float, low: float, close: float, /) -> float: ...
    def batch(self, open: _Array, high: _Array, low: _Array, close: _Array, /) -> Any: ...

class amihud(Streaming):
    """Amihud illiquidity. illiq=scale*(1/n)*sum |r_{t-i}|/(c_{t-i}*v_{t-i}), r simple return, dollar volume in
    the denominator; bars with zero volume are skipped (mean over the remaining; NaN if none).
    """

    def __init__(self, period: int = ..., scale: float = ...) -> None: ...
    def update(self, close: float, volume: float, /) -> float: ...
    def batch(self, close: _Array, volume: _Array, /) -> Any: ...

class KyleLambdaOutputs(NamedTuple, Generic[_T]):
    lambda_: _T
    t_stat: _T
    r2: _T

class kyle_lambda(Streaming):
    """Kyle lambda (regression). Per bin: dP=last mid (or price) change, Q=sum side*size. OLS with intercept
    dP=a+lambda*Q+e over the last `window` bins; t_stat with s^2=SSR/(n-2). NaN if var(Q)=0.
    """

    def __init__(self, bin_s: float = ..., window: int = ...) -> None: ...
    def update(self, price: float, size: float, side: float, t_s: float, /) -> KyleLambdaOutputs[float]: ...
    def batch(self, price: _Array, size: _Array, side: _Array, t_s: _Array, /) -> KyleLambdaOutputs[Any]: ...

class HasbrouckLambdaOutputs(NamedTuple, Generic[_T]):
    lambda_: _T
    t_stat: _T

class hasbrouck_lambda(Streaming):
    """Hasbrouck square-root impact coefficient. r_b=lambda*S_b+e_b (with intercept), S_b=sum over trades in bin
    of side*sqrt(price*size), r_b log return of the bin.
    """

    def __init__(self, bin_s: float = ..., window: int = ...) -> None: ...
    def update(
        self,
        price: float,
        size: float,
        side: float,
        t_s: float,
        /,
    ) -> HasbrouckLambdaOutputs[float]: ...
    def batch(
        self,
        price: _Array,
        size: _Array,
        side: _Array,
        t_s: _Array,
        /,
    ) -> HasbrouckLambdaOutputs[Any]: ...

class VpinOutputs(NamedTuple, Generic[_T]):
    vpin: _T
    buckets: _T

class vpin(Streaming):
    """Volume-synchronised probability of informed trading. Fill buckets of exact volume V=bucket, splitting a
    trade across buckets. V_buy,V_sell by aggressor side (or row bulk_volume_classification).
    vpin=(1/(n*V))*sum over last n buckets |V_buy-V_sell|. Updates only when a bucket completes; warm-up n
    completed buckets.
    """

    def __init__(self, bucket: float = ..., n: int = ...) -> None: ...
    def update(self, size: float, side: float, /) -> VpinOutputs[float]: ...
    def batch(self, size: _Array, side: _Array, /) -> VpinOutputs[Any]: ...

class OfiOutputs(NamedTuple, Generic[_T]):
    e: _T
    ofi: _T

class ofi(Streaming):
    """Order-flow imbalance (best quotes). e_n = 1{Pb_n>=Pb_{n-1}}*qb_n - 1{Pb_n<=Pb_{n-1}}*qb_{n-1} -
    1{Pa_n<=Pa_{n-1}}*qa_n + 1{Pa_n>=Pa_{n-1}}*qa_{n-1}; ofi=sum of e over the last `window` updates (fewer
    during warm-up beyond the first).
    """

    def __init__(self, window: int = ...) -> None: ...
    def update(self, bid: float, ask: float, bid_size: float, ask_size: float, /) -> OfiOutputs[float]: ...
    def batch(self, bid: _Array, ask: _Array, bid_size: _Array, ask_size: _Array, /) -> OfiOutputs[Any]: ...

class MlofiOutputs(NamedTuple, Generic[_T]):
    mlofi: Any
    integrated: _T

class mlofi(Streaming):
    """Multi-level order-flow imbalance. For level m the e_n of row ofi with the m-th best prices and sizes;
    mlofi_m=sum over window. integrated=first principal component of mlofi (weights normalised to L1=1) or,
    without training, the mean over levels divided by average depth.
    """

    def __init__(self, levels: int = ..., window: int = ...) -> None: ...
    def update(
        self,
        bid_px: _Array,
        bid_sizes: _Array,
        ask_px: _Array,
        ask_sizes: _Array,
        /,
    ) -> MlofiOutputs[float]: ...
    def batch(
        self,
        bid_px: _Array,
        bid_sizes: _Array,
        ask_px: _Array,
        ask_sizes: _Array,
        /,
    ) -> MlofiOutputs[Any]: ...

class queue_imbalance(Streaming):
    """Queue (top-of-book) imbalance. (Qb-Qa)/(Qb+Qa); 0 if both 0."""

    def __init__(self) -> None: ...
    def update(self, bid_size: float, ask_size: float, /) -> float: ...
    def batch(self, bid_size: _Array, ask_size: _Array, /) -> Any: ...

class HawkesExpOutputs(NamedTuple, Generic[_T]):
    intensity: _T
    branching: _T

class hawkes_exp(Streaming):
    """Hawkes exponential intensity. lambda(t)=mu+sum_{t_i<t} alpha*exp(-beta*(t-t_i)). R_i=exp(-beta*(t_i-
    t_{i-1}))*(1+R_{i-1}), R_0=0; lambda(t_i-)=mu+alpha*R_i. branching=alpha/beta (<1 for stationarity). Log-
    likelihood = sum ln lambda(t_i-) - mu*T - (alpha/beta)*sum(1-exp(-beta*(T-t_i))).
    """

    def __init__(self, mu: float = ..., alpha: float = ..., beta: float = ...) -> None: ...
    def update(self, t_s: float, /) -> HawkesExpOutputs[float]: ...
    def batch(self, t_s: _Array, /) -> HawkesExpOutputs[Any]: ...

class HawkesBivariateOutputs(NamedTuple, Generic[_T]):
    lambda_buy: _T
    lambda_sell: _T
    imbalance: _T
    spectral_radius: _T

class hawkes_bivariate(Streaming):
    """Bivariate buy/sell Hawkes intensities. lambda_k=mu+alpha_self*S_k+alpha_cross*S_{-k}, S_k decayed count of
    side-k events with rate beta; imbalance=(lb-ls)/(lb+ls); spectral_radius=(alpha_self+alpha_cross)/beta.
    """

    def __init__(
        self,
        mu: float = ...,
        alpha_self: float = ...,
        alpha_cross: float = ...,
        beta: float = ...,
    ) -> None: ...
    def update(self, side: float, t_s: float, /) -> HawkesBivariateOutputs[float]: ...
    def batch(self, side: _Array, t_s: _Array, /) -> HawkesBivariateOutputs[Any]: ...

class markout(Streaming):
    """Fill markout curve. For a fill with side s (+1 we bought), price p: M_h=s*(m_{t+h}-p)/p*1e4; output
    running size-weighted mean per horizon. Last mid at or before t+h.
    """

    def __init__(self, horizons_s: list[float] = ..., max_pending: int = ...) -> None: ...
    def update(
        self,
        fill_price: float,
        fill_size: float,
        fill_side: float,
        bid: float,
        ask: float,
        t_s: float,
        /,
    ) -> Any: ...
    def batch(
        self,
        fill_price: _Array,
        fill_size: _Array,
        fill_side: _Array,
        bid: _Array,
        ask: _Array,
        t_s: _Array,
        /,
    ) -> Any: ...

class depth_imbalance(Streaming):
    """L-level depth imbalance. B=sum_{i=1..L} qb_i, A=sum qa_i; (B-A)/(B+A); 0 if both 0. Missing levels count
    as 0.
    """

    def __init__(self, levels: int = ...) -> None: ...
    def update(self, bid_sizes: _Array, ask_sizes: _Array, /) -> float: ...
    def batch(self, bid_sizes: _Array, ask_sizes: _Array, /) -> Any: ...

class depth_imbalance_weighted(Streaming):
    """Distance-weighted depth imbalance. w_i=exp(-1e4*|p_i-mid|/(mid*decay_bps)); B=sum w_i*qb_i, A=sum
    w_i*qa_i; (B-A)/(B+A); 0 if both 0.
    """

    def __init__(self, levels: int = ..., decay_bps: float = ...) -> None: ...
    def update(self, bid_px: _Array, bid_sizes: _Array, ask_px: _Array, ask_sizes: _Array, /) -> float: ...
    def batch(self, bid_px: _Array, bid_sizes: _Array, ask_px: _Array, ask_sizes: _Array, /) -> Any: ...

class DepthWithinBpsOutputs(NamedTuple, Generic[_T]):
    bid_depth: _T
    ask_depth: _T
    bid_notional: _T
    ask_notional: _T

class depth_within_bps(Streaming):
    """Depth within x bps of mid. Sum of sizes (and p*q) over bids with p>=mid*(1-bps/1e4) and asks with
    p<=mid*(1+bps/1e4).
    """

    def __init__(self, bps: float = ...) -> None: ...
    def update(
        self,
        bid_px: _Array,
        bid_sizes: _Array,
        ask_px: _Array,
        ask_sizes: _Array,
        /,
    ) -> DepthWithinBpsOutputs[float]: ...
    def batch(
        self,
        bid_px: _Array,
        bid_sizes: _Array,
        ask_px: _Array,
        ask_sizes: _Array,
        /,
    ) -> DepthWithinBpsOutputs[Any]: ...

class BookPressureOutputs(NamedTuple, Generic[_T]):
    wp: _T
    deviation_bps: _T

class book_pressure(Streaming):
    """Order-book pressure (Cao-Hansch-Wang weighted price deviation).
    wp=(sum_{j=n1}^{n2}(qb_j*pb_j+qa_j*pa_j))/(sum_{j=n1}^{n2}(qb_j+qa_j)); deviation_bps=1e4*(wp/mid-1). mid
    if no size.
    """

    def __init__(self, n1: int = ..., n2: int = ...) -> None: ...
    def update(
        self,
        bid_px: _Array,
        bid_sizes: _Array,
        ask_px: _Array,
        ask_sizes: _Array,
        /,
    ) -> BookPressureOutputs[float]: ...
    def batch(
        self,
        bid_px: _Array,
        bid_sizes: _Array,
        ask_px: _Array,
        ask_sizes: _Array,
        /,
    ) -> BookPressureOutputs[Any]: ...

class BookSlopeOutputs(NamedTuple, Generic[_T]):
    slope_bid: _T
    slope_ask: _T
    slope: _T

class book_slope(Streaming):
    """Order-book slope (Naes-Skjeltorp). v_i=ln(cumulative size at level i), p_0=mid. side slope=(1/L)*[
    v_1/|p_1/p_0-1| + sum_{i=1}^{L-1} (v_{i+1}/v_i-1)/|p_{i+1}/p_i-1| ]; slope=(bid+ask)/2. NaN if v_1<=0
    (sizes must be expressed in units giving cumulative size >1).
    """

    def __init__(self, levels: int = ...) -> None: ...
    def update(
        self,
        bid_px: _Array,
        bid_sizes: _Array,
        ask_px: _Array,
        ask_sizes: _Array,
        /,
    ) -> BookSlopeOutputs[float]: ...
    def batch(
        self,
        bid_px: _Array,
        bid_sizes: _Array,
        ask_px: _Array,
        ask_sizes: _Array,
        /,
    ) -> BookSlopeOutputs[Any]: ...

class SweepCostOutputs(NamedTuple, Generic[_T]):
    buy_vwap: _T
    sell_vwap: _T
    buy_bps: _T
    sell_bps: _T
    filled: _T

class sweep_cost(Streaming):
    """Sweep-to-fill cost (VWAP of walking the book). Walk the asks (bids) until the quote notional is reached,
    last level partial; vwap=notional/size; buy_bps=1e4*(buy_vwap/mid-1), sell_bps=1e4*(1-sell_vwap/mid). If
    the book is exhausted filled=0 and the vwap of the available part is returned.
    """

    def __init__(self, notional: float = ...) -> None: ...
    def update(
        self,
        bid_px: _Array,
        bid_sizes: _Array,
        ask_px: _Array,
        ask_sizes: _Array,
        /,
    ) -> SweepCostOutputs[float]: ...
    def batch(
        self,
        bid_px: _Array,
        bid_sizes: _Array,
        ask_px: _Array,
        ask_sizes: _Array,
        /,
    ) -> SweepCostOutputs[Any]: ...

class XlmOutputs(NamedTuple, Generic[_T]):
    xlm_bps: _T
    liquidity_premium: _T
    adverse: _T

class xlm(Streaming):
    """Round-trip liquidity measure (Xetra XLM / CRT). xlm=buy_bps+sell_bps of sweep_cost;
    liquidity_premium=quoted spread in bps; adverse=xlm-liquidity_premium>=0.
    """

    def __init__(self, notional: float = ...) -> None: ...
    def update(
        self,
        bid_px: _Array,
        bid_sizes: _Array,
        ask_px: _Array,
        ask_sizes: _Array,
        /,
    ) -> XlmOutputs[float]: ...
    def batch(
        self,
        bid_px: _Array,
        bid_sizes: _Array,
        ask_px: _Array,
        ask_sizes: _Array,
        /,
    ) -> XlmOutputs[Any]: ...

class DepthHhiOutputs(NamedTuple, Generic[_T]):
    hhi: _T
    wall_price: _T
    wall_ratio: _T

class depth_hhi(Streaming):
    """Depth concentration (Herfindahl) and wall detector. Per side shares s_i=q_i/sum q; hhi=sum s_i^2 (bid and
    ask stacked: compute per side, return the larger). wall: level with max q_i/median(q over the side);
    wall_price set if ratio>=k else NaN; wall_ratio = that maximum.
    """

    def __init__(self, levels: int = ..., k: float = ...) -> None: ...
    def update(
        self,
        bid_px: _Array,
        bid_sizes: _Array,
        ask_px: _Array,
        ask_sizes: _Array,
        /,
    ) -> DepthHhiOutputs[float]: ...
    def batch(
        self,
        bid_px: _Array,
        bid_sizes: _Array,
        ask_px: _Array,
        ask_sizes: _Array,
        /,
    ) -> DepthHhiOutputs[Any]: ...

class CancelRateOutputs(NamedTuple, Generic[_T]):
    cancel_ratio: _T
    otr: _T

class cancel_rate(Streaming):
    """Cancellation ratio and order-to-trade ratio. Decayed counters (exp(-dt/tau)) of adds N_a, cancels N_c,
    trades N_t (messages or, for L2 data, level decreases not explained by trades counted as cancels).
    cancel_ratio=N_c/max(N_a,tiny) ; otr=(N_a+N_c)/max(N_t,tiny); 0 if the numerator is 0.
    """

    def __init__(self, tau_s: float = ...) -> None: ...
    def update(
        self,
        adds: float,
        cancels: float,
        trades: float,
        t_s: float,
        /,
    ) -> CancelRateOutputs[float]: ...
    def batch(
        self,
        adds: _Array,
        cancels: _Array,
        trades: _Array,
        t_s: _Array,
        /,
    ) -> CancelRateOutputs[Any]: ...

class SpoofScoreOutputs(NamedTuple, Generic[_T]):
    score: _T
    events_buy: _T
    events_sell: _T

class spoof_score(Streaming):
    """Spoofing score: imbalance creation, opposite fill, cancel. Candidate: passive size added on side X within
    `levels` of touch exceeding k*median per-level size of that side (EWMA median by row stochastic_quantile).
    It is a spoof event if within horizon_s (i) >=1 aggressive trade executes on the OPPOSITE side (X=bid: a
    taker buy, side=+1, at the ask; X=ask: a taker sell, side=-1, at the bid), and (ii) >=80% of the added
    size is cancelled (decrease not explained by trades). score=events_decayed/max(1,candidates_decayed),
    decay exp(-dt/tau). Heuristic definition of this project: evaluate by scripted scenarios only.
    """

    def __init__(
        self,
        levels: int = ...,
        k: float = ...,
        horizon_s: float = ...,
        tau_s: float = ...,
    ) -> None: ...
    def update(
        self,
        bid_px: _Array,
        bid_sizes: _Array,
        ask_px: _Array,
        ask_sizes: _Array,
        price: float,
        size: float,
        side: float,
        t_s: float,
        /,
    ) -> SpoofScoreOutputs[float]: ...
    def batch(
        self,
        bid_px: _Array,
        bid_sizes: _Array,
        ask_px: _Array,
        ask_sizes: _Array,
        price: _Array,
        size: _Array,
        side: _Array,
        t_s: _Array,
        /,
    ) -> SpoofScoreOutputs[Any]: ...

class LayeringScoreOutputs(NamedTuple, Generic[_T]):
    score: _T
    side: _T

class layering_score(Streaming):
    """Layering score. At each update count per side the levels whose size rose by >= k*EWMA level size within
    horizon_s and was not executed; a layering episode starts when >=min_levels levels qualify on one side
    only, and is confirmed if >=50% of that added size disappears without trades within the next horizon_s.
    score=number of layers of the last confirmed episode decayed by exp(-dt/horizon), side=+1 bid, -1 ask.
    Heuristic of this project.
    """

    def __init__(
        self,
        levels: int = ...,
        min_levels: int = ...,
        k: float = ...,
        horizon_s: float = ...,
        tau_s: float = ...,
    ) -> None: ...
    def update(
        self,
        bid_px: _Array,
        bid_sizes: _Array,
        ask_px: _Array,
        ask_sizes: _Array,
        price: float,
        size: float,
        side: float,
        t_s: float,
        /,
    ) -> LayeringScoreOutputs[float]: ...
    def batch(
        self,
        bid_px: _Array,
        bid_sizes: _Array,
        ask_px: _Array,
        ask_sizes: _Array,
        price: _Array,
        size: _Array,
        side: _Array,
        t_s: _Array,
        /,
    ) -> LayeringScoreOutputs[Any]: ...

class QuoteStuffingOutputs(NamedTuple, Generic[_T]):
    zscore: _T
    stuffing: _T

class quote_stuffing(Streaming):
    """Quote-stuffing burst statistic. M_b messages and T_b trades per completed bin; zscore=(M_b-
    mean)/max(sd(ddof=1),1) over the previous window bins; stuffing=1 if zscore>z and M_b/max(T_b,1)>otr.
    """

    def __init__(self, bin_ms: float = ..., window: int = ..., z: float = ..., otr: float = ...) -> None: ...
    def update(self, messages: float, trades: float, t_s: float, /) -> QuoteStuffingOutputs[float]: ...
    def batch(self, messages: _Array, trades: _Array, t_s: _Array, /) -> QuoteStuffingOutputs[Any]: ...

class wash_trade_matched(Streaming):
    """Wash-trade matched-pair share. A trade is matched if an earlier unmatched trade with opposite aggressor
    side exists within horizon_s at the same price and size (relative tolerance tol); each trade is used once.
    share=matched volume/total volume in the window. Screening statistic only: public tapes do not identify
    owners.
    """

    def __init__(self, horizon_s: float = ..., tol: float = ..., window: int = ...) -> None: ...
    def update(self, price: float, size: float, side: float, t_s: float, /) -> float: ...
    def batch(self, price: _Array, size: _Array, side: _Array, t_s: _Array, /) -> Any: ...

class BenfordChi2Outputs(NamedTuple, Generic[_T]):
    chi2: _T
    p_value: _T
    mad: _T

class benford_chi2(Streaming):
    """Benford first-digit test on trade sizes. d = first significant digit of size>0; E_d=N*log10(1+1/d);
    chi2=sum (O-E)^2/E with 8 df; p=1-F_chi2(8); mad=mean|O/N-E/N|.
    """

    def __init__(self, window: int = ...) -> None: ...
    def update(self, size: float, /) -> BenfordChi2Outputs[float]: ...
    def batch(self, size: _Array, /) -> BenfordChi2Outputs[Any]: ...

class IcebergScoreOutputs(NamedTuple, Generic[_T]):
    executed_over_displayed: _T
    refills: _T
    flag: _T

class iceberg_score(Streaming):
    """Iceberg (hidden refill) detector. Per price level at the touch keep cumulative executed E and maximum
    displayed D_max since the level became best; a refill = displayed size restored to >=90% of the pre-trade
    display within refill_s after a trade. executed_over_displayed=E/D_max; flag=1 if refills>=min_refills and
    E>D_max. Reset when the level stops being best.
    """

    def __init__(self, refill_s: float = ..., min_refills: int = ...) -> None: ...
    def update(
        self,
        bid_px: _Array,
        bid_sizes: _Array,
        ask_px: _Array,
        ask_sizes: _Array,
        price: float,
        size: float,
        side: float,
        t_s: float,
        /,
    ) -> IcebergScoreOutputs[float]: ...
    def batch(
        self,
        bid_px: _Array,
        bid_sizes: _Array,
        ask_px: _Array,
        ask_sizes: _Array,
        price: _Array,
        size: _Array,
        side: _Array,
        t_s: _Array,
        /,
    ) -> IcebergScoreOutputs[Any]: ...

class PumpDumpOutputs(NamedTuple, Generic[_T]):
    price_anomaly: _T
    volume_anomaly: _T
    pump: _T

class pump_dump(Streaming):
    """Pump anomaly detector. price_anomaly=1{h_t > price_k*mean(c_{t-w}..c_{t-1})}; volume_anomaly=1{v_t >
    vol_k*mean(v_{t-w}..v_{t-1})}; pump=both.
    """

    def __init__(self, window: int = ..., price_k: float = ..., vol_k: float = ...) -> None: ...
    def update(self, high: float, close: float, volume: float, /) -> PumpDumpOutputs[float]: ...
    def batch(self, high: _Array, close: _Array, volume: _Array, /) -> PumpDumpOutputs[Any]: ...

class QueuePositionOutputs(NamedTuple, Generic[_T]):
    ahead: _T
    behind: _T

class queue_position(Streaming):
    """Queue-position estimate. On placement ahead=Q_level. Trade of size q at the level: ahead=max(0,ahead-q).
    Cancel of size x (level decrease not explained by trades): proportional: ahead -= x*ahead/(ahead+behind);
    pessimistic: removed from behind first; optimistic: from ahead first. Additions go to behind.
    behind=Q_level-own-ahead>=0.
    """

    def __init__(self, f: str = ...) -> None: ...
    def update(
        self,
        bid_px: _Array,
        bid_sizes: _Array,
        ask_px: _Array,
        ask_sizes: _Array,
        price: float,
        size: float,
        side: float,
        order_price: float,
        order_size: float,
        order_side: float,
        /,
    ) -> QueuePositionOutputs[float]: ...
    def batch(
        self,
        bid_px: _Array,
        bid_sizes: _Array,
        ask_px: _Array,
        ask_sizes: _Array,
        price: _Array,
        size: _Array,
        side: _Array,
        order_price: _Array,
        order_size: _Array,
        order_side: _Array,
        /,
    ) -> QueuePositionOutputs[Any]: ...

class zscore(Streaming):
    """Rolling z-score. z=(x_t-mean_n)/sd_n(ddof), window includes t; 0 if sd=0 (sd compared with eps*max|x|).
    """

    def __init__(self, period: int = ..., ddof: int = ...) -> None: ...
    def update(self, price: float, /) -> float: ...
    def batch(self, price: _Array, /) -> Any: ...

class ewm_zscore(Streaming):
    """Exponentially weighted z-score. d=x_t-m_{t-1}; z_t=d/sqrt(S_{t-1}) (0 if S=0) uses PAST moments; then
    m_t=m_{t-1}+alpha*d; S_t=(1-alpha)*(S_{t-1}+alpha*d^2). m_0=x_0,S_0=0.
    """

    def __init__(self, alpha: float = ...) -> None: ...
    def update(self, price: float, /) -> float: ...
    def batch(self, price: _Array, /) -> Any: ...

class RollingOlsOutputs(NamedTuple, Generic[_T]):
    beta: _T
    alpha: _T
    spread: _T
    spread_z: _T
    r2: _T

class rolling_ols(Streaming):
    """Rolling OLS hedge ratio and spread. y=alpha+beta*x by OLS on the window; spread=y_t-alpha-beta*x_t;
    spread_z=spread/sqrt(SSR/(n-2)) (0 if SSR=0); NaN if var(x)=0.
    """

    def __init__(self, period: int = ...) -> None: ...
    def update(self, x: float, y: float, /) -> RollingOlsOutputs[float]: ...
    def batch(self, x: _Array, y: _Array, /) -> RollingOlsOutputs[Any]: ...

class TlsHedgeOutputs(NamedTuple, Generic[_T]):
    beta: _T
    alpha: _T

class tls_hedge(Streaming):
    """Total least squares hedge ratio. Sxx,Syy,Sxy centred; beta=(Syy-Sxx+sqrt((Syy-Sxx)^2+4*Sxy^2))/(2*Sxy);
    alpha=ybar-beta*xbar; if Sxy=0: beta=0 when Syy<=Sxx else NaN.
    """

    def __init__(self, period: int = ...) -> None: ...
    def update(self, x: float, y: float, /) -> TlsHedgeOutputs[float]: ...
    def batch(self, x: _Array, y: _Array, /) -> TlsHedgeOutputs[Any]: ...

class KalmanHedgeOutputs(NamedTuple, Generic[_T]):
    beta: _T
    alpha: _T
    e: _T
    q: _T
    z: _T

class kalman_hedge(Streaming):
    """Kalman dynamic hedge ratio. theta=(beta,alpha), F=I, Q=delta/(1-delta)*I, H_t=(x_t,1), R=r. theta_0=0,
    P_0=I (diffuse option 1e6). Predict P=P+Q; e=y-H theta; q=H P H'+R; K=P H'/q; theta+=K e;
    P=(I-KH)P(I-KH)'+K R K'. z=e/sqrt(q).
    """

    def __init__(self, delta: float = ..., r: float = ..., p0: float = ...) -> None: ...
    def update(self, x: float, y: float, /) -> KalmanHedgeOutputs[float]: ...
    def batch(self, x: _Array, y: _Array, /) -> KalmanHedgeOutputs[Any]: ...

class OuMleOutputs(NamedTuple, Generic[_T]):
    theta: _T
    mu: _T
    sigma: _T
    half_life: _T

class ou_mle(Streaming):
    """Ornstein-Uhlenbeck parameters (exact AR(1) MLE). OLS x_{i+1}=a+b*x_i+e on the window (n-1 pairs),
    s2=SSR/(n-1). 0<b<1: theta=-ln(b)/dt, mu=a/(1-b), sigma=sqrt(s2*2*theta/(1-b^2)), half_life=ln2/theta.
    b>=1: theta=0, half_life=inf, mu=NaN; b<=0: theta=inf, half_life=0.
    """

    def __init__(self, period: int = ..., dt: float = ...) -> None: ...
    def update(self, price: float, /) -> OuMleOutputs[float]: ...
    def batch(self, price: _Array, /) -> OuMleOutputs[Any]: ...

class HalfLifeOutputs(NamedTuple, Generic[_T]):
    half_life: _T
    lambda_: _T

class half_life(Streaming):
    """Mean-reversion half-life (Dickey-Fuller regression). dx_t=a+lambda*x_{t-1}+e; half_life=-ln2/lambda if
    lambda<0, inf otherwise (continuous approximation; see ou_mle for the exact form).
    """

    def __init__(self, period: int = ...) -> None: ...
    def update(self, price: float, /) -> HalfLifeOutputs[float]: ...
    def batch(self, price: _Array, /) -> HalfLifeOutputs[Any]: ...

class AdfOutputs(NamedTuple, Generic[_T]):
    stat: _T
    p_value: _T

class adf(Estimator):
    """Augmented Dickey-Fuller test. dx_t = det + g*x_{t-1}+sum_{i=1}^{lags} b_i dx_{t-i}+e; stat=g/se(g) (s2
    with n_eff-k df); p from MacKinnon (2010) response surface. det: none, constant, constant+trend.
    """

    def __init__(self, min_obs: int = ..., lags: int = ..., trend: str = ...) -> None: ...
    def batch(self, price: _Array, /) -> AdfOutputs[Any]: ...

class KpssOutputs(NamedTuple, Generic[_T]):
    stat: _T
    p_value: _T

class kpss(Estimator):
    """KPSS stationarity test. e=residuals from constant (c) or constant+trend (ct); S_t=cumsum(e); stat=sum
    S_t^2/(n^2*l2), l2=g0+2*sum_{j=1}^{q}(1-j/(q+1))g_j, g_j=(1/n)sum e_t e_{t-j}; q=ceil(12*(n/100)^{1/4}) if
    -1 (legacy).
    """

    def __init__(self, min_obs: int = ..., lags: int = ..., trend: str = ...) -> None: ...
    def batch(self, price: _Array, /) -> KpssOutputs[Any]: ...

class VarianceRatioOutputs(NamedTuple, Generic[_T]):
    vr: _T
    z: _T
    z_robust: _T

class variance_ratio(Streaming):
    """Lo-MacKinlay variance ratio. X=ln p, n returns, mu=(X_n-X_0)/n; s1=(1/(n-1))sum(X_t-X_{t-1}-mu)^2;
    m=q(n-q+1)(1-q/n); sq=(1/m)sum_{t=q}^{n}(X_t-X_{t-q}-q*mu)^2; vr=sq/s1;
    z=(vr-1)*sqrt(n)/sqrt(2(2q-1)(q-1)/(3q)); z_robust=(vr-1)*sqrt(n)/sqrt(theta),
    theta=sum_{j=1}^{q-1}(2(q-j)/q)^2 d_j, d_j=n*sum_{t>j}(e_t e_{t-j})^2/(sum e^2)^2, e=X_t-X_{t-1}-mu.
    """

    def __init__(self, min_obs: int = ..., q: int = ...) -> None: ...
    def update(self, price: float, /) -> VarianceRatioOutputs[float]: ...
    def batch(self, price: _Array, /) -> VarianceRatioOutputs[Any]: ...

class EngleGrangerOutputs(NamedTuple, Generic[_T]):
    stat: _T
    beta: _T
    alpha: _T
    p_value: _T

class engle_granger(Estimator):
    """Engle-Granger cointegration test. OLS y=alpha+beta*x+u; ADF (no deterministics, given lags) on u; p from
    MacKinnon (2010) critical surfaces for N=2 with constant.
    """

    def __init__(self, min_obs: int = ..., lags: int = ...) -> None: ...
    def batch(self, x: _Array, y: _Array, /) -> EngleGrangerOutputs[Any]: ...

class JohansenOutputs(NamedTuple, Generic[_T]):
    eigenvalues: Any
    trace: Any
    max_eig: Any
    beta: Any

class johansen(Estimator):
    """Johansen trace and max-eigenvalue tests. Input level matrix. R0,R1=residuals of dX_t and X_{t-1} on lagged
    differences (and deterministics); S_ij=R_i'R_j/T; solve |l*S11-S10 S00^{-1} S01|=0, l1>=...>=lN;
    trace_r=-T*sum_{i>r}ln(1-l_i); max_r=-T*ln(1-l_{r+1}).
    """

    def __init__(self, min_obs: int = ..., det_order: int = ..., k_ar_diff: int = ...) -> None: ...
    def batch(self, prices: _Array, /) -> JohansenOutputs[Any]: ...

class HurstRsOutputs(NamedTuple, Generic[_T]):
    hurst: _T
    hurst_corrected: _T

class hurst_rs(Estimator):
    """Hurst exponent by rescaled range. For chunk sizes m (powers of 2 from min_chunk to n/2): non-overlapping
    blocks, Y=cumsum(x-mean), R=max(0,Y)-min(0,Y), S=sd(ddof=0); average R/S (skip S=0). hurst=OLS slope of
    ln(R/S) on ln m. hurst_corrected=0.5+slope(ln(R/S)-ln E(m)), Anis-Lloyd-Peters
    E(m)=((m-0.5)/m)*Gamma((m-1)/2)/(sqrt(pi)*Gamma(m/2))*sum_{i=1}^{m-1}sqrt((m-i)/i).
    """

    def __init__(self, min_obs: int = ..., min_chunk: int = ...) -> None: ...
    def batch(self, returns: _Array, /) -> HurstRsOutputs[Any]: ...

class dfa(Estimator):
    """Detrended fluctuation analysis exponent. Y=cumsum(x-mean). For ~10+ log-spaced box sizes s in
    [min_box,n/4]: split into floor(n/s) boxes from the start, subtract polynomial fit of `order`, F2=mean of
    squared residuals over all boxes, F=sqrt(F2); alpha=OLS slope of ln F on ln s.
    """

    def __init__(self, min_obs: int = ..., order: int = ..., min_box: int = ...) -> None: ...
    def batch(self, returns: _Array, /) -> Any: ...

class generalized_hurst(Estimator):
    """Generalised Hurst exponent. X=ln p; K_q(tau)=mean|X_{t+tau}-X_t|^q / mean|X_t|^q; h=OLS slope of ln K_q on
    ln tau (tau=1..max_lag) divided by q (denominator cancels in the slope).
    """

    def __init__(self, min_obs: int = ..., q: float = ..., max_lag: int = ...) -> None: ...
    def batch(self, price: _Array, /) -> Any: ...

class AutocorrelationOutputs(NamedTuple, Generic[_T]):
    acf: _T
    t_stat: _T

class autocorrelation(Streaming):
    """Rolling autocorrelation at lag k. xbar over the window of n; acf=sum_{i=lag+1}^{n}(x_i-
    xbar)(x_{i-lag}-xbar)/sum_{i=1}^{n}(x_i-xbar)^2 (biased form); t_stat=acf*sqrt(n); 0 if variance is 0.
    """

    def __init__(self, period: int = ..., lag: int = ...) -> None: ...
    def update(self, returns: float, /) -> AutocorrelationOutputs[float]: ...
    def batch(self, returns: _Array, /) -> AutocorrelationOutputs[Any]: ...

class LjungBoxOutputs(NamedTuple, Generic[_T]):
    q: _T
    p_value: _T

class ljung_box(Streaming):
    """Ljung-Box Q test. Q=n(n+2)*sum_{k=1}^{lags} rho_k^2/(n-k); p=1-F_chi2(lags)(Q), biased rho."""

    def __init__(self, min_obs: int = ..., lags: int = ...) -> None: ...
    def update(self, returns: float, /) -> LjungBoxOutputs[float]: ...
    def batch(self, returns: _Array, /) -> LjungBoxOutputs[Any]: ...

class ArchLmOutputs(NamedTuple, Generic[_T]):
    lm: _T
    p_value: _T

class arch_lm(Estimator):
    """Engle ARCH-LM test. e=r-mean(r); OLS e_t^2 on const and e_{t-1}^2..e_{t-lags}^2; lm=(n-lags)*R2;
    p=1-F_chi2(lags)(lm).
    """

    def __init__(self, min_obs: int = ..., lags: int = ...) -> None: ...
    def batch(self, returns: _Array, /) -> ArchLmOutputs[Any]: ...

class JarqueBeraOutputs(NamedTuple, Generic[_T]):
    jb: _T
    p_value: _T

class jarque_bera(Streaming):
    """Jarque-Bera normality test. S=m3/m2^{3/2}, K=m4/m2^2 (population central moments); jb=n/6*(S^2+(K-3)^2/4);
    p=exp(-jb/2).
    """

    def __init__(self, period: int = ...) -> None: ...
    def update(self, returns: float, /) -> JarqueBeraOutputs[float]: ...
    def batch(self, returns: _Array, /) -> JarqueBeraOutputs[Any]: ...

class DistancePairsOutputs(NamedTuple, Generic[_T]):
    ssd: _T
    spread: _T
    z: _T

class distance_pairs(Streaming):
    """Distance-method pair score (SSD). Normalise each price to 1 at the start of the formation window; ssd=sum
    (P_x-P_y)^2; sd of the spread over formation (ddof=1); z=(current spread - formation mean)/sd. Trade
    trigger |z|>=2 in the source.
    """

    def __init__(self, formation: int = ...) -> None: ...
    def update(self, x: float, y: float, /) -> DistancePairsOutputs[float]: ...
    def batch(self, x: _Array, y: _Array, /) -> DistancePairsOutputs[Any]: ...

class PcaSscoreOutputs(NamedTuple, Generic[_T]):
    s_score: Any
    kappa: Any
    m: Any
    sigma_eq: Any

class pca_sscore(Estimator):
    """PCA residual s-score (Avellaneda-Lee). Standardise returns over `window`; eigenvectors v_j of the
    correlation matrix; factor returns F_j=sum_i v_ij/sd_i*R_i; OLS of R_i on F over ou_window;
    X_k=cumsum(residual); AR(1) X_{k+1}=a+b*X_k+z: kappa=-ln(b)/dt, m=a/(1-b), sigma_eq=sqrt(var(z)/(1-b^2));
    s=(X_last-m)/sigma_eq with X_last=0 by OLS so s=-m/sigma_eq. NaN if b outside (0,1).
    """

    def __init__(
        self,
        window: int = ...,
        ou_window: int = ...,
        n_factors: int = ...,
        dt: float = ...,
    ) -> None: ...
    def batch(self, returns: _Array, /) -> PcaSscoreOutputs[Any]: ...

class GrangerCausalityOutputs(NamedTuple, Generic[_T]):
    f: _T
    p_value: _T

class granger_causality(Estimator):
    """Granger causality F test. Unrestricted y_t=c+sum a_i y_{t-i}+sum b_i x_{t-i}; restricted b=0; F=((SSR_r-
    SSR_u)/lags)/(SSR_u/(T-2*lags-1)), T=n-lags; p from F(lags,T-2 lags-1).
    """

    def __init__(self, min_obs: int = ..., lags: int = ...) -> None: ...
    def batch(self, x: _Array, y: _Array, /) -> GrangerCausalityOutputs[Any]: ...

class ContrarianWeightsOutputs(NamedTuple, Generic[_T]):
    weights: Any
    profit: _T

class contrarian_weights(Streaming):
    """Cross-sectional contrarian weights (Lo-MacKinlay). w_i=-(1/N)*(r_{i,t-lag+1..t} cumulative - cross-
    sectional mean); optional unit gross scaling by 0.5*sum|w|; profit_t=sum w_{i,t-1} r_{i,t}.
    """

    def __init__(self, lag: int = ..., unit_gross: bool = ...) -> None: ...
    def update(self, returns: _Array, /) -> ContrarianWeightsOutputs[float]: ...
    def batch(self, returns: _Array, /) -> ContrarianWeightsOutputs[Any]: ...

class CusumPageOutputs(NamedTuple, Generic[_T]):
    s_hi: _T
    s_lo: _T
    alarm: _T

class cusum_page(Streaming):
    """Page two-sided CUSUM. z=(x-mu0)/sigma; s_hi=max(0,s_hi+z-k); s_lo=max(0,s_lo-z-k); alarm=+1 if s_hi>h, -1
    if s_lo>h (larger wins); both reset to 0 after an alarm. Start at 0.
    """

    def __init__(self, mu0: float = ..., sigma: float = ..., k: float = ..., h: float = ...) -> None: ...
    def update(self, signal: float, /) -> CusumPageOutputs[float]: ...
    def batch(self, signal: _Array, /) -> CusumPageOutputs[Any]: ...

class PageHinkleyOutputs(NamedTuple, Generic[_T]):
    up: _T
    down: _T
    drift: _T

class page_hinkley(Streaming):
    """Page-Hinkley drift test. mean_t running mean of all x; U=alpha*U+(x-mean_t-delta), up=U-min(U history);
    D=alpha*D+(x-mean_t+delta), down=max(D history)-D; drift=1 if n>=min_instances and (up>threshold or
    down>threshold); reset all on drift.
    """

    def __init__(
        self,
        min_instances: int = ...,
        delta: float = ...,
        threshold: float = ...,
        alpha: float = ...,
    ) -> None: ...
    def update(self, signal: float, /) -> PageHinkleyOutputs[float]: ...
    def batch(self, signal: _Array, /) -> PageHinkleyOutputs[Any]: ...

class AdwinOutputs(NamedTuple, Generic[_T]):
    width: _T
    mean: _T
    drift: _T

class adwin(Streaming):
    """ADWIN adaptive window. For every split W=W0.W1 (sizes n0,n1>=min_window) drift if |mean0-mean1|>eps,
    m=1/(1/n0+1/n1) harmonic, d'=ln(2 ln n/delta), eps=sqrt((2/m)*var_W*d')+(2/(3m))*d'; drop oldest buckets
    while true. Checked every `clock` inputs on exponential-histogram boundaries.
    """

    def __init__(
        self,
        delta: float = ...,
        max_buckets: int = ...,
        clock: int = ...,
        min_window: int = ...,
    ) -> None: ...
    def update(self, signal: float, /) -> AdwinOutputs[float]: ...
    def batch(self, signal: _Array, /) -> AdwinOutputs[Any]: ...

class HmmForwardOutputs(NamedTuple, Generic[_T]):
    prob: Any
    state: _T
    loglik: _T

class hmm_forward(Streaming):
    """Gaussian HMM forward filter. Given pi,A (rows sum 1), mu_k, s_k: a_0=pi*N(x_0); a_t=(a_{t-1}'
    A)*N(x_t;mu,s); normalise c_t=sum a_t, prob=a_t/c_t, loglik+=ln c_t; densities computed in log space with
    max subtraction; state=argmax prob. Filtering only (no smoothing, no look-ahead).
    """

    def __init__(
        self,
        n_states: int = ...,
        start: list[float] = ...,
        transition: list[float] = ...,
        mean: list[float] = ...,
        sd: list[float] = ...,
    ) -> None: ...
    def update(self, returns: float, /) -> HmmForwardOutputs[float]: ...
    def batch(self, returns: _Array, /) -> HmmForwardOutputs[Any]: ...

class HmmBaumWelchOutputs(NamedTuple, Generic[_T]):
    pi: Any
    A: Any
    mu: Any
    var: Any
    loglik: _T

class hmm_baum_welch(Estimator):
    """Baum-Welch EM fit. E-step: scaled forward-backward gamma_t(k), xi_t(i,j). M-step: pi=gamma_0, A_ij=sum
    xi/sum gamma, mu_k=sum gamma x/sum gamma, var_k=sum gamma (x-mu)^2/sum gamma, floored at 1e-12*var(x).
    Initialise mu at equally spaced quantiles, var=var(x), A=0.9 diagonal. Stop when the loglik gain <tol.
    States ordered by variance ascending.
    """

    def __init__(
        self,
        n_states: int = ...,
        min_obs: int = ...,
        iters: int = ...,
        tol: float = ...,
    ) -> None: ...
    def batch(self, returns: _Array, /) -> HmmBaumWelchOutputs[Any]: ...

class BocpdOutputs(NamedTuple, Generic[_T]):
    p_change: _T
    map_run: _T
    mean_run: _T

class bocpd(Streaming):
    """Bayesian online change-point detection (Normal-Gamma). Run-length posterior R_t(r): predictive Student-t
    with df=2a, loc m, scale sqrt(b(k+1)/(a k)); growth R_t(r+1)=R_{t-1}(r)*pi_r*(1-hazard); change R_t(0)=sum
    R_{t-1}(r)*pi_r*hazard; normalise (log space); updates m'=(k
    m+x)/(k+1),k'=k+1,a'=a+1/2,b'=b+k(x-m)^2/(2(k+1)). Mass beyond max_run is folded into max_run.
    p_change=P(r_t<recent) (R_t(0) alone is uninformative: it equals the hazard).
    """

    def __init__(
        self,
        hazard: float = ...,
        mu0: float = ...,
        kappa0: float = ...,
        alpha0: float = ...,
        beta0: float = ...,
        max_run: int = ...,
        recent: int = ...,
    ) -> None: ...
    def update(self, signal: float, /) -> BocpdOutputs[float]: ...
    def batch(self, signal: _Array, /) -> BocpdOutputs[Any]: ...

class PeltOutputs(NamedTuple, Generic[_T]):
    change_points: _T
    cost: _T

class pelt(Estimator):
    """PELT optimal segmentation. Minimise sum_{segments} C(y_{s:e})+penalty*(#change points), C=sum (y-mean)^2
    (L2). F(t)=min_s F(s)+C+penalty; prune s if F(s)+C(s,t)>F(t). Segment length>=min_size. Prefix sums of
    centred data.
    """

    def __init__(self, min_obs: int = ..., penalty: float = ..., min_size: int = ...) -> None: ...
    def batch(self, signal: _Array, /) -> PeltOutputs[Any]: ...

class ChowSupfOutputs(NamedTuple, Generic[_T]):
    sup_f: _T
    break_index: _T

class chow_supf(Estimator):
    """Chow test and Andrews sup-F. For each b in [trim*n,(1-trim)*n]: F_b=((SSR-
    SSR1-SSR2)/k)/((SSR1+SSR2)/(n-2k)), k=2 (intercept, slope); sup_f=max F_b.
    """

    def __init__(self, min_obs: int = ..., trim: float = ...) -> None: ...
    def batch(self, x: _Array, y: _Array, /) -> ChowSupfOutputs[Any]: ...

class SadfOutputs(NamedTuple, Generic[_T]):
    stat: _T
    bsadf: _T

class sadf(Estimator):
    """Supremum ADF / GSADF bubble test. x=ln p; right-tailed ADF with constant. r0=floor(n*(0.01+1.8/sqrt(n)))
    if 0. bsadf_t=max over starts s<=t-r0 of ADF(s..t); SADF=max_t ADF(0..t); GSADF=max_t bsadf_t.
    """

    def __init__(
        self,
        min_obs: int = ...,
        r0: int = ...,
        lags: int = ...,
        generalized: bool = ...,
    ) -> None: ...
    def batch(self, price: _Array, /) -> SadfOutputs[Any]: ...

class turbulence(Streaming):
    """Mahalanobis turbulence index. d_t=(r_t-mu)' S^{-1} (r_t-mu), mu,S (ddof=1, plus ridge*trace(S)/N*I) from
    the PREVIOUS window rows; also reported d/N. NaN if window<=N and ridge=0.
    """

    def __init__(self, window: int = ..., ridge: float = ...) -> None: ...
    def update(self, returns: _Array, /) -> float: ...
    def batch(self, returns: _Array, /) -> Any: ...

class absorption_ratio(Estimator):
    """Absorption ratio. AR=sum of the largest k eigenvalues/sum of all, k=max(1,round_half_up(frac*N)),
    covariance ddof=1.
    """

    def __init__(self, window: int = ..., frac: float = ...) -> None: ...
    def batch(self, returns: _Array, /) -> Any: ...

class VolRegimeOutputs(NamedTuple, Generic[_T]):
    regime: _T
    percentile: _T

class vol_regime(Streaming):
    """Volatility percentile regime with hysteresis. s_t=sd(last fast returns, ddof=1); pct=#{s_{t-i}<=s_t,
    i=0..hist-1}/hist. From regime 1: go 0 if pct<lo-hyst, 2 if pct>hi+hyst; from 0 go 1 if pct>lo+hyst; from
    2 go 1 if pct<hi-hyst (then re-evaluate once). Initial regime by plain thresholds.
    """

    def __init__(
        self,
        fast: int = ...,
        hist: int = ...,
        lo: float = ...,
        hi: float = ...,
        hyst: float = ...,
    ) -> None: ...
    def update(self, returns: float, /) -> VolRegimeOutputs[float]: ...
    def batch(self, returns: _Array, /) -> VolRegimeOutputs[Any]: ...

class super_smoother(Streaming):
    """Ehlers two-pole super smoother. a=exp(-sqrt(2)*pi/P); c2=2a*cos(sqrt(2)*pi/P); c3=-a^2; c1=1-c2-c3;
    y_t=c1*(x_t+x_{t-1})/2+c2*y_{t-1}+c3*y_{t-2}; y_0=x_0,y_1=x_1.
    """

    def __init__(self, period: float = ...) -> None: ...
    def update(self, price: float, /) -> float: ...
    def batch(self, price: _Array, /) -> Any: ...

class highpass2(Streaming):
    """Ehlers two-pole high-pass. w=sqrt(2)*pi/P (=0.7071*2pi/P), al=(cos w+sin w-1)/cos w;
    y_t=(1-al/2)^2*(x_t-2x_{t-1}+x_{t-2})+2(1-al)y_{t-1}-(1-al)^2*y_{t-2}; y_0=y_1=0.
    """

    def __init__(self, period: float = ...) -> None: ...
    def update(self, price: float, /) -> float: ...
    def batch(self, price: _Array, /) -> Any: ...

class roofing_filter(Streaming):
    """Ehlers roofing filter. roof = super_smoother(highpass2(x,hp),lp)."""

    def __init__(self, hp: float = ..., lp: float = ...) -> None: ...
    def update(self, price: float, /) -> float: ...
    def batch(self, price: _Array, /) -> Any: ...

class bandpass_ehlers(Streaming):
    """Ehlers band-pass filter. b=cos(2pi/P); g=1/cos(2pi*bandwidth/P); al=g-sqrt(g^2-1); y_t=0.5(1-al)(x_t-
    x_{t-2})+b(1+al)y_{t-1}-al*y_{t-2}; y_0=y_1=0.
    """

    def __init__(self, period: float = ..., bandwidth: float = ...) -> None: ...
    def update(self, price: float, /) -> float: ...
    def batch(self, price: _Array, /) -> Any: ...

class FisherTransformOutputs(NamedTuple, Generic[_T]):
    fisher: _T
    signal: _T

class fisher_transform(Streaming):
    """Fisher transform of price. p=(h+l)/2; M,m=max,min of p over n; R=M-m (0.001 if 0);
    v_t=0.66*((p-m)/R-0.5)+0.67*v_{t-1}; if v>0.99 v=0.999, if v<-0.99 v=-0.999;
    fisher_t=0.5*ln((1+v)/(1-v))+0.5*fisher_{t-1}; signal=fisher_{t-1}; v,fisher start at 0.
    """

    def __init__(self, period: int = ...) -> None: ...
    def update(self, high: float, low: float, /) -> FisherTransformOutputs[float]: ...
    def batch(self, high: _Array, low: _Array, /) -> FisherTransformOutputs[Any]: ...

class hilbert_period(Streaming):
    """Hilbert-transform dominant cycle period. S=WMA_4(x);
    H(z)_t=(0.0962z_t+0.5769z_{t-2}-0.5769z_{t-4}-0.0962z_{t-6})*(0.075*P_{t-1}+0.54). Det=H(S); Q1=H(Det);
    I1=Det_{t-3}; jI=H(I1); jQ=H(Q1); I2=0.2(I1-jQ)+0.8I2'; Q2=0.2(Q1+jI)+0.8Q2'; Re=0.2(I2 I2'+Q2
    Q2')+0.8Re'; Im=0.2(I2 Q2'-Q2 I2')+0.8Im'. P=2pi/atan(Im/Re) if both nonzero else P'; clamp to
    [0.67P',1.5P'] then [6,50]; P=0.2P+0.8P'; period=0.33P+0.67period'. All states (and S history) are 0
    before t=12 (TA-Lib).
    """

    def __init__(self) -> None: ...
    def update(self, price: float, /) -> float: ...
    def batch(self, price: _Array, /) -> Any: ...

class correlation_trend(Streaming):
    """Correlation trend indicator. Pearson correlation of x_{t-n+1..t} with 0..n-1; 0 if var(x)=0."""

    def __init__(self, period: int = ...) -> None: ...
    def update(self, price: float, /) -> float: ...
    def batch(self, price: _Array, /) -> Any: ...

class savgol(Streaming):
    """Savitzky-Golay causal endpoint filter. Fit a polynomial of given order by least squares to the last n
    points, evaluate the deriv-th derivative at the newest point: weights w' = deriv! * e_deriv' (V'V)^{-1} V'
    with V the Vandermonde matrix [k^0..k^order], k=-(n-1)..0, e_deriv the unit vector of that power.
    order<period.
    """

    def __init__(self, period: int = ..., order: int = ..., deriv: int = ...) -> None: ...
    def update(self, price: float, /) -> float: ...
    def batch(self, price: _Array, /) -> Any: ...

class KalmanLevelOutputs(NamedTuple, Generic[_T]):
    level: _T
    p: _T
    innov_z: _T

class kalman_level(Streaming):
    """Kalman local-level filter. m_0=x_0,P_0=r. Predict P=P+q; K=P/(P+r); innov=x-m; innov_z=innov/sqrt(P+r);
    m+=K*innov; P=(1-K)P. Steady state K=(-q+sqrt(q^2+4qr))/(2r).
    """

    def __init__(self, q: float = ..., r: float = ...) -> None: ...
    def update(self, price: float, /) -> KalmanLevelOutputs[float]: ...
    def batch(self, price: _Array, /) -> KalmanLevelOutputs[Any]: ...

class KalmanTrendOutputs(NamedTuple, Generic[_T]):
    level: _T
    slope: _T
    innov_z: _T

class kalman_trend(Streaming):
    """Kalman local-linear-trend filter. F=[[1,dt],[0,1]], Q=diag(q_level,q_slope)*dt, H=[1,0]; init from first
    two points: level=x_1, slope=(x_1-x_0)/dt, P=[[r,r/dt],[r/dt,2r/dt^2]]; standard predict/update with
    Joseph form.
    """

    def __init__(
        self,
        q_level: float = ...,
        q_slope: float = ...,
        r: float = ...,
        dt: float = ...,
    ) -> None: ...
    def update(self, price: float, /) -> KalmanTrendOutputs[float]: ...
    def batch(self, price: _Array, /) -> KalmanTrendOutputs[Any]: ...

class HpFilterOutputs(NamedTuple, Generic[_T]):
    trend: _T
    cycle: _T

class hp_filter(Estimator):
    """Hodrick-Prescott filter (two-sided and one-sided). minimise sum (y-tau)^2+lam*sum (second difference of
    tau)^2: (I+lam*K'K)tau=y with K the second-difference matrix; cycle=y-tau. One-sided: local-linear-trend
    Kalman with q_slope=1/lam, q_level=0, r=1 (filtered).
    """

    def __init__(self, lam: float = ..., min_obs: int = ...) -> None: ...
    def batch(self, price: _Array, /) -> HpFilterOutputs[Any]: ...

class HaarModwtOutputs(NamedTuple, Generic[_T]):
    details: Any
    smooth: _T

class haar_modwt(Streaming):
    """Haar MODWT multiresolution (causal). V_0=x; V_j(t)=(V_{j-1}(t)+V_{j-1}(t-2^{j-1}))/2;
    W_j(t)=(V_{j-1}(t)-V_{j-1}(t-2^{j-1}))/2 (no boundary reflection; NaN until available). details=W_1..W_J,
    smooth=V_J.
    """

    def __init__(self, levels: int = ...) -> None: ...
    def update(self, price: float, /) -> HaarModwtOutputs[float]: ...
    def batch(self, price: _Array, /) -> HaarModwtOutputs[Any]: ...

class HampelOutputs(NamedTuple, Generic[_T]):
    y: _T
    is_outlier: _T

class hampel(Streaming):
    """Hampel outlier filter. Causal window of n ending at t: med, MAD=1.4826*median|x-med|; if |x_t-med|>k*MAD
    output med and is_outlier=1 else x_t (MAD=0: outlier iff x_t!=med).
    """

    def __init__(self, period: int = ..., k: float = ...) -> None: ...
    def update(self, price: float, /) -> HampelOutputs[float]: ...
    def batch(self, price: _Array, /) -> HampelOutputs[Any]: ...

class LmsFilterOutputs(NamedTuple, Generic[_T]):
    pred: _T
    error: _T
    weights: Any

class lms_filter(Streaming):
    """Normalised LMS adaptive predictor. u=(x_{t-1},..,x_{t-taps}); pred_t=w'u; e=x_t-pred; w+=mu*e*u/(eps+u'u);
    w_0=0. Prediction at t uses only past data.
    """

    def __init__(self, taps: int = ..., mu: float = ..., eps: float = ...) -> None: ...
    def update(self, price: float, /) -> LmsFilterOutputs[float]: ...
    def batch(self, price: _Array, /) -> LmsFilterOutputs[Any]: ...

class ShannonEntropyOutputs(NamedTuple, Generic[_T]):
    h: _T
    h_norm: _T

class shannon_entropy(Streaming):
    """Shannon entropy (histogram plug-in, Miller-Madow option). Equal-width bins on [min,max] of the window
    (last bin closed); p_k=count/n; h=-sum p ln p; Miller-Madow adds (m-1)/(2n), m nonempty bins;
    h_norm=h/ln(bins). max=min -> 0.
    """

    def __init__(self, period: int = ..., bins: int = ..., correct: bool = ...) -> None: ...
    def update(self, returns: float, /) -> ShannonEntropyOutputs[float]: ...
    def batch(self, returns: _Array, /) -> ShannonEntropyOutputs[Any]: ...

class sample_entropy(Estimator):
    """Sample entropy. r_abs=r*sd(ddof=0), sup norm, match if distance<=r_abs: B=# pairs i!=j of m-templates
    among the first N-m, A=# pairs of (m+1)-templates among N-m; sampen=-ln(A/B); A=0 or B=0 -> inf/NaN.
    """

    def __init__(self, period: int = ..., m: int = ..., r: float = ...) -> None: ...
    def batch(self, signal: _Array, /) -> Any: ...

class PermutationEntropyOutputs(NamedTuple, Generic[_T]):
    pe: _T
    pe_norm: _T

class permutation_entropy(Streaming):
    """Permutation entropy. For each embedded vector of `order` values spaced by delay take the stable argsort
    pattern (ties by time order); p=frequency (weighted=true: weights = population variance of the vector,
    Fadlallah 2013); pe=-sum p log2 p; pe_norm=pe/log2(order!).
    """

    def __init__(
        self,
        period: int = ...,
        order: int = ...,
        delay: int = ...,
        weighted: bool = ...,
    ) -> None: ...
    def update(self, signal: float, /) -> PermutationEntropyOutputs[float]: ...
    def batch(self, signal: _Array, /) -> PermutationEntropyOutputs[Any]: ...

class lempel_ziv(Estimator):
    """Lempel-Ziv complexity (LZ76). Binarise by x>median (ties 0). Kaspar-Schuster parsing counts the LZ76
    exhaustive-history components c. Normalised c*log2(n)/n (binary alphabet).
    """

    def __init__(self, period: int = ..., normalize: bool = ...) -> None: ...
    def batch(self, returns: _Array, /) -> Any: ...

class KlDivergenceOutputs(NamedTuple, Generic[_T]):
    kl: _T
    js_distance: _T

class kl_divergence(Streaming):
    """KL and Jensen-Shannon divergence of return histograms. Edges = `bins` quantile bins of the reference
    window (outer edges +-inf); P recent, Q reference with additive smoothing (count+eps)/(n+bins*eps); kl=sum
    P ln(P/Q); js_distance=sqrt(JS/ln 2), JS=0.5 KL(P|M)+0.5 KL(Q|M), M=(P+Q)/2.
    """

    def __init__(self, recent: int = ..., ref: int = ..., bins: int = ..., eps: float = ...) -> None: ...
    def update(self, returns: float, /) -> KlDivergenceOutputs[float]: ...
    def batch(self, returns: _Array, /) -> KlDivergenceOutputs[Any]: ...

class MutualInformationOutputs(NamedTuple, Generic[_T]):
    mi: _T
    nmi: _T
    vi: _T

class mutual_information(Streaming):
    """Mutual information (binned) and variation of information. Equal-width bins per axis on the window; mi=sum
    p_xy ln(p_xy/(p_x p_y)); nmi=mi/min(Hx,Hy) (0 if that is 0); vi=Hx+Hy-2mi.
    """

    def __init__(self, period: int = ..., bins: int = ...) -> None: ...
    def update(self, x: float, y: float, /) -> MutualInformationOutputs[float]: ...
    def batch(self, x: _Array, y: _Array, /) -> MutualInformationOutputs[Any]: ...

class TransferEntropyOutputs(NamedTuple, Generic[_T]):
    te_xy: _T
    te_yx: _T
    net: _T

class transfer_entropy(Streaming):
    """Transfer entropy (discrete). Quantile-discretise to `bins`; te_xy=sum p(y',y,x) ln[ p(y'|y,x)/p(y'|y) ],
    y'=y_{t+1}, y=y_t, x=x_{t+1-lag}; plug-in counts; net=te_xy-te_yx.
    """

    def __init__(self, period: int = ..., bins: int = ..., lag: int = ...) -> None: ...
    def update(self, x: float, y: float, /) -> TransferEntropyOutputs[float]: ...
    def batch(self, x: _Array, y: _Array, /) -> TransferEntropyOutputs[Any]: ...

class rolling_corr(Streaming):
    """Rolling Pearson correlation. sum (x-xb)(y-yb)/sqrt(sum(x-xb)^2 sum(y-yb)^2) on the window; 0 if either
    variance is 0; clip to [-1,1].
    """

    def __init__(self, period: int = ...) -> None: ...
    def update(self, x: float, y: float, /) -> float: ...
    def batch(self, x: _Array, y: _Array, /) -> Any: ...

class EwmaCovOutputs(NamedTuple, Generic[_T]):
    cov: Any
    corr: Any

class ewma_cov(Streaming):
    """EWMA covariance/correlation matrix. S_1=r_1 r_1'; S_t=lam*S_{t-1}+(1-lam) r_t r_t' (zero mean);
    corr=D^{-1/2} S D^{-1/2} (0 off-diagonal where a variance is 0).
    """

    def __init__(self, lam: float = ...) -> None: ...
    def update(self, returns: _Array, /) -> EwmaCovOutputs[float]: ...
    def batch(self, returns: _Array, /) -> EwmaCovOutputs[Any]: ...

class spearman(Streaming):
    """Rolling Spearman rank correlation. Pearson correlation of average ranks (ties averaged); NaN->0 if a rank
    variance is 0.
    """

    def __init__(self, period: int = ...) -> None: ...
    def update(self, x: float, y: float, /) -> float: ...
    def batch(self, x: _Array, y: _Array, /) -> Any: ...

class distance_correlation(Estimator):
    """Distance correlation. a_ij=|x_i-x_j|, b_ij=|y_i-y_j| double-centred A,B; dCov2=mean(A*B);
    dcor=sqrt(dCov2(x,y)/sqrt(dVar2(x)dVar2(y))); 0 if the denominator is 0.
    """

    def __init__(self, min_obs: int = ...) -> None: ...
    def batch(self, x: _Array, y: _Array, /) -> Any: ...

class HayashiYoshidaOutputs(NamedTuple, Generic[_T]):
    cov: _T
    corr: _T

class hayashi_yoshida(Streaming):
    """Hayashi-Yoshida asynchronous covariance and correlation. Log prices at own times; cov=sum_{i,j} dX_i dY_j
    1{(s_{i-1},s_i] and (t_{j-1},t_j] overlap}; corr=cov/sqrt(sum dX^2 sum dY^2) (0 if 0). Overlap:
    max(starts)<min(ends).
    """

    def __init__(self, window: int = ...) -> None: ...
    def update(self, x: float, y: float, /) -> HayashiYoshidaOutputs[float]: ...
    def batch(self, x: _Array, y: _Array, /) -> HayashiYoshidaOutputs[Any]: ...

class LeadLagHyOutputs(NamedTuple, Generic[_T]):
    lag_s: _T
    corr_at_lag: _T
    llr: _T

class lead_lag_hy(Estimator):
    """Lead-lag by shifted Hayashi-Yoshida. rho(L)=HY correlation of X_t with Y_{t+L} (shift Y timestamps by -L),
    L on the grid; lag_s=argmax|rho| (positive: X leads); llr=sum_{L>0}rho(L)^2/sum_{L<0}rho(L)^2.
    """

    def __init__(self, max_lag_s: float = ..., step_s: float = ..., window: int = ...) -> None: ...
    def batch(self, x: _Array, y: _Array, t_s: _Array, /) -> LeadLagHyOutputs[Any]: ...

class CrossCorrelationOutputs(NamedTuple, Generic[_T]):
    best_lag: _T
    ccf_max: _T

class cross_correlation(Streaming):
    """Cross-correlation function maximum lag. ccf(k)=sum_t (x_t-xb)(y_{t+k}-yb)/(n*sx*sy) (full-window means,
    population sd), |k|<=max_lag; best_lag=argmax|ccf| (positive: x leads; ties: smallest |k|).
    """

    def __init__(self, period: int = ..., max_lag: int = ...) -> None: ...
    def update(self, x: float, y: float, /) -> CrossCorrelationOutputs[float]: ...
    def batch(self, x: _Array, y: _Array, /) -> CrossCorrelationOutputs[Any]: ...

class partial_corr(Estimator):
    """Partial correlation matrix. Omega=(S+ridge*trace(S)/N*I)^{-1}; pcorr_ij=-Omega_ij/sqrt(Omega_ii Omega_jj),
    diagonal 1. NaN if singular.
    """

    def __init__(self, window: int = ..., ridge: float = ...) -> None: ...
    def batch(self, returns: _Array, /) -> Any: ...

class LedoitWolfOutputs(NamedTuple, Generic[_T]):
    cov: Any
    delta: _T

class ledoit_wolf(Estimator):
    """Ledoit-Wolf shrinkage covariance (identity target). X demeaned (T rows), S=X'X/T; m=tr(S)/N;
    d2=||S-mI||^2_F/N; b2=min(d2,(1/T^2)sum_t||x_t x_t'-S||^2_F/N); delta=b2/d2 (0 if d2=0);
    cov=delta*m*I+(1-delta)S.
    """

    def __init__(self, window: int = ...) -> None: ...
    def batch(self, returns: _Array, /) -> LedoitWolfOutputs[Any]: ...

class RmtDenoiseOutputs(NamedTuple, Generic[_T]):
    corr: Any
    n_signal: _T
    lambda_plus: _T

class rmt_denoise(Estimator):
    """Marchenko-Pastur eigenvalue clipping. C correlation, q=N/T; sigma2=1 (Laloux) and
    lambda_plus=(1+sqrt(q))^2; eigenvalues <=lambda_plus replaced by their mean (trace preserved); rebuild and
    rescale to unit diagonal.
    """

    def __init__(self, window: int = ...) -> None: ...
    def batch(self, returns: _Array, /) -> RmtDenoiseOutputs[Any]: ...

class TailDependenceOutputs(NamedTuple, Generic[_T]):
    lower: _T
    upper: _T

class tail_dependence(Streaming):
    """Empirical tail-dependence coefficients. u,v=rank/(n+1) (average ranks); lower=#{u<=q,v<=q}/(n*q),
    upper=#{u>1-q,v>1-q}/(n*q), clipped to 1.
    """

    def __init__(self, period: int = ..., q: float = ...) -> None: ...
    def update(self, x: float, y: float, /) -> TailDependenceOutputs[float]: ...
    def batch(self, x: _Array, y: _Array, /) -> TailDependenceOutputs[Any]: ...

class DownsideBetaOutputs(NamedTuple, Generic[_T]):
    beta: _T
    beta_down: _T
    beta_up: _T

class downside_beta(Streaming):
    """Beta, downside and upside beta. beta=cov(r,m)/var(m); beta_down=cov/var restricted to m<mean(m)
    (conditional means), beta_up to m>mean(m); NaN if <2 points or zero variance.
    """

    def __init__(self, period: int = ...) -> None: ...
    def update(self, returns: float, benchmark: float, /) -> DownsideBetaOutputs[float]: ...
    def batch(self, returns: _Array, benchmark: _Array, /) -> DownsideBetaOutputs[Any]: ...

class AverageCorrelationOutputs(NamedTuple, Generic[_T]):
    avg_corr: _T
    enb: _T

class average_correlation(Streaming):
    """Average pairwise correlation and effective number of assets. avg_corr=mean of off-diagonal correlations;
    enb=exp(-sum p ln p), p=eigenvalues/N of the correlation matrix.
    """

    def __init__(self, window: int = ...) -> None: ...
    def update(self, returns: _Array, /) -> AverageCorrelationOutputs[float]: ...
    def batch(self, returns: _Array, /) -> AverageCorrelationOutputs[Any]: ...

class var_historical(Streaming):
    """Historical value at risk. var = -q, q the alpha-quantile of the last `window` returns with linear
    interpolation (numpy default, type 7).
    """

    def __init__(self, window: int = ..., alpha: float = ...) -> None: ...
    def update(self, returns: float, /) -> float: ...
    def batch(self, returns: _Array, /) -> Any: ...

class es_historical(Streaming):
    """Historical expected shortfall. Acerbi-Tasche discrete form: sorted ascending x_(1..n), w=n*alpha,
    k=floor(w); es=-(sum_{i<=k}x_(i)+(w-k)*x_(k+1))/w.
    """

    def __init__(self, window: int = ..., alpha: float = ...) -> None: ...
    def update(self, returns: float, /) -> float: ...
    def batch(self, returns: _Array, /) -> Any: ...

class VarGaussianOutputs(NamedTuple, Generic[_T]):
    var: _T
    es: _T

class var_gaussian(Streaming):
    """Parametric normal VaR and ES. m,s (ddof=1): var=-(m+s*Phi^{-1}(alpha));
    es=-m+s*phi(Phi^{-1}(alpha))/alpha.
    """

    def __init__(self, window: int = ..., alpha: float = ...) -> None: ...
    def update(self, returns: float, /) -> VarGaussianOutputs[float]: ...
    def batch(self, returns: _Array, /) -> VarGaussianOutputs[Any]: ...

class VarCornishFisherOutputs(NamedTuple, Generic[_T]):
    var: _T
    monotone: _T

class var_cornish_fisher(Streaming):
    """Cornish-Fisher (modified) VaR. z=Phi^{-1}(alpha), S,K population skewness and EXCESS kurtosis;
    zc=z+(z^2-1)S/6+(z^3-3z)K/24-(2z^3-5z)S^2/36; var=-(m+zc*s), s ddof=0. Flag outside the monotonicity
    domain.
    """

    def __init__(self, window: int = ..., alpha: float = ...) -> None: ...
    def update(self, returns: float, /) -> VarCornishFisherOutputs[float]: ...
    def batch(self, returns: _Array, /) -> VarCornishFisherOutputs[Any]: ...

class VarFilteredHsOutputs(NamedTuple, Generic[_T]):
    var: _T
    es: _T

class var_filtered_hs(Streaming):
    """Filtered historical simulation VaR/ES. s_t=sqrt of the EWMA variance known at t-1 (row ewma_vol
    recursion); z_i=r_i/s_i over the window; var=-s_{t+1}*quantile_alpha(z), es=s_{t+1}*es_historical(z).
    """

    def __init__(self, window: int = ..., alpha: float = ..., lam: float = ...) -> None: ...
    def update(self, returns: float, /) -> VarFilteredHsOutputs[float]: ...
    def batch(self, returns: _Array, /) -> VarFilteredHsOutputs[Any]: ...

class DrawdownOutputs(NamedTuple, Generic[_T]):
    drawdown: _T
    max_drawdown: _T
    duration: _T
    max_duration: _T

class drawdown(Streaming):
    """Drawdown, maximum drawdown and duration. equity E>0: P_t=max(P_{t-1},E_t); dd=1-E/P; max_drawdown=running
    max; duration=observations since the last peak (0 at a new or equal peak); max_duration=running max.
    """

    def __init__(self) -> None: ...
    def update(self, equity: float, /) -> DrawdownOutputs[float]: ...
    def batch(self, equity: _Array, /) -> DrawdownOutputs[Any]: ...

class rolling_max_drawdown(Streaming):
    """Rolling-window maximum drawdown. max over i<=j in the window of 1-E_j/E_i. Monoid: (hi,lo,mdd) with
    combine mdd=max(m1,m2,1-lo2/hi1).
    """

    def __init__(self, window: int = ...) -> None: ...
    def update(self, equity: float, /) -> float: ...
    def batch(self, equity: _Array, /) -> Any: ...

class CdarOutputs(NamedTuple, Generic[_T]):
    cdar: _T
    dar: _T

class cdar(Streaming):
    """Conditional drawdown at risk. drawdown series d_t (row drawdown); dar=(1-alpha)-quantile; cdar = mean of
    the worst alpha share by the Acerbi-Tasche rule of es_historical applied to -d.
    """

    def __init__(self, alpha: float = ..., min_obs: int = ..., max_obs: int = ...) -> None: ...
    def update(self, equity: float, /) -> CdarOutputs[float]: ...
    def batch(self, equity: _Array, /) -> CdarOutputs[Any]: ...

class UlcerIndexOutputs(NamedTuple, Generic[_T]):
    ulcer: _T
    pain: _T

class ulcer_index(Streaming):
    """Ulcer index and pain index. D_t=100*dd_t with the expanding peak; ulcer=sqrt(mean D^2), pain=mean D over
    the last `window`.
    """

    def __init__(self, window: int = ...) -> None: ...
    def update(self, equity: float, /) -> UlcerIndexOutputs[float]: ...
    def batch(self, equity: _Array, /) -> UlcerIndexOutputs[Any]: ...

class SemideviationOutputs(NamedTuple, Generic[_T]):
    lpm: _T
    downside_dev: _T

class semideviation(Streaming):
    """Downside deviation and lower partial moment. lpm=(1/n)*sum max(mar-r,0)^order; downside_dev=lpm^{1/order}
    (n counts ALL observations).
    """

    def __init__(self, window: int = ..., mar: float = ..., order: float = ...) -> None: ...
    def update(self, returns: float, /) -> SemideviationOutputs[float]: ...
    def batch(self, returns: _Array, /) -> SemideviationOutputs[Any]: ...

class SampleMomentsOutputs(NamedTuple, Generic[_T]):
    skew: _T
    kurt: _T

class sample_moments(Streaming):
    """Rolling skewness and excess kurtosis (bias-corrected). g1=m3/m2^{1.5}, g2=m4/m2^2-3 (population);
    skew=g1*sqrt(n(n-1))/(n-2); kurt=((n+1)g2+6)(n-1)/((n-2)(n-3)); NaN if m2=0.
    """

    def __init__(self, window: int = ...) -> None: ...
    def update(self, returns: float, /) -> SampleMomentsOutputs[float]: ...
    def batch(self, returns: _Array, /) -> SampleMomentsOutputs[Any]: ...

class HillOutputs(NamedTuple, Generic[_T]):
    alpha: _T
    se: _T

class hill(Streaming):
    """Hill tail-index estimator. losses y=-r, top order statistics y_(1)>=...>=y_(k+1)>0:
    gamma=(1/k)sum_{i<=k}ln(y_(i)/y_(k+1)); alpha=1/gamma; se=alpha/sqrt(k); NaN if y_(k+1)<=0.
    """

    def __init__(self, window: int = ..., k: int = ...) -> None: ...
    def update(self, returns: float, /) -> HillOutputs[float]: ...
    def batch(self, returns: _Array, /) -> HillOutputs[Any]: ...

class GpdPotOutputs(NamedTuple, Generic[_T]):
    xi: _T
    beta: _T
    var: _T
    es: _T

class gpd_pot(Estimator):
    """Peaks-over-threshold GPD VaR and ES. losses y=-r, u=quantile_q(y), excesses e=y-u>0, Nu of n; GPD
    MLE(xi,beta); var=u+(beta/xi)((n*alpha/Nu)^{-xi}-1) (xi=0: u-beta ln(n alpha/Nu)); es=(var+beta-
    xi*u)/(1-xi), xi<1. Requires alpha<=Nu/n.
    """

    def __init__(self, window: int = ..., q: float = ..., alpha: float = ...) -> None: ...
    def batch(self, returns: _Array, /) -> GpdPotOutputs[Any]: ...

class KupiecOutputs(NamedTuple, Generic[_T]):
    lr: _T
    p_value: _T
    failures: _T

class kupiec(Streaming):
    """Kupiec proportion-of-failures test. x=# r<-var in n: lr=-2 ln[(1-a)^{n-x}a^x]+2 ln[(1-x/n)^{n-x}(x/n)^x]
    with 0 ln 0=0; p=1-F_chi2(1)(lr).
    """

    def __init__(self, min_obs: int = ..., alpha: float = ...) -> None: ...
    def update(self, returns: float, var: float, /) -> KupiecOutputs[float]: ...
    def batch(self, returns: _Array, var: _Array, /) -> KupiecOutputs[Any]: ...

class ChristoffersenOutputs(NamedTuple, Generic[_T]):
    lr_ind: _T
    lr_cc: _T
    p_cc: _T

class christoffersen(Streaming):
    """Christoffersen independence and conditional coverage tests. n_ij transitions of hits; p01=n01/(n00+n01),
    p11=n11/(n10+n11), p=(n01+n11)/sum; lr_ind=-2 ln[(1-p)^{n00+n10}p^{n01+n11}]+2
    ln[(1-p01)^{n00}p01^{n01}(1-p11)^{n10}p11^{n11}]; lr_cc=lr_pof (on the same n-1 transitions)+lr_ind; p_cc
    by chi2(2).
    """

    def __init__(self, min_obs: int = ..., alpha: float = ...) -> None: ...
    def update(self, returns: float, var: float, /) -> ChristoffersenOutputs[float]: ...
    def batch(self, returns: _Array, var: _Array, /) -> ChristoffersenOutputs[Any]: ...

class ComponentVarOutputs(NamedTuple, Generic[_T]):
    sigma_p: _T
    mrc: Any
    crc: Any
    pct: Any
    component_var: Any

class component_var(Streaming):
    """Euler risk contributions. S covariance (ddof=1), w weights: sigma_p=sqrt(w'Sw); mrc=Sw/sigma_p; crc=w*mrc;
    pct=crc/sigma_p; Gaussian component VaR=-Phi^{-1}(alpha)*crc. sigma_p=0 -> zeros.
    """

    def __init__(self, window: int = ..., alpha: float = ...) -> None: ...
    def update(self, returns: _Array, weights: _Array, /) -> ComponentVarOutputs[float]: ...
    def batch(self, returns: _Array, weights: _Array, /) -> ComponentVarOutputs[Any]: ...

class RiskOfRuinOutputs(NamedTuple, Generic[_T]):
    p_gambler: _T
    p_brownian: _T

class risk_of_ruin(Streaming):
    """Risk of ruin (gambler and Brownian). p_gambler=((1-edge)/(1+edge))^{capital_units} if edge>0 else 1
    (edge=p-q, even odds, unit bets, infinite horizon). p_brownian: P(log wealth ever falls by
    ln(1/(1-barrier)))=exp(-2*nu*ln(1/(1-barrier))/sigma^2), nu=mu-sigma^2/2>0, else 1.
    """

    def __init__(
        self,
        edge: float = ...,
        mu: float = ...,
        sigma: float = ...,
        barrier: float = ...,
    ) -> None: ...
    def update(self, capital_units: float, /) -> RiskOfRuinOutputs[float]: ...
    def batch(self, capital_units: _Array, /) -> RiskOfRuinOutputs[Any]: ...

class CagrOutputs(NamedTuple, Generic[_T]):
    cagr: _T
    total: _T

class cagr(Streaming):
    """Compound annual growth rate. total=prod(1+r)-1 (sum of log1p, expm1); cagr=(1+total)^{ann/n}-1; total<=-1
    -> -1.
    """

    def __init__(self, ann: float = ...) -> None: ...
    def update(self, returns: float, /) -> CagrOutputs[float]: ...
    def batch(self, returns: _Array, /) -> CagrOutputs[Any]: ...

class SharpeOutputs(NamedTuple, Generic[_T]):
    sharpe: _T
    se: _T

class sharpe(Streaming):
    """Sharpe ratio (annualised) with standard error. e=r-rf (per period); sharpe=sqrt(ann)*mean(e)/sd(e,ddof=1);
    se=sqrt(ann)*sqrt((1+0.5*S^2-g3*S+((g4-3)/4)*S^2)/(n-1)) with S the per-period ratio, g3 skewness, g4
    kurtosis (population). sd=0 -> NaN.
    """

    def __init__(self, rf: float = ..., ann: float = ...) -> None: ...
    def update(self, returns: float, /) -> SharpeOutputs[float]: ...
    def batch(self, returns: _Array, /) -> SharpeOutputs[Any]: ...

class SharpeLoOutputs(NamedTuple, Generic[_T]):
    sharpe_q: _T
    eta: _T

class sharpe_lo(Streaming):
    """Autocorrelation-adjusted annualised Sharpe (Lo eta). eta=q/sqrt(q+2*sum_{k=1}^{q-1}(q-k)rho_k), biased
    acf; sharpe_q=eta*mean/sd(ddof=1). NaN if the radicand<=0.
    """

    def __init__(self, q: int = ..., min_obs: int = ...) -> None: ...
    def update(self, returns: float, /) -> SharpeLoOutputs[float]: ...
    def batch(self, returns: _Array, /) -> SharpeLoOutputs[Any]: ...

class PsrOutputs(NamedTuple, Generic[_T]):
    psr: _T
    min_trl: _T

class psr(Streaming):
    """Probabilistic Sharpe ratio and minimum track record length. per-period SR (sd ddof=1), g3 skew, g4
    kurtosis (population, non-excess): v=1-g3*SR+((g4-1)/4)*SR^2; psr=Phi((SR-sr_ref)*sqrt(n-1)/sqrt(v));
    min_trl=1+v*(Phi^{-1}(conf)/(SR-sr_ref))^2 (inf if SR<=sr_ref).
    """

    def __init__(self, sr_ref: float = ..., conf: float = ..., min_obs: int = ...) -> None: ...
    def update(self, returns: float, /) -> PsrOutputs[float]: ...
    def batch(self, returns: _Array, /) -> PsrOutputs[Any]: ...

class DsrOutputs(NamedTuple, Generic[_T]):
    dsr: _T
    sr0: _T

class dsr(Streaming):
    """Deflated Sharpe ratio. sr0=sqrt(var_sr)*((1-g)*Phi^{-1}(1-1/N)+g*Phi^{-1}(1-1/(N e))),
    g=0.5772156649015329, N=n_trials (N=1: sr0=0); dsr=psr(sr_ref=sr0).
    """

    def __init__(self, n_trials: int = ..., var_sr: float = ..., min_obs: int = ...) -> None: ...
    def update(self, returns: float, /) -> DsrOutputs[float]: ...
    def batch(self, returns: _Array, /) -> DsrOutputs[Any]: ...

class PboOutputs(NamedTuple, Generic[_T]):
    pbo: _T
    logits: _T
    degradation_slope: _T

class pbo(Estimator):
    """Probability of backtest overfitting (CSCV). Split T rows into s even blocks (truncate remainder at the
    start); for each half/half combination pick IS-best column by Sharpe (ddof=1), its OOS relative rank
    w=rank/(N+1) (average ranks); lambda=ln(w/(1-w)); pbo=share of lambda<=0; slope=OLS of OOS on IS Sharpe of
    the selected.
    """

    def __init__(self, s: int = ..., min_obs: int = ...) -> None: ...
    def batch(self, returns: _Array, /) -> PboOutputs[Any]: ...

class sortino(Streaming):
    """Sortino ratio. sqrt(ann)*mean(r-mar)/sqrt(mean(min(r-mar,0)^2)); inf with the sign of the mean if no
    downside (NaN if mean 0).
    """

    def __init__(self, mar: float = ..., ann: float = ...) -> None: ...
    def update(self, returns: float, /) -> float: ...
    def batch(self, returns: _Array, /) -> Any: ...

class calmar(Streaming):
    """Calmar ratio. cagr over the last `window` returns divided by |max drawdown| of the compounded equity
    (starting at 1) over the same window; +inf/NaN if the drawdown is 0 (sign rule as sortino).
    """

    def __init__(self, ann: float = ..., window: int = ...) -> None: ...
    def update(self, returns: float, /) -> float: ...
    def batch(self, returns: _Array, /) -> Any: ...

class MartinRatioOutputs(NamedTuple, Generic[_T]):
    martin: _T
    pain_ratio: _T

class martin_ratio(Streaming):
    """Martin (ulcer performance) and pain ratios. excess=cagr-rf; martin=excess/(ulcer/100),
    pain_ratio=excess/(pain/100), drawdowns over the whole sample starting from equity 1 (n observations).
    """

    def __init__(self, ann: float = ..., rf: float = ...) -> None: ...
    def update(self, returns: float, /) -> MartinRatioOutputs[float]: ...
    def batch(self, returns: _Array, /) -> MartinRatioOutputs[Any]: ...

class omega(Streaming):
    """Omega ratio. sum max(r-L,0)/sum max(L-r,0); inf if the denominator is 0 and numerator>0, NaN if both 0.
    """

    def __init__(self, threshold: float = ...) -> None: ...
    def update(self, returns: float, /) -> float: ...
    def batch(self, returns: _Array, /) -> Any: ...

class InformationRatioOutputs(NamedTuple, Generic[_T]):
    ir: _T
    tracking_error: _T

class information_ratio(Streaming):
    """Information ratio and tracking error. a=r-b; tracking_error=sqrt(ann)*sd(a,ddof=1);
    ir=ann*mean(a)/tracking_error; NaN if te=0.
    """

    def __init__(self, ann: float = ...) -> None: ...
    def update(self, returns: float, benchmark: float, /) -> InformationRatioOutputs[float]: ...
    def batch(self, returns: _Array, benchmark: _Array, /) -> InformationRatioOutputs[Any]: ...

class TreynorAlphaOutputs(NamedTuple, Generic[_T]):
    alpha: _T
    treynor: _T
    m2: _T

class treynor_alpha(Streaming):
    """Jensen alpha, Treynor ratio and M2. beta=cov(r-rf,b-rf)/var(b-rf); alpha=ann*(mean(r-rf)-beta*mean(b-rf));
    treynor=ann*mean(r-rf)/beta; m2=ann*(mean(r-rf)/sd(r-rf)*sd(b-rf)+rf).
    """

    def __init__(self, rf: float = ..., ann: float = ...) -> None: ...
    def update(self, returns: float, benchmark: float, /) -> TreynorAlphaOutputs[float]: ...
    def batch(self, returns: _Array, benchmark: _Array, /) -> TreynorAlphaOutputs[Any]: ...

class TradeStatsOutputs(NamedTuple, Generic[_T]):
    hit_rate: _T
    profit_factor: _T
    payoff: _T
    expectancy: _T
    expectancy_r: _T

class trade_stats(Streaming):
    """Hit rate, profit factor, payoff ratio, expectancy. closed-trade pnl x: W wins (x>0), L losses (x<0), zeros
    count in N only. hit=W/N; profit_factor=sum wins/|sum losses|; payoff=mean win/|mean loss|;
    expectancy=mean x; expectancy_r=expectancy/|mean loss|. Division by zero -> inf or NaN (0/0).
    """

    def __init__(self) -> None: ...
    def update(self, trade_pnl: float, /) -> TradeStatsOutputs[float]: ...
    def batch(self, trade_pnl: _Array, /) -> TradeStatsOutputs[Any]: ...

class NeweyWestTOutputs(NamedTuple, Generic[_T]):
    t: _T
    se: _T

class newey_west_t(Streaming):
    """Newey-West t-statistic of the mean. q=floor(4*(n/100)^{2/9}) if -1; lrv=g0+2*sum_{j=1}^{q}(1-j/(q+1))g_j,
    g_j=(1/n)sum_{t>j}e_t e_{t-j}, e demeaned; se=sqrt(lrv/n); t=mean/se.
    """

    def __init__(self, lags: int = ..., min_obs: int = ...) -> None: ...
    def update(self, returns: float, /) -> NeweyWestTOutputs[float]: ...
    def batch(self, returns: _Array, /) -> NeweyWestTOutputs[Any]: ...

class BootstrapCiOutputs(NamedTuple, Generic[_T]):
    lo: _T
    hi: _T

class bootstrap_ci(Estimator):
    """Stationary bootstrap confidence interval of Sharpe. Politis-Romano: start uniform; each next index =
    previous+1 mod n with prob 1-1/block, else uniform; SR of each replicate (ddof=1); percentile interval by
    type-7 quantiles. Deterministic PCG64 stream given seed.
    """

    def __init__(
        self,
        reps: int = ...,
        block: float = ...,
        conf: float = ...,
        seed: int = ...,
        min_obs: int = ...,
    ) -> None: ...
    def batch(self, returns: _Array, /) -> BootstrapCiOutputs[Any]: ...

class KellyBinaryOutputs(NamedTuple, Generic[_T]):
    f: _T
    growth: _T

class kelly_binary(Streaming):
    """Kelly fraction for a binary bet. win +b*f w.p. p, lose a*f w.p. q=1-p: f=p/a-q/b; f=max(f,0) (long-only
    option allow_short returns it signed); growth=p ln(1+b f)+q ln(1-a f).
    """

    def __init__(self, b: float = ..., a: float = ..., allow_short: bool = ...) -> None: ...
    def update(self, p: float, /) -> KellyBinaryOutputs[float]: ...
    def batch(self, p: _Array, /) -> KellyBinaryOutputs[Any]: ...

class KellyContinuousOutputs(NamedTuple, Generic[_T]):
    f: _T
    growth_rate: _T

class kelly_continuous(Streaming):
    """Continuous Kelly fraction. f=frac*(mean-rf)/var(ddof=1), clipped to [-cap,cap]; growth_rate=rf+f*(mean-
    rf)-f^2*var/2. var=0 -> 0.
    """

    def __init__(self, window: int = ..., rf: float = ..., frac: float = ..., cap: float = ...) -> None: ...
    def update(self, returns: float, /) -> KellyContinuousOutputs[float]: ...
    def batch(self, returns: _Array, /) -> KellyContinuousOutputs[Any]: ...

class KellyEmpiricalOutputs(NamedTuple, Generic[_T]):
    f: _T
    growth: _T

class kelly_empirical(Estimator):
    """Empirical Kelly (maximum mean log growth). maximise G(f)=mean ln(1+f r) on the interior of {1+f r>0}
    intersected with [-cap,cap]; unique root of mean r/(1+f r)=0 by bisection-Newton to 1e-12; if no sign
    change take the cap.
    """

    def __init__(self, window: int = ..., cap: float = ...) -> None: ...
    def batch(self, returns: _Array, /) -> KellyEmpiricalOutputs[Any]: ...

class KellyMultiOutputs(NamedTuple, Generic[_T]):
    f: Any
    growth: _T

class kelly_multi(Estimator):
    """Multi-asset Kelly (growth-optimal) weights. f=frac*(S+ridge*tr(S)/N*I)^{-1}(mu-rf), S ddof=1;
    growth=rf+f'(mu-rf)-f'S f/2. Cholesky solve.
    """

    def __init__(self, window: int = ..., rf: float = ..., ridge: float = ..., frac: float = ...) -> None: ...
    def batch(self, returns: _Array, /) -> KellyMultiOutputs[Any]: ...

class KellyShrunkOutputs(NamedTuple, Generic[_T]):
    f: _T
    shrink: _T

class kelly_shrunk(Streaming):
    """Kelly with parameter-uncertainty shrinkage (Baker-McHale). c=(b+1)p-1; f0=c/b;
    shrink=c^2/(c^2+(b+1)^2*se^2) (quadratic approximation, 0 if c<=0); f=shrink*max(f0,0).
    """

    def __init__(self, b: float = ..., se: float = ...) -> None: ...
    def update(self, p: float, /) -> KellyShrunkOutputs[float]: ...
    def batch(self, p: _Array, /) -> KellyShrunkOutputs[Any]: ...

class KellyDrawdownOutputs(NamedTuple, Generic[_T]):
    rel_growth: _T
    p_reach: _T

class kelly_drawdown(Streaming):
    """Fractional-Kelly growth/drawdown trade-off. betting c times full Kelly in continuous time:
    rel_growth=c(2-c); P(wealth ever falls to fraction x of initial)=x^{2/c-1}.
    """

    def __init__(self, x: float = ...) -> None: ...
    def update(self, c: float, /) -> KellyDrawdownOutputs[float]: ...
    def batch(self, c: _Array, /) -> KellyDrawdownOutputs[Any]: ...

class VolTargetOutputs(NamedTuple, Generic[_T]):
    weight: _T
    vol: _T

class vol_target(Streaming):
    """Volatility targeting. vol_t=ewma_vol(lam,ann); weight=min(cap,target/vol) applied to period t+1; vol=0 ->
    cap.
    """

    def __init__(self, target: float = ..., lam: float = ..., ann: float = ..., cap: float = ...) -> None: ...
    def update(self, returns: float, /) -> VolTargetOutputs[float]: ...
    def batch(self, returns: _Array, /) -> VolTargetOutputs[Any]: ...

class atr_units(Streaming):
    """ATR (turtle N) position units. units=floor_to_lot( risk*equity/(ATR_n*point) );
    floor_to_lot(u)=floor(u/lot + 1e-9)*lot; ATR=0 -> 0.
    """

    def __init__(
        self,
        risk: float = ...,
        period: int = ...,
        point: float = ...,
        lot: float = ...,
    ) -> None: ...
    def update(self, high: float, low: float, close: float, equity: float, /) -> float: ...
    def batch(self, high: _Array, low: _Array, close: _Array, equity: _Array, /) -> Any: ...

class FixedFractionalOutputs(NamedTuple, Generic[_T]):
    units: _T
    notional: _T

class fixed_fractional(Streaming):
    """Fixed-fractional size from stop distance. loss per unit = |entry-stop|+fee*(entry+stop);
    units=floor_to_lot(risk*equity/loss per unit); notional=units*entry. entry=stop and fee=0 -> error.
    """

    def __init__(self, risk: float = ..., fee: float = ..., lot: float = ...) -> None: ...
    def update(self, entry: float, stop: float, equity: float, /) -> FixedFractionalOutputs[float]: ...
    def batch(self, entry: _Array, stop: _Array, equity: _Array, /) -> FixedFractionalOutputs[Any]: ...

class CppiOutputs(NamedTuple, Generic[_T]):
    exposure: _T
    floor: _T
    cushion: _T

class cppi(Streaming):
    """Constant proportion portfolio insurance (and TIPP ratchet). F_0=floor0*W_0; F_t=F_{t-1}(1+rf); ratchet:
    F_t=max(F_t,floor0*max W). cushion=max(W-F,0); exposure=min(cap,m*cushion/W);
    W_{t+1}=W(1+exposure*r+(1-exposure)*rf).
    """

    def __init__(
        self,
        m: float = ...,
        floor0: float = ...,
        rf: float = ...,
        ratchet: bool = ...,
        cap: float = ...,
    ) -> None: ...
    def update(self, equity: float, /) -> CppiOutputs[float]: ...
    def batch(self, equity: _Array, /) -> CppiOutputs[Any]: ...

class drawdown_control(Streaming):
    """Grossman-Zhou drawdown-modulated leverage. M=running max wealth; leverage=min(cap,k*(W-alpha*M)/W), 0 if
    W<=alpha*M; k is a user-supplied multiple (the source derives it from mu, sigma and risk aversion).
    """

    def __init__(self, k: float = ..., alpha: float = ..., cap: float = ...) -> None: ...
    def update(self, equity: float, /) -> float: ...
    def batch(self, equity: _Array, /) -> Any: ...

class diversification_multiplier(Streaming):
    """Diversification multiplier (correlation-adjusted scaling). R correlation with negatives floored at 0, w
    forecast/position risk weights (sum |w|=1): idm=min(cap,1/sqrt(w'Rw)).
    """

    def __init__(self, window: int = ..., cap: float = ...) -> None: ...
    def update(self, returns: _Array, weights: _Array, /) -> float: ...
    def batch(self, returns: _Array, weights: _Array, /) -> Any: ...

class inverse_vol(Streaming):
    """Inverse-volatility (naive risk parity) weights. w_i=s_i^{-power}/sum s_j^{-power}, s ddof=1; power=2 gives
    inverse variance. Any s=0 asset gets weight 0 and is flagged.
    """

    def __init__(self, window: int = ..., power: float = ...) -> None: ...
    def update(self, returns: _Array, /) -> Any: ...
    def batch(self, returns: _Array, /) -> Any: ...

class MinVarianceOutputs(NamedTuple, Generic[_T]):
    weights: Any
    vol: _T

class min_variance(Estimator):
    """Global minimum-variance weights. w=S^{-1}1/(1'S^{-1}1), S=cov(ddof=1)+ridge*tr(S)/N*I; long_only: QP with
    w>=0. Singular S -> error.
    """

    def __init__(self, window: int = ..., long_only: bool = ..., ridge: float = ...) -> None: ...
    def batch(self, returns: _Array, /) -> MinVarianceOutputs[Any]: ...

class MaxSharpeOutputs(NamedTuple, Generic[_T]):
    weights: Any
    sharpe: _T

class max_sharpe(Estimator):
    """Tangency portfolio. z=S^{-1}(mu-rf); if sum(z)>eps w=z/sum(z), otherwise NaN: with sum(z)<0 the normalised
    vector is the MINIMUM-Sharpe portfolio and no fully invested tangency portfolio exists; sharpe=sqrt((mu-
    rf)'S^{-1}(mu-rf)).
    """

    def __init__(self, window: int = ..., rf: float = ..., ridge: float = ...) -> None: ...
    def batch(self, returns: _Array, /) -> MaxSharpeOutputs[Any]: ...

class mean_variance(Estimator):
    """Mean-variance utility weights with costs. maximise mu'w-(gamma/2)w'Sw-cost*||w-w_prev||_1 s.t.
    ||w||_1<=gross. KKT tolerance 1e-8.
    """

    def __init__(
        self,
        gamma: float = ...,
        cost: float = ...,
        gross: float = ...,
        window: int = ...,
    ) -> None: ...
    def batch(self, returns: _Array, mu: _Array, previous: _Array, /) -> Any: ...

class RiskParityOutputs(NamedTuple, Generic[_T]):
    weights: Any
    rc: Any

class risk_parity(Estimator):
    """Equal/budgeted risk contribution. budgets b>0 (default 1/N). CCD on min 0.5 w'Sw-sum b_i ln w_i:
    w_i=(-(sum_{j!=i}S_ij w_j)+sqrt((sum_{j!=i}S_ij w_j)^2+4 S_ii b_i))/(2 S_ii) until max change<tol;
    normalise to sum 1; rc=w*(Sw)/(w'Sw).
    """

    def __init__(self, window: int = ..., tol: float = ..., max_iter: int = ...) -> None: ...
    def batch(self, returns: _Array, budgets: _Array, /) -> RiskParityOutputs[Any]: ...

class MaxDiversificationOutputs(NamedTuple, Generic[_T]):
    weights: Any
    dr: _T

class max_diversification(Estimator):
    """Most diversified portfolio and diversification ratio. dr(w)=w's/sqrt(w'Sw). Solve min y'Ry (y>=0 if
    long_only, sum y=1), w_i=y_i/s_i normalised. Unconstrained: y proportional to R^{-1}1.
    """

    def __init__(self, window: int = ..., long_only: bool = ...) -> None: ...
    def batch(self, returns: _Array, /) -> MaxDiversificationOutputs[Any]: ...

class HrpOutputs(NamedTuple, Generic[_T]):
    weights: Any
    order: Any

class hrp(Estimator):
    """Hierarchical risk parity. corr C, distance d_ij=sqrt(max(0,(1-C_ij)/2)); D_ij=Euclidean distance between
    columns i,j of d; single linkage on D; quasi-diagonal leaf order; recursive bisection (first half =
    floor(len/2)): alpha=1-V1/(V1+V2), V=inverse-variance cluster variance.
    """

    def __init__(self, window: int = ...) -> None: ...
    def batch(self, returns: _Array, /) -> HrpOutputs[Any]: ...

class BlackLittermanOutputs(NamedTuple, Generic[_T]):
    mu: Any
    cov: Any
    weights: Any

class black_litterman(Estimator):
    """Black-Litterman posterior. pi=delta*S*w_mkt; views P mu=Q+N(0,Omega), default Omega=diag(tau*P S P');
    mu=[(tau S)^{-1}+P'Omega^{-1}P]^{-1}[(tau S)^{-1}pi+P'Omega^{-1}Q]; cov=S+[(tau
    S)^{-1}+P'Omega^{-1}P]^{-1}; weights=(delta*S)^{-1}mu. Use the Woodbury form pi+tau S P'(P tau S
    P'+Omega)^{-1}(Q-P pi).
    """

    def __init__(self, tau: float = ..., delta: float = ..., window: int = ...) -> None: ...
    def batch(
        self,
        returns: _Array,
        market: _Array,
        views: _Array,
        q: _Array,
        /,
    ) -> BlackLittermanOutputs[Any]: ...

class MinCvarOutputs(NamedTuple, Generic[_T]):
    weights: Any
    cvar: _T

class min_cvar(Estimator):
    """Minimum-CVaR portfolio. min_{w,z,u} z+(1/(alpha n))sum u_i s.t. u_i>=-r_i'w-z, u>=0, 1'w=1, (w>=0).
    """

    def __init__(self, window: int = ..., alpha: float = ..., long_only: bool = ...) -> None: ...
    def batch(self, returns: _Array, /) -> MinCvarOutputs[Any]: ...

class vol_managed(Streaming):
    """Volatility-managed portfolio. weight_{t+1}=min(cap,c/RV_t), RV_t=sum of squared demeaned returns over the
    window; c=0 means: choose c so that the expanding sd of weight*r equals the expanding sd of r (causal).
    """

    def __init__(self, window: int = ..., c: float = ..., cap: float = ...) -> None: ...
    def update(self, returns: float, /) -> float: ...
    def batch(self, returns: _Array, /) -> Any: ...

class exponentiated_gradient(Streaming):
    """Exponentiated-gradient portfolio. x gross returns: w_{t+1,i}=w_{t,i}exp(eta*x_i/(w_t'x))/Z; w_0=1/N.
    """

    def __init__(self, eta: float = ...) -> None: ...
    def update(self, returns: _Array, /) -> Any: ...
    def batch(self, returns: _Array, /) -> Any: ...

class simplex_projection(Streaming):
    """Euclidean projection onto the simplex / L1 ball. u sorted descending; rho=max{j:
    u_j-(sum_{i<=j}u_i-z)/j>0}; theta=(sum_{i<=rho}u_i-z)/rho; w_i=max(v_i-theta,0). L1 ball: project |v| if
    ||v||_1>z and restore signs.
    """

    def __init__(self, z: float = ..., ball: bool = ...) -> None: ...
    def update(self, v: _Array, /) -> Any: ...
    def batch(self, v: _Array, /) -> Any: ...

class EffectiveBetsOutputs(NamedTuple, Generic[_T]):
    enb_pca: _T
    enb_hhi: _T

class effective_bets(Estimator):
    """Effective number of bets (entropy of risk contributions). S=E L E'; wt=E'w; p_k=wt_k^2 L_k/(w'Sw);
    enb_pca=exp(-sum p ln p). enb_hhi=(sum|w|)^2/sum w^2.
    """

    def __init__(self, window: int = ...) -> None: ...
    def batch(self, returns: _Array, weights: _Array, /) -> EffectiveBetsOutputs[Any]: ...

class TurnoverCostOutputs(NamedTuple, Generic[_T]):
    turnover: _T
    cost: _T

class turnover_cost(Streaming):
    """Turnover and cost drag. drifted weights w^-_t=w_{t-1}(1+r)/(1+w_{t-1}'r) (cash is the residual);
    turnover_t=sum|w_t-w^-_t|; cost=fee*turnover.
    """

    def __init__(self, fee: float = ...) -> None: ...
    def update(self, returns: _Array, weights: _Array, /) -> TurnoverCostOutputs[float]: ...
    def batch(self, returns: _Array, weights: _Array, /) -> TurnoverCostOutputs[Any]: ...

class TwapScheduleOutputs(NamedTuple, Generic[_T]):
    sizes: Any
    times: Any

class twap_schedule(Streaming):
    """TWAP schedule. cumulative target C_k=round_to_lot(Q*k/slices); size_k=C_k-C_{k-1} (sum exactly
    round_to_lot(Q)); time_k=T*(k-0.5)/slices+U(-jitter,jitter)*T/slices (seeded).
    """

    def __init__(
        self,
        slices: int = ...,
        jitter: float = ...,
        lot: float = ...,
        seed: int = ...,
        horizon_s: float = ...,
    ) -> None: ...
    def update(self, order_size: float, /) -> TwapScheduleOutputs[float]: ...
    def batch(self, order_size: _Array, /) -> TwapScheduleOutputs[Any]: ...

class VwapScheduleOutputs(NamedTuple, Generic[_T]):
    sizes: Any
    curve: Any

class vwap_schedule(Streaming):
    """VWAP schedule from a volume curve. curve_b=EWMA over days of (volume in bin b/day total), renormalised;
    cumulative target=round_to_lot(Q*sum_{j<=b}curve_j/sum over the order horizon); first day curve=uniform.
    """

    def __init__(
        self,
        bins: int = ...,
        lam: float = ...,
        lot: float = ...,
        start: int = ...,
        stop: int = ...,
    ) -> None: ...
    def update(self, order_size: float, volume: float, /) -> VwapScheduleOutputs[float]: ...
    def batch(self, order_size: _Array, volume: _Array, /) -> VwapScheduleOutputs[Any]: ...

class pov_schedule(Streaming):
    """Participation-of-volume controller. V = market volume since start EXCLUDING own fills;
    target=rate/(1-rate)*V; size=clip(floor_to_lot(target-filled-open),0,remaining), limited so that
    filled/(V+filled)<=cap.
    """

    def __init__(self, rate: float = ..., cap: float = ..., lot: float = ...) -> None: ...
    def update(
        self,
        order_size: float,
        market_size: float,
        fill_size: float,
        open_size: float,
        /,
    ) -> float: ...
    def batch(
        self,
        order_size: _Array,
        market_size: _Array,
        fill_size: _Array,
        open_size: _Array,
        /,
    ) -> Any: ...

class ImplementationShortfallOutputs(NamedTuple, Generic[_T]):
    total_bps: _T
    delay: _T
    trading: _T
    opportunity: _T
    fees: _T

class implementation_shortfall(Streaming):
    """Implementation shortfall decomposition (Perold). side s, decision price Pd, arrival Pa, close Pn, fills
    (p_j,q_j), X total: total=s*(sum p_j q_j - Pd sum q_j)+s*(X-sum q)(Pn-Pd)+fees; delay=s*sum q*(Pa-Pd);
    trading=s*sum q_j(p_j-Pa); opportunity=s*(X-sum q)(Pn-Pd); all /(X*Pd)*1e4;
    total=delay+trading+opportunity+fees.
    """

    def __init__(self) -> None: ...
    def update(
        self,
        fill_price: float,
        fill_size: float,
        fill_fee: float,
        side: float,
        order_size: float,
        decision_price: float,
        arrival_price: float,
        close_price: float,
        /,
    ) -> ImplementationShortfallOutputs[float]: ...
    def batch(
        self,
        fill_price: _Array,
        fill_size: _Array,
        fill_fee: _Array,
        side: _Array,
        order_size: _Array,
        decision_price: _Array,
        arrival_price: _Array,
        close_price: _Array,
        /,
    ) -> ImplementationShortfallOutputs[Any]: ...

class VwapSlippageOutputs(NamedTuple, Generic[_T]):
    vs_arrival: _T
    vs_vwap: _T
    vs_twap: _T
    participation: _T

class vwap_slippage(Streaming):
    """Benchmark slippage (arrival, interval VWAP, TWAP). avg=sum p q/sum q; slippage=s*(avg/bench-1)*1e4
    (positive=cost); interval VWAP over market trades between first order and last fill (own fills included in
    the public tape); TWAP time-weighted mid.
    """

    def __init__(self) -> None: ...
    def update(
        self,
        fill_price: float,
        fill_size: float,
        fill_side: float,
        price: float,
        size: float,
        mid: float,
        t_s: float,
        /,
    ) -> VwapSlippageOutputs[float]: ...
    def batch(
        self,
        fill_price: _Array,
        fill_size: _Array,
        fill_side: _Array,
        price: _Array,
        size: _Array,
        mid: _Array,
        t_s: _Array,
        /,
    ) -> VwapSlippageOutputs[Any]: ...

class AlmgrenChrissOutputs(NamedTuple, Generic[_T]):
    holdings: Any
    trades: Any
    cost: _T
    variance: _T

class almgren_chriss(Streaming):
    """Almgren-Chriss optimal trajectory. tau=T/N, eta_t=eta-gamma*tau/2>0, kappa^2: 2(cosh(kappa
    tau)-1)/tau^2=lam sigma^2/eta_t; holdings x_j=Q sinh(kappa(T-t_j))/sinh(kappa T) (linear if lam=0; use
    exp-scaled ratio for large kappa T); trades n_j=x_{j-1}-x_j; cost=gamma Q^2/2+eps sum|n_j|+(eta_t/tau)sum
    n_j^2; variance=sigma^2 tau sum_{j>=1} x_j^2. sigma in price/sqrt(s), eta price per (contract/s).
    """

    def __init__(
        self,
        t: float = ...,
        n: int = ...,
        sigma: float = ...,
        eta: float = ...,
        gamma: float = ...,
        eps: float = ...,
        lam: float = ...,
    ) -> None: ...
    def update(self, order_size: float, /) -> AlmgrenChrissOutputs[float]: ...
    def batch(self, order_size: _Array, /) -> AlmgrenChrissOutputs[Any]: ...

class sqrt_impact(Streaming):
    """Square-root impact law. impact=1e4*Y*sigma*sqrt(Q/V), sigma and V over the same period (e.g. daily).
    """

    def __init__(self, y: float = ..., sigma: float = ..., adv: float = ...) -> None: ...
    def update(self, order_size: float, /) -> float: ...
    def batch(self, order_size: _Array, /) -> Any: ...

class AvellanedaStoikovOutputs(NamedTuple, Generic[_T]):
    reservation: _T
    bid: _T
    ask: _T
    spread: _T

class avellaneda_stoikov(Streaming):
    """Avellaneda-Stoikov quotes. tau=T-t, q inventory: r=s-q*gamma*sigma^2*tau;
    spread=gamma*sigma^2*tau+(2/gamma)*log1p(gamma/k); bid=r-spread/2, ask=r+spread/2. Round bid down and ask
    up to tick; never cross the market if post-only.
    """

    def __init__(
        self,
        gamma: float = ...,
        k: float = ...,
        sigma: float = ...,
        horizon: float = ...,
        tick: float = ...,
        post_only: bool = ...,
    ) -> None: ...
    def update(
        self,
        bid: float,
        ask: float,
        inventory: float,
        elapsed: float,
        /,
    ) -> AvellanedaStoikovOutputs[float]: ...
    def batch(
        self,
        bid: _Array,
        ask: _Array,
        inventory: _Array,
        elapsed: _Array,
        /,
    ) -> AvellanedaStoikovOutputs[Any]: ...

class GlftOutputs(NamedTuple, Generic[_T]):
    delta_bid: _T
    delta_ask: _T

class glft(Streaming):
    """Gueant-Lehalle-Fernandez-Tapia asymptotic quotes. c1=(1/gamma)*log1p(gamma/k);
    c2=sqrt(sigma^2*gamma/(2kA)*(1+gamma/k)^{1+k/gamma}); delta_bid=c1+(2q+1)/2*c2; delta_ask=c1-(2q-1)/2*c2;
    q inventory in lots; do not quote bid at q>=qmax nor ask at q<=-qmax. Exponent via
    exp((1+k/gamma)*log1p(gamma/k)).
    """

    def __init__(
        self,
        gamma: float = ...,
        a: float = ...,
        k: float = ...,
        sigma: float = ...,
        qmax: int = ...,
    ) -> None: ...
    def update(self, inventory: float, /) -> GlftOutputs[float]: ...
    def batch(self, inventory: _Array, /) -> GlftOutputs[Any]: ...

class FillIntensityOutputs(NamedTuple, Generic[_T]):
    a: _T
    k: _T
    r2: _T

class fill_intensity(Streaming):
    """Exponential fill-intensity calibration. For distances d_j: rate_j=(# times price/trades reach
    mid+-d_j)/exposure time; weighted OLS of ln rate_j on d_j (weights=counts, bins with 0 dropped): ln A - k
    d. NaN if <2 bins.
    """

    def __init__(self, n_bins: int = ..., window_s: float = ..., bin_width: float = ...) -> None: ...
    def update(
        self,
        price: float,
        side: float,
        bid: float,
        ask: float,
        t_s: float,
        /,
    ) -> FillIntensityOutputs[float]: ...
    def batch(
        self,
        price: _Array,
        side: _Array,
        bid: _Array,
        ask: _Array,
        t_s: _Array,
        /,
    ) -> FillIntensityOutputs[Any]: ...

class GlostenMilgromOutputs(NamedTuple, Generic[_T]):
    bid: _T
    ask: _T
    p: _T

class glosten_milgrom(Streaming):
    """Glosten-Milgrom sequential quotes. p=P(V=v_high). P(buy|H)=(1+mu)/2, P(buy|L)=(1-mu)/2 (uninformed buy
    w.p. 1/2). ask=E[V|buy], bid=E[V|sell]; after a buy p=p(1+mu)/(p(1+mu)+(1-p)(1-mu)), after a sell with
    mu->-mu. Work in log-odds.
    """

    def __init__(self, v_high: float = ..., v_low: float = ..., mu: float = ..., p0: float = ...) -> None: ...
    def update(self, side: float, /) -> GlostenMilgromOutputs[float]: ...
    def batch(self, side: _Array, /) -> GlostenMilgromOutputs[Any]: ...

class MakerBreakevenOutputs(NamedTuple, Generic[_T]):
    maker_edge_bps: _T
    taker_cost_bps: _T
    prefer_maker: _T

class maker_breakeven(Streaming):
    """Maker/taker break-even edge and net spread capture. h=half spread in bps.
    maker_edge=fill_prob*(h-adverse_bps-1e4*maker_fee)-(1-fill_prob)*(h+1e4*taker_fee) (unfilled orders cross
    later); taker_cost=h+1e4*taker_fee; prefer_maker=1 if maker_edge>-taker_cost.
    """

    def __init__(
        self,
        maker_fee: float = ...,
        taker_fee: float = ...,
        fill_prob: float = ...,
        adverse_bps: float = ...,
    ) -> None: ...
    def update(self, bid: float, ask: float, /) -> MakerBreakevenOutputs[float]: ...
    def batch(self, bid: _Array, ask: _Array, /) -> MakerBreakevenOutputs[Any]: ...

class latency_cost(Streaming):
    """Cost of latency (Moallemi-Saglam). u=sigma*sqrt(dt)/delta; lc=u*sqrt(ln(1/(2 pi u^2))) for 2 pi u^2<1
    (low-latency asymptotic), NaN otherwise. sigma price per sqrt(s), delta bid-offer spread in price.
    """

    def __init__(self, sigma: float = ..., dt_s: float = ...) -> None: ...
    def update(self, bid: float, ask: float, /) -> float: ...
    def batch(self, bid: _Array, ask: _Array, /) -> Any: ...

class OrderRoutingOutputs(NamedTuple, Generic[_T]):
    sizes: Any
    avg_price: _T

class order_routing(Streaming):
    """Convex smart-order-routing split. Merge ask (bid) levels of all venues sorted by fee-adjusted price
    p*(1+s*taker_fee_v); fill greedily until Q; ties by larger size then lower venue index. Greedy is optimal
    because cost is separable and convex.
    """

    def __init__(self, max_levels: int = ..., taker_fees: list[float] = ..., side: str = ...) -> None: ...
    def update(
        self,
        level_px: _Array,
        level_sizes: _Array,
        order_size: float,
        /,
    ) -> OrderRoutingOutputs[float]: ...
    def batch(
        self,
        level_px: _Array,
        level_sizes: _Array,
        order_size: _Array,
        /,
    ) -> OrderRoutingOutputs[Any]: ...

class MmPnlAttributionOutputs(NamedTuple, Generic[_T]):
    spread_capture: _T
    inventory: _T
    fees: _T
    total: _T

class mm_pnl_attribution(Streaming):
    """Market-maker P&L attribution. at fill j: spread_capture+=s_j*q_j*(m_j-p_j) with s=+1 bought (m mid at
    fill); inventory+=Q_{t-1}*(m_t-m_{t-1}) at every mid change; fees as paid; total=cash+Q*m =
    spread_capture+inventory-fees.
    """

    def __init__(self) -> None: ...
    def update(
        self,
        fill_price: float,
        fill_size: float,
        fill_side: float,
        fill_fee: float,
        bid: float,
        ask: float,
        /,
    ) -> MmPnlAttributionOutputs[float]: ...
    def batch(
        self,
        fill_price: _Array,
        fill_size: _Array,
        fill_side: _Array,
        fill_fee: _Array,
        bid: _Array,
        ask: _Array,
        /,
    ) -> MmPnlAttributionOutputs[Any]: ...

class bs_price(Streaming):
    """Black-Scholes-Merton price. d1=(ln(S/K)+(r-q+s^2/2)T)/(s sqrt T), d2=d1-s sqrt T; price=cp*(S
    e^{-qT}Phi(cp d1)-K e^{-rT}Phi(cp d2)), cp=+1 call,-1 put. T=0 or s=0: discounted intrinsic of the forward
    max(cp*(S e^{-qT}-K e^{-rT}),0). Phi via erfc.
    """

    def __init__(self) -> None: ...
    def update(
        self,
        spot: float,
        strike: float,
        expiry_years: float,
        rate: float,
        dividend: float,
        sigma: float,
        cp: float,
        /,
    ) -> float: ...
    def batch(
        self,
        spot: _Array,
        strike: _Array,
        expiry_years: _Array,
        rate: _Array,
        dividend: _Array,
        sigma: _Array,
        cp: _Array,
        /,
    ) -> Any: ...

class bs_delta(Streaming):
    """Delta. cp*e^{-qT}*Phi(cp*d1). Limits T->0: 1{cp(S-K)>0}*cp, 0.5*cp at S=K."""

    def __init__(self) -> None: ...
    def update(
        self,
        spot: float,
        strike: float,
        expiry_years: float,
        rate: float,
        dividend: float,
        sigma: float,
        cp: float,
        /,
    ) -> float: ...
    def batch(
        self,
        spot: _Array,
        strike: _Array,
        expiry_years: _Array,
        rate: _Array,
        dividend: _Array,
        sigma: _Array,
        cp: _Array,
        /,
    ) -> Any: ...

class bs_gamma(Streaming):
    """Gamma. e^{-qT}*phi(d1)/(S s sqrt T); 0 at T=0 off the strike."""

    def __init__(self) -> None: ...
    def update(
        self,
        spot: float,
        strike: float,
        expiry_years: float,
        rate: float,
        dividend: float,
        sigma: float,
        cp: float,
        /,
    ) -> float: ...
    def batch(
        self,
        spot: _Array,
        strike: _Array,
        expiry_years: _Array,
        rate: _Array,
        dividend: _Array,
        sigma: _Array,
        cp: _Array,
        /,
    ) -> Any: ...

class bs_vega(Streaming):
    """Vega. S e^{-qT} phi(d1) sqrt T (per 1.00 of volatility; divide by 100 for per point)."""

    def __init__(self) -> None: ...
    def update(
        self,
        spot: float,
        strike: float,
        expiry_years: float,
        rate: float,
        dividend: float,
        sigma: float,
        cp: float,
        /,
    ) -> float: ...
    def batch(
        self,
        spot: _Array,
        strike: _Array,
        expiry_years: _Array,
        rate: _Array,
        dividend: _Array,
        sigma: _Array,
        cp: _Array,
        /,
    ) -> Any: ...

class bs_theta(Streaming):
    """Theta. -S e^{-qT}phi(d1)s/(2 sqrt T) - cp*r K e^{-rT}Phi(cp d2) + cp*q S e^{-qT}Phi(cp d1)."""

    def __init__(self) -> None: ...
    def update(
        self,
        spot: float,
        strike: float,
        expiry_years: float,
        rate: float,
        dividend: float,
        sigma: float,
        cp: float,
        /,
    ) -> float: ...
    def batch(
        self,
        spot: _Array,
        strike: _Array,
        expiry_years: _Array,
        rate: _Array,
        dividend: _Array,
        sigma: _Array,
        cp: _Array,
        /,
    ) -> Any: ...

class implied_vol(Streaming):
    """Implied volatility. sigma with bs_price=price; domain: intrinsic<price<S e^{-qT} (call) or K e^{-rT}
    (put), NaN outside; price=intrinsic -> 0. Work with the out-of-the-money normalised price on the forward;
    safeguarded Newton/Halley on ln(price) with bracketing as the reference.
    """

    def __init__(self, tol: float = ...) -> None: ...
    def update(
        self,
        spot: float,
        strike: float,
        expiry_years: float,
        rate: float,
        dividend: float,
        option_price: float,
        cp: float,
        /,
    ) -> float: ...
    def batch(
        self,
        spot: _Array,
        strike: _Array,
        expiry_years: _Array,
        rate: _Array,
        dividend: _Array,
        option_price: _Array,
        cp: _Array,
        /,
    ) -> Any: ...

class Black76Outputs(NamedTuple, Generic[_T]):
    price: _T
    price_coin: _T

class black76(Streaming):
    """Black-76 futures option (and inverse coin-settled form). F in place of S e^{(r-q)T}: price=cp*e^{-rT}(F
    Phi(cp d1)-K Phi(cp d2)), d1=(ln(F/K)+s^2 T/2)/(s sqrt T); coin-settled quote (Deribit style, r=0):
    price_coin=price/F.
    """

    def __init__(self) -> None: ...
    def update(
        self,
        forward: float,
        strike: float,
        expiry_years: float,
        rate: float,
        sigma: float,
        cp: float,
        /,
    ) -> Black76Outputs[float]: ...
    def batch(
        self,
        forward: _Array,
        strike: _Array,
        expiry_years: _Array,
        rate: _Array,
        sigma: _Array,
        cp: _Array,
        /,
    ) -> Black76Outputs[Any]: ...

class SviOutputs(NamedTuple, Generic[_T]):
    w: _T
    g: _T

class svi(Streaming):
    """SVI raw total-variance slice and no-arbitrage checks. w(k)=a+b(rho(k-m)+sqrt((k-m)^2+sig^2)), k=ln(K/F);
    require a+b sig sqrt(1-rho^2)>=0; g(k)=(1-k w'/(2w))^2-(w'^2/4)(1/w+1/4)+w''/2>=0 (butterfly); calendar: w
    non-decreasing in T. Fit: quasi-explicit inner linear problem over (a,d,c), outer (m,sig).
    """

    def __init__(
        self,
        a: float = ...,
        b: float = ...,
        rho: float = ...,
        m: float = ...,
        sig: float = ...,
    ) -> None: ...
    def update(self, strike: float, forward: float, /) -> SviOutputs[float]: ...
    def batch(self, strike: _Array, forward: _Array, /) -> SviOutputs[Any]: ...

class RiskReversalOutputs(NamedTuple, Generic[_T]):
    rr: _T
    bf: _T
    skew_slope: _T

class risk_reversal(Streaming):
    """25-delta risk reversal, butterfly and skew. iv interpolated in delta (monotone PCHIP in call-delta space
    on OTM quotes): rr=iv(call delta)-iv(put delta); bf=(iv(call delta)+iv(put delta))/2-iv(ATM-forward);
    skew_slope=d iv/dk at k=0 by central difference on the PCHIP in k.
    """

    def __init__(self, delta: float = ...) -> None: ...
    def update(
        self,
        strike: _Array,
        iv: _Array,
        forward: float,
        expiry_years: float,
        /,
    ) -> RiskReversalOutputs[float]: ...
    def batch(
        self,
        strike: _Array,
        iv: _Array,
        forward: _Array,
        expiry_years: _Array,
        /,
    ) -> RiskReversalOutputs[Any]: ...

class ModelFreeVarianceOutputs(NamedTuple, Generic[_T]):
    var: _T
    vol_index: _T

class model_free_variance(Streaming):
    """Model-free implied variance (VIX-style). F=K*+e^{rT}(C-P) at the strike with smallest |C-P|; K0 = largest
    strike <=F; Q(K)=OTM price (average of C,P at K0); dK_i=(K_{i+1}-K_{i-1})/2 (one-sided at ends);
    var=(2/T)sum dK_i/K_i^2 e^{rT}Q(K_i)-(1/T)(F/K0-1)^2; vol_index=100 sqrt(var); 30-day by linear
    interpolation of T*var. Stop after two consecutive zero bids.
    """

    def __init__(self) -> None: ...
    def update(
        self,
        strike: _Array,
        call_bid: _Array,
        call_ask: _Array,
        put_bid: _Array,
        put_ask: _Array,
        expiry_years: float,
        rate: float,
        /,
    ) -> ModelFreeVarianceOutputs[float]: ...
    def batch(
        self,
        strike: _Array,
        call_bid: _Array,
        call_ask: _Array,
        put_bid: _Array,
        put_ask: _Array,
        expiry_years: _Array,
        rate: _Array,
        /,
    ) -> ModelFreeVarianceOutputs[Any]: ...

class VarianceRiskPremiumOutputs(NamedTuple, Generic[_T]):
    vrp: _T
    vrp_vol: _T

class variance_risk_premium(Streaming):
    """Variance risk premium. vrp=IV^2-RV, IV annualised implied vol at t, RV=ann/window*sum r^2 over the last
    window (ex-ante proxy); vrp_vol=IV-sqrt(RV).
    """

    def __init__(self, window: int = ..., ann: float = ...) -> None: ...
    def update(self, implied_vol: float, returns: float, /) -> VarianceRiskPremiumOutputs[float]: ...
    def batch(self, implied_vol: _Array, returns: _Array, /) -> VarianceRiskPremiumOutputs[Any]: ...

class PutCallParityOutputs(NamedTuple, Generic[_T]):
    residual: _T
    forward: _T
    arb: _T

class put_call_parity(Streaming):
    """Put-call parity residual and implied forward. residual=C-P-(S e^{-qT}-K e^{-rT}); forward=K+e^{rT}(C-P);
    arb=+1 if C_bid-P_ask > S_ask e^{-qT}-K e^{-rT}+fees, -1 if C_ask-P_bid < S_bid e^{-qT}-K e^{-rT}-fees
    else 0.
    """

    def __init__(self, fees: float = ...) -> None: ...
    def update(
        self,
        call_bid: float,
        call_ask: float,
        put_bid: float,
        put_ask: float,
        spot_bid: float,
        spot_ask: float,
        strike: float,
        expiry_years: float,
        rate: float,
        dividend: float,
        /,
    ) -> PutCallParityOutputs[float]: ...
    def batch(
        self,
        call_bid: _Array,
        call_ask: _Array,
        put_bid: _Array,
        put_ask: _Array,
        spot_bid: _Array,
        spot_ask: _Array,
        strike: _Array,
        expiry_years: _Array,
        rate: _Array,
        dividend: _Array,
        /,
    ) -> PutCallParityOutputs[Any]: ...

class BasisOutputs(NamedTuple, Generic[_T]):
    basis: _T
    basis_bps: _T
    ann_simple: _T
    ann_cont: _T

class basis(Streaming):
    """Futures basis, annualised carry and implied yield. x=spot S, y=futures F, days to expiry d: basis=F-S;
    bps=1e4(F/S-1); ann_simple=(F/S-1)*ann/d; ann_cont=ln(F/S)*ann/d. d is taken from the clock when
    streaming.
    """

    def __init__(self, ann: float = ...) -> None: ...
    def update(self, spot: float, futures: float, expiry_days: float, /) -> BasisOutputs[float]: ...
    def batch(self, spot: _Array, futures: _Array, expiry_days: _Array, /) -> BasisOutputs[Any]: ...

class FundingRateOutputs(NamedTuple, Generic[_T]):
    premium: _T
    avg_premium: _T
    funding: _T

class funding_rate(Streaming):
    """Perpetual funding rate (premium index with clamp). premium_i=(max(0,impact_bid-index)-max(0,index-
    impact_ask))/index; avg=sum_i i*premium_i/sum_i i over the interval (i=1 oldest..n newest);
    funding=clip(avg+clip(interest-avg,-clamp,clamp),-cap,cap), interest per funding interval.
    """

    def __init__(
        self,
        interest: float = ...,
        clamp: float = ...,
        cap: float = ...,
        samples: int = ...,
    ) -> None: ...
    def update(self, impact_bid: float, impact_ask: float, index: float, /) -> FundingRateOutputs[float]: ...
    def batch(self, impact_bid: _Array, impact_ask: _Array, index: _Array, /) -> FundingRateOutputs[Any]: ...

class FundingCarryOutputs(NamedTuple, Generic[_T]):
    ann_simple: _T
    ann_compound: _T
    cum: _T
    z: _T

class funding_carry(Streaming):
    """Funding carry: annualised, cumulative and z-score. f_t funding per interval:
    ann_simple=per_year*mean_n(f); ann_compound=(1+mean_n(f))^{per_year}-1; cum=sum f since start (paid by
    longs if >0); z=zscore of f over n (ddof=1).
    """

    def __init__(self, per_year: float = ..., window: int = ...) -> None: ...
    def update(self, funding: float, /) -> FundingCarryOutputs[float]: ...
    def batch(self, funding: _Array, /) -> FundingCarryOutputs[Any]: ...

class InversePnlOutputs(NamedTuple, Generic[_T]):
    pnl_linear: _T
    pnl_inverse_coin: _T
    pnl_inverse_usd: _T

class inverse_pnl(Streaming):
    """Linear and inverse contract P&L. side s, entry E, price P, N contracts of face `contract`: linear (base-
    denominated size q=N*contract): s*q*(P-E); inverse (USD face): s*N*contract*(1/E-1/P) coins; usd = coin*P.
    Average entry: linear = size-weighted arithmetic mean, inverse = size-weighted HARMONIC mean.
    """

    def __init__(self, contract: float = ...) -> None: ...
    def update(
        self,
        fill_price: float,
        fill_size: float,
        fill_side: float,
        price: float,
        /,
    ) -> InversePnlOutputs[float]: ...
    def batch(
        self,
        fill_price: _Array,
        fill_size: _Array,
        fill_side: _Array,
        price: _Array,
        /,
    ) -> InversePnlOutputs[Any]: ...

class LiquidationPriceOutputs(NamedTuple, Generic[_T]):
    liq_linear: _T
    bankrupt_linear: _T
    liq_inverse: _T

class liquidation_price(Streaming):
    """Isolated-margin liquidation and bankruptcy price. linear, margin M=qE/leverage, maintenance mmr*q*P: long
    liq=(E-M/q)/(1-mmr), short liq=(E+M/q)/(1+mmr); bankrupt=E-s*M/q. inverse, M=Q/(E*leverage) coins,
    maintenance mmr*Q/P: long liq=(1+mmr)/(1/E+M/Q); short liq=(1-mmr)/(1/E-M/Q) (inf if <=0). Add fee to mmr
    if the venue charges it; venue tiers differ.
    """

    def __init__(self, leverage: float = ..., mmr: float = ..., fee: float = ...) -> None: ...
    def update(self, entry_price: float, side: float, /) -> LiquidationPriceOutputs[float]: ...
    def batch(self, entry_price: _Array, side: _Array, /) -> LiquidationPriceOutputs[Any]: ...

class OpenInterestQuadrantOutputs(NamedTuple, Generic[_T]):
    quadrant: _T
    oi_change: _T
    price_change: _T

class open_interest_quadrant(Streaming):
    """Price/open-interest quadrant and OI-weighted change. dp=c_t/c_{t-n}-1, do=OI_t/OI_{t-n}-1: 1 new longs
    (dp>0,do>0), 2 short covering (dp>0,do<=0), 3 new shorts (dp<=0,do>0), 4 long liquidation (dp<=0,do<=0).
    """

    def __init__(self, period: int = ...) -> None: ...
    def update(self, close: float, open_interest: float, /) -> OpenInterestQuadrantOutputs[float]: ...
    def batch(self, close: _Array, open_interest: _Array, /) -> OpenInterestQuadrantOutputs[Any]: ...

class BlockSubsidyOutputs(NamedTuple, Generic[_T]):
    subsidy_sat: _T
    supply_sat: _T
    inflation: _T

class block_subsidy(Streaming):
    """Block subsidy and supply schedule. e=floor(height/210000); subsidy=floor(5000000000/2^e) (integer shift, 0
    if e>=64); supply(h)=sum of subsidies of blocks 0..h =
    sum_{j<e}210000*floor(50e8/2^j)+(h-210000e+1)*subsidy; inflation=subsidy*52560/supply. Ignores
    lost/unclaimed amounts.
    """

    def __init__(self) -> None: ...
    def update(self, height: float, /) -> BlockSubsidyOutputs[float]: ...
    def batch(self, height: _Array, /) -> BlockSubsidyOutputs[Any]: ...

class MetcalfeValueOutputs(NamedTuple, Generic[_T]):
    k: _T
    value: _T
    log_dev: _T

class metcalfe_value(Streaming):
    """Metcalfe value from active addresses. ln k=mean over the window of (ln cap_i - 2 ln n_i); value=k*n_t^2;
    log_dev=ln(cap_t/value). n = unique addresses appearing in inputs or outputs per day. n<=0 rows skipped.
    """

    def __init__(self, window: int = ...) -> None: ...
    def update(self, active_addresses: float, market_cap: float, /) -> MetcalfeValueOutputs[float]: ...
    def batch(self, active_addresses: _Array, market_cap: _Array, /) -> MetcalfeValueOutputs[Any]: ...

class ZipfValueOutputs(NamedTuple, Generic[_T]):
    value: _T
    log_dev: _T

class zipf_value(Streaming):
    """Zipf/Odlyzko value n ln n. ln k=mean(ln cap - ln(n ln n)); value=k n ln n; log_dev=ln(cap/value); requires
    n>1.
    """

    def __init__(self, window: int = ...) -> None: ...
    def update(self, active_addresses: float, market_cap: float, /) -> ZipfValueOutputs[float]: ...
    def batch(self, active_addresses: _Array, market_cap: _Array, /) -> ZipfValueOutputs[Any]: ...

class GeneralizedMetcalfeOutputs(NamedTuple, Generic[_T]):
    alpha: _T
    beta: _T
    value: _T
    residual_z: _T

class generalized_metcalfe(Streaming):
    """Generalised Metcalfe regression. OLS ln cap = alpha+beta ln n over the window; value=exp(alpha+beta ln
    n_t) (no smearing correction); residual_z=residual/sqrt(SSR/(window-2)). (Source estimates beta about 1.69
    on its sample.)
    """

    def __init__(self, window: int = ...) -> None: ...
    def update(self, active_addresses: float, market_cap: float, /) -> GeneralizedMetcalfeOutputs[float]: ...
    def batch(self, active_addresses: _Array, market_cap: _Array, /) -> GeneralizedMetcalfeOutputs[Any]: ...

class NvtOutputs(NamedTuple, Generic[_T]):
    nvt: _T
    nvts: _T
    nvt_price: _T

class nvt(Streaming):
    """NVT ratio, NVT signal and NVT price. nvt=cap/TV_t; nvts=cap/SMA_ma(TV);
    nvt_price=median_long(nvts)*SMA_ma(TV)/supply (Woo). TV = daily on-chain transfer value in USD, change-
    adjusted if available (state which).
    """

    def __init__(self, ma: int = ..., long: int = ...) -> None: ...
    def update(self, market_cap: float, tx_volume_usd: float, supply: float, /) -> NvtOutputs[float]: ...
    def batch(self, market_cap: _Array, tx_volume_usd: _Array, supply: _Array, /) -> NvtOutputs[Any]: ...

class velocity(Streaming):
    """Coin velocity. 365/period*SUM_period(TV_btc)/supply_t (annualised turnover)."""

    def __init__(self, period: int = ...) -> None: ...
    def update(self, tx_volume_btc: float, supply: float, /) -> float: ...
    def batch(self, tx_volume_btc: _Array, supply: _Array, /) -> Any: ...

class FeeVelocityOutputs(NamedTuple, Generic[_T]):
    fee_velocity: _T
    ratio: _T
    value: _T
    log_dev: _T

class fee_velocity(Streaming):
    """Fee velocity and fee-implied price. fee_velocity=365*SMA_fast(fees_btc)/supply; ratio=SMA_fast/SMA_slow;
    OLS over window ln price=a+b ln(SMA_slow(fees_btc)) (needs [price]); value=exp(a+b ln SMA_slow_t);
    log_dev=ln(price/value). Project definition (the seed names 'fee velocity' without formula).
    """

    def __init__(self, fast: int = ..., slow: int = ..., window: int = ...) -> None: ...
    def update(self, fees_btc: float, supply: float, price: float, /) -> FeeVelocityOutputs[float]: ...
    def batch(self, fees_btc: _Array, supply: _Array, price: _Array, /) -> FeeVelocityOutputs[Any]: ...

class OnchainPriceOutputs(NamedTuple, Generic[_T]):
    price: _T
    sd: _T
    z: _T

class onchain_price(Streaming):
    """Composite on-chain price estimate. components y_j=ln of implied price from metcalfe_value/supply,
    nvt_price, fee_velocity value; e_j=rolling mean squared error of y_j vs ln observed price over the window
    (lagged one day); weights w_j=(1/(e_j+ridge*mean e))/sum; ln price=sum w_j y_j; sd=sqrt(sum w_j^2 e_j) ;
    z=(ln observed - ln price)/sd. Project definition.
    """

    def __init__(self, window: int = ..., ridge: float = ...) -> None: ...
    def update(
        self,
        metcalfe_value: float,
        nvt_price: float,
        fee_value: float,
        supply: float,
        price: float,
        /,
    ) -> OnchainPriceOutputs[float]: ...
    def batch(
        self,
        metcalfe_value: _Array,
        nvt_price: _Array,
        fee_value: _Array,
        supply: _Array,
        price: _Array,
        /,
    ) -> OnchainPriceOutputs[Any]: ...

class RealizedCapOutputs(NamedTuple, Generic[_T]):
    realized_cap: _T
    realized_price: _T

class realized_cap(Streaming):
    """Realised capitalisation and realised price. sum over UTXOs v_i*P(creation block day); update per block: +=
    sum(outputs*P_now) - sum(spent*P_created); realized_price=cap/supply.
    """

    def __init__(self, initial_cap: float = ...) -> None: ...
    def update(
        self,
        spent_value: _Array,
        creation_price: _Array,
        created_value: float,
        price: float,
        supply: float,
        /,
    ) -> RealizedCapOutputs[float]: ...
    def batch(
        self,
        spent_value: _Array,
        creation_price: _Array,
        created_value: _Array,
        price: _Array,
        supply: _Array,
        /,
    ) -> RealizedCapOutputs[Any]: ...

class MvrvOutputs(NamedTuple, Generic[_T]):
    mvrv: _T
    z: _T

class mvrv(Streaming):
    """MVRV ratio and Z-score. mvrv=market_cap/realized_cap; z=(market_cap-realized_cap)/sd(expanding market_cap
    history, ddof=1).
    """

    def __init__(self) -> None: ...
    def update(self, market_cap: float, realized_cap: float, /) -> MvrvOutputs[float]: ...
    def batch(self, market_cap: _Array, realized_cap: _Array, /) -> MvrvOutputs[Any]: ...

class nupl(Streaming):
    """Net unrealised profit/loss. (market_cap-realized_cap)/market_cap = 1-1/mvrv."""

    def __init__(self) -> None: ...
    def update(self, market_cap: float, realized_cap: float, /) -> float: ...
    def batch(self, market_cap: _Array, realized_cap: _Array, /) -> Any: ...

class SoprOutputs(NamedTuple, Generic[_T]):
    sopr: _T
    asopr: _T

class sopr(Streaming):
    """Spent output profit ratio (and adjusted). sopr=sum v*P_spent/sum v*P_created over outputs spent in the
    period; asopr excludes outputs with age<min_age_h; no spends -> NaN.
    """

    def __init__(self, min_age_h: float = ...) -> None: ...
    def update(
        self,
        spent_value: _Array,
        creation_price: _Array,
        spend_price: _Array,
        age_h: _Array,
        /,
    ) -> SoprOutputs[float]: ...
    def batch(
        self,
        spent_value: _Array,
        creation_price: _Array,
        spend_price: _Array,
        age_h: _Array,
        /,
    ) -> SoprOutputs[Any]: ...

class CoinDaysDestroyedOutputs(NamedTuple, Generic[_T]):
    cdd: _T
    cdd_adj: _T
    binary_rate: _T

class coin_days_destroyed(Streaming):
    """Coin days destroyed (supply-adjusted, binary). cdd=sum v_i*age_days_i over spent outputs per day;
    cdd_adj=cdd/supply; binary_t=1{cdd_adj>expanding mean of cdd_adj}; binary_rate=mean of binary over period.
    """

    def __init__(self, period: int = ...) -> None: ...
    def update(
        self,
        spent_value: _Array,
        age_d: _Array,
        supply: float,
        /,
    ) -> CoinDaysDestroyedOutputs[float]: ...
    def batch(
        self,
        spent_value: _Array,
        age_d: _Array,
        supply: _Array,
        /,
    ) -> CoinDaysDestroyedOutputs[Any]: ...

class puell(Streaming):
    """Puell multiple. daily issuance value in USD (subsidy*blocks*price, fees excluded) / SMA_period of it.
    """

    def __init__(self, period: int = ...) -> None: ...
    def update(self, issuance_usd: float, /) -> float: ...
    def batch(self, issuance_usd: _Array, /) -> Any: ...

class StockToFlowOutputs(NamedTuple, Generic[_T]):
    s2f: _T
    model_price: _T
    log_dev: _T

class stock_to_flow(Streaming):
    """Stock-to-flow ratio and model deviation. s2f=supply/(365/period*SUM_period(issuance));
    model_price=exp(a)*s2f^b (PlanB 2019 USD fit; statistically contested - use as a feature only);
    log_dev=ln(price/model).
    """

    def __init__(self, period: int = ..., a: float = ..., b: float = ...) -> None: ...
    def update(self, supply: float, issuance: float, price: float, /) -> StockToFlowOutputs[float]: ...
    def batch(self, supply: _Array, issuance: _Array, price: _Array, /) -> StockToFlowOutputs[Any]: ...

class ThermocapOutputs(NamedTuple, Generic[_T]):
    thermocap: _T
    multiple: _T

class thermocap(Streaming):
    """Thermocap and thermocap multiple. thermocap=cumulative sum of coinbase subsidy (plus fees if set) valued
    at the price of its block day; multiple=market_cap/thermocap.
    """

    def __init__(self, include_fees: bool = ...) -> None: ...
    def update(
        self,
        issuance_usd: float,
        fees_usd: float,
        market_cap: float,
        /,
    ) -> ThermocapOutputs[float]: ...
    def batch(
        self,
        issuance_usd: _Array,
        fees_usd: _Array,
        market_cap: _Array,
        /,
    ) -> ThermocapOutputs[Any]: ...

class HashrateEstimateOutputs(NamedTuple, Generic[_T]):
    hashrate: _T
    lo: _T
    hi: _T

class hashrate_estimate(Streaming):
    """Hashrate estimate with Poisson interval. over the last `window` inter-block steps:
    H=2^32*sum(difficulty_i)/(t_last-t_first); relative 95% interval
    H*chi2_{0.025,0.975}(2*window)/(2*window). Timestamps: use median-time-past or arrival times; NaN if
    elapsed<=0.
    """

    def __init__(self, window: int = ...) -> None: ...
    def update(self, block_time: float, difficulty: float, /) -> HashrateEstimateOutputs[float]: ...
    def batch(self, block_time: _Array, difficulty: _Array, /) -> HashrateEstimateOutputs[Any]: ...

class HashRibbonsOutputs(NamedTuple, Generic[_T]):
    ratio: _T
    state: _T
    buy: _T

class hash_ribbons(Streaming):
    """Hash ribbons. ratio=SMA_fast(H)/SMA_slow(H); state=-1 (capitulation) if ratio<1 else +1; buy=1 on the
    first day after a -1 -> +1 cross when SMA_10(price)>SMA_20(price) (first such day while state=+1).
    """

    def __init__(self, fast: int = ..., slow: int = ...) -> None: ...
    def update(self, hashrate: float, price: float, /) -> HashRibbonsOutputs[float]: ...
    def batch(self, hashrate: _Array, price: _Array, /) -> HashRibbonsOutputs[Any]: ...

class HashpriceOutputs(NamedTuple, Generic[_T]):
    hashprice_usd: _T
    hashprice_btc: _T
    fee_share: _T

class hashprice(Streaming):
    """Hashprice and miner revenue share of fees. revenue per day R=144*mean over window blocks of
    (subsidy+fees); hashprice=R/(hashrate/1e15); usd = *price; fee_share=sum fees/sum(subsidy+fees).
    """

    def __init__(self, window: int = ...) -> None: ...
    def update(
        self,
        subsidy: float,
        fees_btc: float,
        hashrate: float,
        price: float,
        /,
    ) -> HashpriceOutputs[float]: ...
    def batch(
        self,
        subsidy: _Array,
        fees_btc: _Array,
        hashrate: _Array,
        price: _Array,
        /,
    ) -> HashpriceOutputs[Any]: ...

class DifficultyForecastOutputs(NamedTuple, Generic[_T]):
    change: _T
    eta_s: _T
    next_difficulty: _T

class difficulty_forecast(Streaming):
    """Next difficulty adjustment forecast. b blocks mined in the epoch since height h0=2016*floor(h/2016),
    elapsed e=t_h-t_{h0}; avg=e/(h-h0); projected=clip(2016*600/(2015*avg),1/4,4) (consensus: the 2015
    intervals of an epoch are held against 2016*600 s, clamped); change=projected-1; eta=(2016-(h-h0))*avg;
    next=difficulty*projected. At h=h0: change 0, eta 2016*600, next=difficulty.
    """

    def __init__(self) -> None: ...
    def update(
        self,
        block_time: float,
        height: float,
        difficulty: float,
        /,
    ) -> DifficultyForecastOutputs[float]: ...
    def batch(
        self,
        block_time: _Array,
        height: _Array,
        difficulty: _Array,
        /,
    ) -> DifficultyForecastOutputs[Any]: ...

class BlockIntervalTestOutputs(NamedTuple, Generic[_T]):
    z: _T
    p_fast: _T
    p_waiting: _T

class block_interval_test(Streaming):
    """Block-interval surprise. T=sum of the last `window` intervals ~ Gamma(window,target) under constant
    hashrate: p_fast=F_Gamma(T); z=Phi^{-1}(1-p_fast); p_waiting=exp(-(now-t_last)/target).
    """

    def __init__(self, window: int = ..., target_s: float = ...) -> None: ...
    def update(self, block_time: float, now_s: float, /) -> BlockIntervalTestOutputs[float]: ...
    def batch(self, block_time: _Array, now_s: _Array, /) -> BlockIntervalTestOutputs[Any]: ...

class MempoolPressureOutputs(NamedTuple, Generic[_T]):
    backlog_blocks: _T
    pressure: _T
    growth: _T

class mempool_pressure(Streaming):
    """Mempool pressure. backlog=mempool_vsize/block_vsize; inflow rate a=decayed sum(vsize of arrivals)/tau;
    pressure=a*600/block_vsize (utilisation); growth=3600/block_vsize*(decayed inflow - decayed
    confirmed)/tau. Deduplicate txids; RBF replacement subtracts the replaced vsize.
    """

    def __init__(self, tau_s: float = ..., block_vsize: float = ...) -> None: ...
    def update(
        self,
        mempool_vsize: float,
        inflow_vsize: float,
        confirmed_vsize: float,
        t_s: float,
        /,
    ) -> MempoolPressureOutputs[float]: ...
    def batch(
        self,
        mempool_vsize: _Array,
        inflow_vsize: _Array,
        confirmed_vsize: _Array,
        t_s: _Array,
        /,
    ) -> MempoolPressureOutputs[Any]: ...

class fee_rate_quantiles(Streaming):
    """vsize-weighted fee-rate quantiles. sort by fee rate; weighted quantile q = smallest rate r with sum of
    vsize at rates<=r >= q*total; bucketised on a grid with ratio 1.05 (error <=5%) or exact.
    """

    def __init__(self, qs: list[float] = ...) -> None: ...
    def update(self, fee_rate: _Array, vsize: _Array, /) -> Any: ...
    def batch(self, fee_rate: _Array, vsize: _Array, /) -> Any: ...

class NextBlockFeeOutputs(NamedTuple, Generic[_T]):
    rate_min: Any
    rate_median: Any
    total_fees: Any

class next_block_fee(Streaming):
    """Projected-block fee estimator. fill blocks greedily by ancestor (package) fee rate descending; k-th
    projected block: rate_min=lowest included rate, rate_median=vsize-weighted median,
    total_fees=sum(rate*vsize); if not full rate_min=min_rate. Package rate=(fee of tx + unconfirmed
    ancestors)/(vsize sum).
    """

    def __init__(self, blocks: int = ..., block_vsize: float = ..., min_rate: float = ...) -> None: ...
    def update(self, fee_rate: _Array, vsize: _Array, /) -> NextBlockFeeOutputs[float]: ...
    def batch(self, fee_rate: _Array, vsize: _Array, /) -> NextBlockFeeOutputs[Any]: ...

class ClearingTimeOutputs(NamedTuple, Generic[_T]):
    blocks: _T
    seconds: _T
    p_next: _T

class clearing_time(Streaming):
    """Mempool clearing time at a fee rate. B=vsize with rate>=r, a=inflow vsize/s at rate>=r: fluid clearing
    blocks=(B/block_vsize)/(1-rho), rho=a*target/block_vsize (inf if rho>=1); seconds=blocks*target; p_next=1
    if B<block_vsize else 0 (fluid model: enough room in the next block).
    """

    def __init__(self, rate: float = ..., block_vsize: float = ..., target_s: float = ...) -> None: ...
    def update(
        self,
        fee_rate: _Array,
        vsize: _Array,
        inflow_vsize_s: float,
        /,
    ) -> ClearingTimeOutputs[float]: ...
    def batch(
        self,
        fee_rate: _Array,
        vsize: _Array,
        inflow_vsize_s: _Array,
        /,
    ) -> ClearingTimeOutputs[Any]: ...

class TxValueEntropyOutputs(NamedTuple, Generic[_T]):
    entropy: _T
    whale_share: _T
    gini: _T

class tx_value_entropy(Streaming):
    """Transaction value entropy and whale share. per period outputs v>0: log10 histogram entropy -sum p ln p;
    whale_share=sum v 1{v>=threshold}/sum v; gini=sum_i(2i-n-1)v_(i)/(n sum v).
    """

    def __init__(self, threshold_btc: float = ..., bins_per_decade: int = ...) -> None: ...
    def update(self, tx_values: _Array, /) -> TxValueEntropyOutputs[float]: ...
    def batch(self, tx_values: _Array, /) -> TxValueEntropyOutputs[Any]: ...

class AddressMomentumOutputs(NamedTuple, Generic[_T]):
    ratio: _T
    growth: _T

class address_momentum(Streaming):
    """Active-address momentum. ratio=SMA_fast(n)/SMA_slow(n); growth=ann log slope of SMA_fast:
    365*linreg_slope_fast(ln n) (n>0).
    """

    def __init__(self, fast: int = ..., slow: int = ...) -> None: ...
    def update(self, active_addresses: float, /) -> AddressMomentumOutputs[float]: ...
    def batch(self, active_addresses: _Array, /) -> AddressMomentumOutputs[Any]: ...

class ExchangeNetflowOutputs(NamedTuple, Generic[_T]):
    netflow: _T
    ratio: _T
    z: _T

class exchange_netflow(Streaming):
    """Exchange netflow z-score. netflow=in-out; ratio=netflow/balance; z=(netflow-mean_n)/sd_n(ddof=1). Requires
    exchange address labels.
    """

    def __init__(self, period: int = ...) -> None: ...
    def update(
        self,
        inflow_btc: float,
        outflow_btc: float,
        balance: float,
        /,
    ) -> ExchangeNetflowOutputs[float]: ...
    def batch(
        self,
        inflow_btc: _Array,
        outflow_btc: _Array,
        balance: _Array,
        /,
    ) -> ExchangeNetflowOutputs[Any]: ...

class MayerMultipleOutputs(NamedTuple, Generic[_T]):
    mayer: _T
    pi_gap: _T
    ma_mult: _T

class mayer_multiple(Streaming):
    """Mayer multiple, Pi-cycle and 2-year MA multiple. mayer=c/SMA_n; pi_gap=SMA_pi_fast/(2*SMA_pi_slow) (top
    signal on crossing above 1); ma_mult=c/SMA_ma2y.
    """

    def __init__(self, n: int = ..., pi_fast: int = ..., pi_slow: int = ..., ma2y: int = ...) -> None: ...
    def update(self, close: float, /) -> MayerMultipleOutputs[float]: ...
    def batch(self, close: _Array, /) -> MayerMultipleOutputs[Any]: ...

class PowerLawCorridorOutputs(NamedTuple, Generic[_T]):
    alpha: _T
    beta: _T
    value: _T
    percentile: _T

class power_law_corridor(Streaming):
    """Power-law time corridor. d=days since 2009-01-03 (+offset): OLS ln c=alpha+beta ln d over history to t;
    value=exp(fit); percentile=Phi(residual/sd(residuals, n-2)).
    """

    def __init__(self, min_obs: int = ..., genesis_offset: int = ...) -> None: ...
    def update(self, close: float, t_s: float, /) -> PowerLawCorridorOutputs[float]: ...
    def batch(self, close: _Array, t_s: _Array, /) -> PowerLawCorridorOutputs[Any]: ...

class fracdiff(Streaming):
    """Fixed-width fractional differentiation. w_0=1, w_k=-w_{k-1}(d-k+1)/k; keep k while |w_k|>=tau and
    k<max_width (width L); y_t=sum_{k<L} w_k x_{t-k}; first valid index L-1 (warm-up bound max_width-1). Apply
    to ln price.
    """

    def __init__(self, d: float = ..., tau: float = ..., max_width: int = ...) -> None: ...
    def update(self, price: float, /) -> float: ...
    def batch(self, price: _Array, /) -> Any: ...

class CusumFilterOutputs(NamedTuple, Generic[_T]):
    event: _T
    s_pos: _T
    s_neg: _T

class cusum_filter(Streaming):
    """Symmetric CUSUM event filter. y=ln x_t-ln x_{t-1}: S+=max(0,S+ + y), S-=min(0,S- + y); event=-1 if S-<-h
    (reset S-=0), +1 if S+>h (reset S+=0); S- checked first; both start at 0.
    """

    def __init__(self, h: float = ...) -> None: ...
    def update(self, price: float, /) -> CusumFilterOutputs[float]: ...
    def batch(self, price: _Array, /) -> CusumFilterOutputs[Any]: ...

class InformationBarsOutputs(NamedTuple, Generic[_T]):
    open: _T
    high: _T
    low: _T
    close: _T
    volume: _T
    buy_volume: _T
    n: _T

class information_bars(Streaming):
    """Tick/volume/dollar and imbalance bars. plain: close the bar when cumulative count / size / price*size >=
    threshold (the crossing trade is included whole). Imbalance: theta=sum side*{1,q,pq}; close when
    |theta|>=E[T]*|E[b*v]| with EWMA(span) of bar lengths and of signed value per trade, seeded by threshold
    for the first bar; clamp E[T] to [0.1,10]x its initial value to avoid runaway.
    """

    def __init__(self, kind: str = ..., threshold: float = ..., span: int = ...) -> None: ...
    def update(self, price: float, size: float, side: float, /) -> InformationBarsOutputs[float]: ...
    def batch(self, price: _Array, size: _Array, side: _Array, /) -> InformationBarsOutputs[Any]: ...

class TripleBarrierOutputs(NamedTuple, Generic[_T]):
    label: _T
    ret: _T
    t_end: _T

class triple_barrier(Estimator):
    """Triple-barrier labels. sigma_t=EWM sd (span, adjust=True) of simple returns at event t;
    upper=p_t(1+pt*sigma), lower=p_t(1-sl*sigma) (0 disables); first touch within horizon -> +1/-1; timeout ->
    sign of return (0 option); side given: ret*=side. t_end=touch index.
    """

    def __init__(
        self,
        pt: float = ...,
        sl: float = ...,
        horizon: int = ...,
        sigma_span: int = ...,
        timeout: str = ...,
    ) -> None: ...
    def batch(self, close: _Array, side: _Array, /) -> TripleBarrierOutputs[Any]: ...

class bet_size(Streaming):
    """Bet size from predicted probability. p=P(predicted class): z=(p-1/classes)/sqrt(p(1-p));
    m=side*(2Phi(z)-1); discretise round(m/step)*step if step>0, clip [-1,1]; p in {0,1} -> -1/1*side.
    """

    def __init__(self, step: float = ..., classes: int = ...) -> None: ...
    def update(self, prob: float, side: float, /) -> float: ...
    def batch(self, prob: _Array, side: _Array, /) -> Any: ...

class LabelUniquenessOutputs(NamedTuple, Generic[_T]):
    concurrency: _T
    uniqueness: _T
    weight: _T
    time_decay: _T

class label_uniqueness(Estimator):
    """Concurrency, average uniqueness and sample weights. c_t=# labels i with t in [t0_i,t1_i];
    uniqueness_i=mean over its span of 1/c_t; weight_i=|sum_t r_t/c_t| over its span scaled to mean 1;
    time_decay: linear in cumulative uniqueness with last=1 and first=c (>=0).
    """

    def __init__(self, c: float = ...) -> None: ...
    def batch(self, t0: _Array, t1: _Array, returns: _Array, /) -> LabelUniquenessOutputs[Any]: ...

class PurgedCpcvOutputs(NamedTuple, Generic[_T]):
    train: _T
    test: _T
    n_paths: _T

class purged_cpcv(Estimator):
    """Purged/embargoed and combinatorial CV splits. groups contiguous; all C(N,k) test combinations; purge
    training labels overlapping any test interval [t0,t1] and an embargo of floor(embargo*T) observations
    after each test block; paths=C(N,k)*k/N.
    """

    def __init__(self, n_groups: int = ..., k_test: int = ..., embargo: float = ...) -> None: ...
    def batch(self, t0: _Array, t1: _Array, /) -> PurgedCpcvOutputs[Any]: ...

class PsiOutputs(NamedTuple, Generic[_T]):
    psi: _T
    ks: _T

class psi(Streaming):
    """Population stability index. quantile edges from the reference (outer +-inf), p recent share, q reference
    share, floored at eps: psi=sum (p-q) ln(p/q); ks=max |F_recent-F_ref| (two-sample).
    """

    def __init__(self, bins: int = ..., recent: int = ..., ref: int = ..., eps: float = ...) -> None: ...
    def update(self, signal: float, /) -> PsiOutputs[float]: ...
    def batch(self, signal: _Array, /) -> PsiOutputs[Any]: ...

class rank_gauss(Streaming):
    """Rolling rank-Gauss (van der Waerden) transform. z=Phi^{-1}(r/(n+1)), r=average rank of the current value
    within the last n (incl. current).
    """

    def __init__(self, period: int = ...) -> None: ...
    def update(self, signal: float, /) -> float: ...
    def batch(self, signal: _Array, /) -> Any: ...

class robust_scale(Streaming):
    """Rolling robust scaling (median/IQR). z=clip((x-median)/(IQR/1.3489795003921634),-clip,clip), quantiles
    type 7; IQR=0 -> 0.
    """

    def __init__(self, period: int = ..., clip: float = ...) -> None: ...
    def update(self, signal: float, /) -> float: ...
    def batch(self, signal: _Array, /) -> Any: ...

class CalibrationOutputs(NamedTuple, Generic[_T]):
    brier: _T
    logloss: _T
    ece: _T

class calibration(Streaming):
    """Brier score, log loss and expected calibration error. p clipped to [1e-15,1-1e-15]: brier=mean (p-y)^2;
    logloss=-mean(y ln p+(1-y)ln(1-p)); ece=sum_b (n_b/n)|mean y_b-mean p_b|, equal-width bins on [0,1].
    """

    def __init__(self, bins: int = ..., window: int = ...) -> None: ...
    def update(self, prob: float, outcome: float, /) -> CalibrationOutputs[float]: ...
    def batch(self, prob: _Array, outcome: _Array, /) -> CalibrationOutputs[Any]: ...

class platt_isotonic(Estimator):
    """Probability calibration maps (Platt, isotonic PAV). Platt: p=1/(1+exp(A f+B)) by ML with targets (N+
    +1)/(N+ +2), 1/(N- +2). Isotonic: PAV least squares non-decreasing fit, linear interpolation between
    knots, clipped.
    """

    def __init__(self, method: str = ..., min_obs: int = ...) -> None: ...
    def batch(self, score: _Array, outcome: _Array, /) -> Any: ...

class WelfordOutputs(NamedTuple, Generic[_T]):
    n: _T
    mean: _T
    var: _T
    min: _T
    max: _T

class welford(Streaming):
    """Running mean/variance/min/max (Welford, mergeable). n+=1; d=x-mean; mean+=d/n; M2+=d*(x-mean);
    var=M2/(n-ddof) (NaN if n<=ddof). Merge: d=mB-mA, mean=mA+d nB/n, M2=M2A+M2B+d^2 nA nB/n.
    """

    def __init__(self, ddof: int = ...) -> None: ...
    def update(self, signal: float, /) -> WelfordOutputs[float]: ...
    def batch(self, signal: _Array, /) -> WelfordOutputs[Any]: ...

class p2_quantile(Streaming):
    """P-square streaming quantile. first 5 values sorted are heights; desired positions 1,1+2q,1+4q,3+2q,5 with
    increments 0,q/2,q,(1+q)/2,1; per x: locate cell (extend min/max), shift positions, adjust markers 2..4 by
    parabolic P2 formula if |n'-n|>=1 and the gap allows, linear if the parabola is not between neighbours.
    Output marker 3; for n<5 exact sample quantile.
    """

    def __init__(self, q: float = ...) -> None: ...
    def update(self, signal: float, /) -> float: ...
    def batch(self, signal: _Array, /) -> Any: ...

class stochastic_quantile(Streaming):
    """Stochastic-approximation quantile (EW). s_t=EWMA of |x-Q_{t-1}| (alpha=scale_alpha, s_0=0);
    Q_t=Q_{t-1}+gamma*s_t*(q-1{x<=Q_{t-1}})*2; Q_0=x_0.
    """

    def __init__(self, q: float = ..., gamma: float = ..., scale_alpha: float = ...) -> None: ...
    def update(self, signal: float, /) -> float: ...
    def batch(self, signal: _Array, /) -> Any: ...

class SesOutputs(NamedTuple, Generic[_T]):
    level: _T
    forecast: _T
    error: _T

class ses(Streaming):
    """Simple exponential smoothing. l_0=x_0; error_t=x_t-l_{t-1}; l_t=l_{t-1}+alpha*error_t; forecast of every
    horizon=l_t.
    """

    def __init__(self, alpha: float = ...) -> None: ...
    def update(self, price: float, /) -> SesOutputs[float]: ...
    def batch(self, price: _Array, /) -> SesOutputs[Any]: ...

class HoltOutputs(NamedTuple, Generic[_T]):
    level: _T
    trend: _T
    forecast: _T

class holt(Streaming):
    """Holt linear and damped trend. l_1=x_1,b_1=x_1-x_0; l_t=alpha x_t+(1-alpha)(l_{t-1}+phi b_{t-1});
    b_t=beta(l_t-l_{t-1})+(1-beta)phi b_{t-1}; forecast=l_t+(phi+..+phi^h)b_t.
    """

    def __init__(self, alpha: float = ..., beta: float = ..., phi: float = ..., h: int = ...) -> None: ...
    def update(self, price: float, /) -> HoltOutputs[float]: ...
    def batch(self, price: _Array, /) -> HoltOutputs[Any]: ...

class HoltWintersOutputs(NamedTuple, Generic[_T]):
    level: _T
    trend: _T
    season: _T
    forecast: _T

class holt_winters(Streaming):
    """Additive Holt-Winters. init from the first two seasons: b=(mean2-mean1)/m, l at t=m-1: mean1+b*(m-1)/2,
    s_i=x_i-(mean1+b*(i-(m-1)/2)), i<m; then for t>=m: l=alpha(x-s_{t-m})+(1-alpha)(l+b);
    b=beta(l-l')+(1-beta)b; s_t=gamma(x-l'-b')+(1-gamma)s_{t-m}; forecast_h=l+h b+s_{t-m+1+((h-1) mod m)}.
    Outputs from 2m-1.
    """

    def __init__(
        self,
        m: int = ...,
        alpha: float = ...,
        beta: float = ...,
        gamma: float = ...,
        h: int = ...,
    ) -> None: ...
    def update(self, price: float, /) -> HoltWintersOutputs[float]: ...
    def batch(self, price: _Array, /) -> HoltWintersOutputs[Any]: ...

class ArBurgOutputs(NamedTuple, Generic[_T]):
    phi: Any
    sigma2: _T
    forecast: _T

class ar_burg(Estimator):
    """AR(p) by Burg and Yule-Walker. demeaned x. Burg: k_m=2 sum f_t b_{t-1}/sum(f_t^2+b_{t-1}^2) lattice update
    with Levinson for phi, sigma2*=1-k^2. Yule-Walker: biased acf Levinson. forecast=mean+sum phi_i
    (x_{t+1-i}-mean).
    """

    def __init__(self, order: int = ..., min_obs: int = ..., method: str = ...) -> None: ...
    def batch(self, returns: _Array, /) -> ArBurgOutputs[Any]: ...

class RlsOutputs(NamedTuple, Generic[_T]):
    beta: Any
    pred: _T
    err: _T

class rls(Streaming):
    """Recursive least squares with forgetting. P_0=delta I, b_0=0; pred=x'b; e=y-pred (prior error); k=P
    x/(lam+x'P x); b+=k e; P=(P-k x'P)/lam, symmetrised; periodic square-root (or Joseph) refresh; cap
    trace(P).
    """

    def __init__(self, lam: float = ..., delta: float = ...) -> None: ...
    def update(self, x: _Array, y: float, /) -> RlsOutputs[float]: ...
    def batch(self, x: _Array, y: _Array, /) -> RlsOutputs[Any]: ...

class BayesLinregOutputs(NamedTuple, Generic[_T]):
    pred_mean: _T
    pred_var: _T

class bayes_linreg(Streaming):
    """Bayesian linear regression (conjugate). S_0^{-1}=alpha I; S^{-1}+=beta x x'; m=S(S_prev^{-1}m_prev+beta y
    x); pred_mean=x'm, pred_var=1/beta+x'S x, both computed before the update.
    """

    def __init__(self, alpha: float = ..., beta: float = ...) -> None: ...
    def update(self, x: _Array, y: float, /) -> BayesLinregOutputs[float]: ...
    def batch(self, x: _Array, y: _Array, /) -> BayesLinregOutputs[Any]: ...

class FtrlProximalOutputs(NamedTuple, Generic[_T]):
    prob: _T
    weights: Any

class ftrl_proximal(Streaming):
    """FTRL-proximal logistic regression. w_i=0 if |z_i|<=l1 else -(z_i-sign(z_i)l1)/((beta+sqrt(n_i))/alpha+l2);
    p=sigmoid(clip(x'w,-35,35)); g=(p-y)x_i; s=(sqrt(n_i+g^2)-sqrt(n_i))/alpha; z_i+=g-s*w_i; n_i+=g^2.
    """

    def __init__(self, alpha: float = ..., beta: float = ..., l1: float = ..., l2: float = ...) -> None: ...
    def update(self, x: _Array, label: float, /) -> FtrlProximalOutputs[float]: ...
    def batch(self, x: _Array, label: _Array, /) -> FtrlProximalOutputs[Any]: ...

class PassiveAggressiveOutputs(NamedTuple, Generic[_T]):
    pred: _T
    loss: _T
    weights: Any

class passive_aggressive(Streaming):
    """Passive-aggressive regression/classification (PA-I). regression loss=max(0,|y-w'x|-eps),
    tau=min(c,loss/||x||^2), w+=sign(y-w'x)tau x; classification loss=max(0,1-y w'x), w+=tau y x; ||x||=0 ->
    no update; w_0=0.
    """

    def __init__(self, c: float = ..., eps: float = ..., task: str = ...) -> None: ...
    def update(self, x: _Array, y: float, /) -> PassiveAggressiveOutputs[float]: ...
    def batch(self, x: _Array, y: _Array, /) -> PassiveAggressiveOutputs[Any]: ...

class SgdLogisticOutputs(NamedTuple, Generic[_T]):
    prob: _T
    weights: Any

class sgd_logistic(Streaming):
    """SGD logistic regression with Adam. p=sigmoid(w'x); g=(p-y)x+l2 w; m=b1 m+(1-b1)g; v=b2 v+(1-b2)g^2;
    w-=lr*(m/(1-b1^t))/(sqrt(v/(1-b2^t))+1e-8); w_0=0.
    """

    def __init__(self, lr: float = ..., b1: float = ..., b2: float = ..., l2: float = ...) -> None: ...
    def update(self, x: _Array, label: float, /) -> SgdLogisticOutputs[float]: ...
    def batch(self, x: _Array, label: _Array, /) -> SgdLogisticOutputs[Any]: ...

class GbdtLogisticOutputs(NamedTuple, Generic[_T]):
    prob: _T
    logit: _T

class gbdt_logistic(Estimator):
    """Gradient-boosted trees (logistic) signal filter. F_0=ln(pbar/(1-pbar)); per tree g=p-y, h=p(1-p), features
    quantile-binned; split gain=0.5[GL^2/(HL+l2)+GR^2/(HR+l2)-G^2/(H+l2)] (split if gain>0 and both children
    >= min_child rows; ties: lower feature, lower bin); leaf=-G/(H+l2); F+=lr*leaf; NaN goes left.
    """

    def __init__(
        self,
        n_trees: int = ...,
        depth: int = ...,
        lr: float = ...,
        l2: float = ...,
        bins: int = ...,
        min_child: int = ...,
        min_obs: int = ...,
    ) -> None: ...
    def batch(self, x: _Array, label: _Array, /) -> GbdtLogisticOutputs[Any]: ...

class HedgeOutputs(NamedTuple, Generic[_T]):
    weights: Any
    pred: _T

class hedge(Streaming):
    """Exponentially weighted average forecaster (Hedge). w_i proportional to exp(-eta*cumulative loss_i) (log-
    sum-exp), uniform prior; pred=sum w_i f_i before the loss is revealed; losses bounded [0,1].
    """

    def __init__(self, eta: float = ...) -> None: ...
    def update(self, forecasts: _Array, losses: _Array, /) -> HedgeOutputs[float]: ...
    def batch(self, forecasts: _Array, losses: _Array, /) -> HedgeOutputs[Any]: ...

class BanditsOutputs(NamedTuple, Generic[_T]):
    arm: _T
    p: Any

class bandits(Streaming):
    """UCB1, Thompson (Beta) and EXP3 strategy selection. rewards in [0,1]. UCB1: play each once, then argmax
    mean_i+sqrt(2 ln n/n_i). Thompson: Beta(1+sum r,1+sum(1-r)) samples, argmax (fractional rewards by
    Bernoulli draw). EXP3: p_i=(1-gamma)w_i/sum w+gamma/K, w_i*=exp(gamma*(r/p_i)/K) for the played arm (log-
    domain).
    """

    def __init__(self, method: str = ..., gamma: float = ..., seed: int = ...) -> None: ...
    def update(self, rewards: _Array, /) -> BanditsOutputs[float]: ...
    def batch(self, rewards: _Array, /) -> BanditsOutputs[Any]: ...

class AdaptiveConformalOutputs(NamedTuple, Generic[_T]):
    lo: _T
    hi: _T
    alpha_t: _T

class adaptive_conformal(Streaming):
    """Adaptive conformal inference interval. scores s_i=|y_i-yhat_i|; q_t=(1-alpha_t) empirical quantile of the
    last window scores with ceil((n+1)(1-alpha_t))/n rank (alpha_t<=0 -> inf, >=1 -> 0); interval yhat+-q;
    then alpha_{t+1}=alpha_t+gamma(alpha-err_t), err=1{y outside}.
    """

    def __init__(self, alpha: float = ..., gamma: float = ..., window: int = ...) -> None: ...
    def update(self, forecast: float, y: float, /) -> AdaptiveConformalOutputs[float]: ...
    def batch(self, forecast: _Array, y: _Array, /) -> AdaptiveConformalOutputs[Any]: ...

class DieboldMarianoOutputs(NamedTuple, Generic[_T]):
    dm: _T
    dm_hln: _T
    p_value: _T

class diebold_mariano(Streaming):
    """Diebold-Mariano test (with HLN correction). d_t=|e1|^power-|e2|^power; lrv=g0+2 sum_{j=1}^{h-1}g_j (1/n
    autocovariances; if <=0 use Bartlett weights); dm=mean d/sqrt(lrv/n); dm_hln=dm*sqrt((n+1-2h+h(h-1)/n)/n);
    p two-sided t(n-1).
    """

    def __init__(self, h: int = ..., power: int = ..., min_obs: int = ...) -> None: ...
    def update(self, error_1: float, error_2: float, /) -> DieboldMarianoOutputs[float]: ...
    def batch(self, error_1: _Array, error_2: _Array, /) -> DieboldMarianoOutputs[Any]: ...

class ForecastErrorsOutputs(NamedTuple, Generic[_T]):
    rmse: _T
    mae: _T
    mase: _T
    smape: _T
    hit: _T

class forecast_errors(Streaming):
    """RMSE, MAE, MASE, sMAPE, directional accuracy. over the window: rmse, mae of y-yhat; mase=mae/mean|y_t-
    y_{t-m}| (naive errors in the same window); smape=100*mean(2|e|/(|y|+|yhat|)) (0/0=0); hit=mean
    1{sign(yhat_t-y_{t-1})=sign(y_t-y_{t-1})} excluding zero moves.
    """

    def __init__(self, window: int = ..., m: int = ...) -> None: ...
    def update(self, forecast: float, y: float, /) -> ForecastErrorsOutputs[float]: ...
    def batch(self, forecast: _Array, y: _Array, /) -> ForecastErrorsOutputs[Any]: ...

class CrpsPinballOutputs(NamedTuple, Generic[_T]):
    pinball: _T
    crps: _T

class crps_pinball(Streaming):
    """Pinball loss and Gaussian CRPS. pinball=max(q(y-f),(q-1)(y-f)); crps for N(mu,s):
    s*(z(2Phi(z)-1)+2phi(z)-1/sqrt(pi)), z=(y-mu)/s; s=0 -> |y-mu|.
    """

    def __init__(self, q: float = ...) -> None: ...
    def update(self, forecast: float, sd: float, y: float, /) -> CrpsPinballOutputs[float]: ...
    def batch(self, forecast: _Array, sd: _Array, y: _Array, /) -> CrpsPinballOutputs[Any]: ...

class ForecastCombinationOutputs(NamedTuple, Generic[_T]):
    weights: Any
    pred: _T

class forecast_combination(Streaming):
    """Bates-Granger inverse-MSE forecast combination. E_i=lam*E_i+(1-lam)*err_i^2 (initial equal);
    w_i=(1/max(E_i,floor))/sum; pred=sum w_i f_i with weights from t-1.
    """

    def __init__(self, lam: float = ..., floor: float = ...) -> None: ...
    def update(self, forecasts: _Array, y: float, /) -> ForecastCombinationOutputs[float]: ...
    def batch(self, forecasts: _Array, y: _Array, /) -> ForecastCombinationOutputs[Any]: ...
