"""The guard: ACTIVE, REDUCING, HALTED, and which target a state permits.

Cancels and reductions always pass. A drawdown halt flattens and lasts until the
operator re-bases the peak. Backtest and paper trading call the same functions.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from solalpha.config import Parameters
from solalpha.market.gates import Gate
from solalpha.risk import limits as rules

ACTIVE = "ACTIVE"
REDUCING = "REDUCING"
HALTED = "HALTED"
# Halts after which nothing may stay open.
FLATTENING_CODES = frozenset({"drawdown", "liquidation"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Hold the limits that apply, as fractions, seconds and hours."""

    max_exposure: float
    max_leverage: float
    daily_loss: float
    max_drawdown: float
    sentiment_floor: float
    stale_data_s: float
    model_max_age_hours: float
    lot_decimals: int

    @classmethod
    def from_parameters(cls, parameters: Parameters) -> Limits:
        """Return the limits that the parameters state."""
        return cls(
            max_exposure=parameters.risk_max_exposure,
            max_leverage=parameters.risk_max_leverage,
            daily_loss=parameters.risk_daily_loss,
            max_drawdown=parameters.risk_max_drawdown,
            sentiment_floor=parameters.risk_sentiment_floor,
            stale_data_s=float(parameters.risk_stale_data_s),
            model_max_age_hours=float(parameters.model_max_age_hours),
            lot_decimals=parameters.lot_decimals,
        )

    def without_drawdown(self) -> Limits:
        """Return the same limits with the drawdown halt switched off."""
        return replace(self, max_drawdown=math.inf)


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardState:
    """Hold what the guard remembers; ``day`` counts UTC days since the epoch.

    ``code`` says why the state is not ACTIVE, and is empty when it is.
    """

    status: str
    code: str
    peak_usd: float
    day: int
    day_start_usd: float

    @classmethod
    def start(cls, equity_usd: float, day: int) -> GuardState:
        """Return the state of an account that opens with ``equity_usd``."""
        return cls(
            status=ACTIVE,
            code="",
            peak_usd=equity_usd,
            day=day,
            day_start_usd=equity_usd,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """Hold one change of state, for the record."""

    state_from: str
    state_to: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskInputs:
    """Hold what the guard reads beside its state; NaN is unknown.

    ``quality`` is one of the codes of ``limits``; ``model_age_hours`` is the time
    since the model was fitted and ``data_age_s`` since the decision's bar closed.
    """

    price: float
    equity_usd: float
    sentiment: float
    quality: int
    data_age_s: float
    model_age_hours: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """Hold the target that may be asked for and the gates it went through."""

    target_base: float
    gates: tuple[Gate, ...]

    @property
    def reasons(self) -> tuple[str, ...]:
        """Return the names of the gates that held the target back."""
        return tuple(gate.name for gate in self.gates if not gate.passed)


def mark(
    state: GuardState, *, equity_usd: float, leverage: float, day: int, limits: Limits
) -> tuple[GuardState, tuple[Transition, ...]]:
    """Take note of marked equity and return the state that follows.

    Parameters
    ----------
    equity_usd : float
        Marked equity; unknown (NaN) allows reductions alone until it is known.
    leverage : float
        Gross notional over equity.
    day : int
        UTC days since the epoch of the moment of the mark.
    """
    if not math.isfinite(equity_usd):
        if state.status == HALTED:
            return state, ()
        return _moved(state, REDUCING, "equity_unknown", "equity is unknown")
    is_new_day = day > state.day
    state = replace(
        state,
        peak_usd=max(state.peak_usd, equity_usd),
        day=day if is_new_day else state.day,
        day_start_usd=equity_usd if is_new_day else state.day_start_usd,
    )
    if state.status == HALTED:
        return state, ()
    return _moved(state, *_breach(state, equity_usd, leverage, is_new_day, limits))


def _breach(
    state: GuardState,
    equity_usd: float,
    leverage: float,
    is_new_day: bool,
    limits: Limits,
) -> tuple[str, str, str]:
    if rules.is_drawdown_breached(equity_usd, state.peak_usd, limits.max_drawdown):
        fall = rules.drawdown(equity_usd, state.peak_usd)
        return HALTED, "drawdown", f"drawdown={fall:.4f} limit={-limits.max_drawdown:g}"
    # A lost day stays lost, even if equity recovers within it.
    is_day_lost = state.code == "daily_loss" and not is_new_day
    if is_day_lost or rules.is_daily_loss_breached(
        equity_usd, state.day_start_usd, limits.daily_loss
    ):
        fall = rules.drawdown(equity_usd, state.day_start_usd)
        detail = f"daily_loss={fall:.4f} limit={-limits.daily_loss:g}"
        return REDUCING, "daily_loss", detail
    if leverage > limits.max_leverage:
        detail = f"leverage={leverage:.4f} limit={limits.max_leverage:g}"
        return REDUCING, "leverage", detail
    return ACTIVE, "", "within limits"


def halted(
    state: GuardState, *, code: str, detail: str
) -> tuple[GuardState, tuple[Transition, ...]]:
    """Halt for a reason from outside: the operator, or a liquidation."""
    return _moved(state, HALTED, code, detail)


def resumed(
    state: GuardState, *, equity_usd: float, is_peak_rebased: bool
) -> tuple[GuardState, tuple[Transition, ...]]:
    """Return to ACTIVE on the operator's word.

    Re-basing sets peak and day start to ``equity_usd``. Without it a drawdown halt
    stays, because the limit would halt again at once.
    """
    if state.status == HALTED and state.code == "drawdown" and not is_peak_rebased:
        return state, ()
    if is_peak_rebased:
        state = replace(state, peak_usd=equity_usd, day_start_usd=equity_usd)
    detail = "resumed, peak re-based" if is_peak_rebased else "resumed"
    return _moved(state, ACTIVE, "", detail)


def apply(
    target_base: float,
    position_base: float,
    state: GuardState,
    inputs: RiskInputs,
    limits: Limits,
) -> Permit:
    """Return the target that state and limits permit, with every gate's outcome.

    Sizes are signed base units. What only reduces the position always passes.
    """
    gates = _gates(target_base, state, inputs, limits)
    largest = rules.largest_size(
        inputs.equity_usd, inputs.price, limits.max_exposure, limits.lot_decimals
    )
    permitted = rules.capped(target_base, position_base, largest)
    is_capped = permitted != target_base
    if not all(gate.passed for gate in gates if gate.name != "sentiment_floor"):
        permitted = rules.reduced_only(permitted, position_base)
    if rules.is_sentiment_blocking(inputs.sentiment, limits.sentiment_floor):
        permitted = min(permitted, 0.0)
    if state.code == "leverage":
        permitted = math.copysign(min(abs(permitted), largest), permitted)
    if state.status == HALTED and state.code in FLATTENING_CODES:
        permitted = 0.0
    exposure_gate = Gate(
        name="exposure",
        passed=not is_capped,
        detail=f"target={target_base:g} largest={largest:g}",
    )
    return Permit(target_base=permitted + 0.0, gates=(*gates, exposure_gate))


def _gates(
    target_base: float, state: GuardState, inputs: RiskInputs, limits: Limits
) -> tuple[Gate, ...]:
    is_floor_hit = rules.is_sentiment_blocking(inputs.sentiment, limits.sentiment_floor)
    is_stale = rules.is_stale(inputs.data_age_s, limits.stale_data_s)
    is_expired = rules.is_model_expired(
        inputs.model_age_hours, limits.model_max_age_hours
    )
    return (
        Gate(
            name="risk_state",
            passed=state.status == ACTIVE,
            detail=f"state={state.status} code={state.code or 'none'}",
        ),
        Gate(
            name="quality",
            passed=not rules.is_quality_blocking(inputs.quality),
            detail=f"quality={('PASS', 'WARN', 'FAIL', 'unknown')[inputs.quality]}",
        ),
        Gate(
            name="stale_data",
            passed=not is_stale,
            detail=f"data_age_s={inputs.data_age_s:g} limit={limits.stale_data_s:g}",
        ),
        Gate(
            name="model_age",
            passed=not is_expired,
            detail=f"model_age_hours={inputs.model_age_hours:g} "
            f"limit={limits.model_max_age_hours:g}",
        ),
        Gate(
            name="sentiment_floor",
            passed=target_base <= 0.0 or not is_floor_hit,
            detail=f"sentiment={inputs.sentiment:g} floor={limits.sentiment_floor:g}",
        ),
    )


def _moved(
    state: GuardState, status: str, code: str, detail: str
) -> tuple[GuardState, tuple[Transition, ...]]:
    if state.status == status and state.code == code:
        return state, ()
    change = Transition(
        state_from=state.status, state_to=status, code=code, detail=detail
    )
    return replace(state, status=status, code=code), (change,)
