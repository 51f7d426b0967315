"""When a measured warm-up agrees with the declared one."""

import pytest

from solalpha.audit.warmup import FeatureWarmup


def warmup(
    measured: int | None, *, gapless: bool = True, most: bool = False, counted: bool
) -> FeatureWarmup:
    return FeatureWarmup(
        feature="x",
        coin="SOL",
        declared=48,
        measured=measured,
        is_gapless=gapless,
        is_most=most,
        is_counted=counted,
    )


@pytest.mark.parametrize(
    ("measured", "is_exact", "is_below"),
    [(48, True, True), (31, False, True), (49, False, False), (None, True, True)],
)
def test_bars_are_exact_and_buckets_of_volume_at_most(
    measured: int | None, is_exact: bool, is_below: bool
) -> None:
    assert warmup(measured, counted=False).agrees is is_exact
    assert warmup(measured, most=True, counted=False).agrees is is_below


def test_headlines_and_bars_after_a_gap_are_not_judged() -> None:
    assert warmup(70, counted=True).agrees
    assert warmup(70, gapless=False, counted=False).agrees
