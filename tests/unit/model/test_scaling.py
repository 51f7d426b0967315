from __future__ import annotations

import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

from solalpha.errors import DataError
from solalpha.model.scaling import Scaler


def test_scaler_agrees_with_the_reference() -> None:
    generator = np.random.default_rng(1)
    train = generator.normal(50.0, 3.0, (200, 4))
    train[generator.random(train.shape) < 0.1] = np.nan
    test = generator.normal(40.0, 3.0, (50, 4))
    wanted = StandardScaler().fit(train).transform(test)
    assert Scaler.fit(train).apply(test) == pytest.approx(wanted, rel=1e-12)


def test_constant_and_absent_features_pass_through() -> None:
    features = np.array([[7.3, np.nan], [7.3, np.nan], [7.3, np.nan]])
    found = Scaler.fit(features).apply(np.array([[7.3, np.nan], [8.3, 2.0]]))
    assert found[1].tolist() == pytest.approx([1.0, 2.0])
    assert np.isnan(found[0, 1])


def test_scaler_survives_its_manifest() -> None:
    scaler = Scaler.fit(np.random.default_rng(2).normal(size=(9, 3)))
    assert Scaler.from_dict(scaler.as_dict()) == scaler


def test_other_number_of_features_is_refused() -> None:
    scaler = Scaler.fit(np.ones((3, 2)))
    with pytest.raises(DataError, match="holds 2 features, found 3"):
        scaler.apply(np.ones((3, 3)))
