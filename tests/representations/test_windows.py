"""Windows: every step is in one, and all come back."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.pipeline import make_pipeline

from isthmus import Autoencoder, Recurrent, Training, Windows
from isthmus.errors import InputError
from isthmus.tasks import AnomalyDetector


@settings(max_examples=60, deadline=None)
@given(length=st.integers(1, 12), stride=st.integers(1, 12), lengths=st.lists(st.integers(12, 60), min_size=1, max_size=3),
       d=st.integers(1, 3), seed=st.integers(0, 9))  # fmt: skip
def test_series_come_back(length, stride, lengths, d, seed):
    rng = np.random.default_rng(seed)
    series = [rng.normal(size=(t, d)) * [1, 100, 0.01][:d] + 5 for t in lengths]
    windows = Windows(length, min(stride, length)).fit(series)
    Z = windows.transform(series)
    assert len(Z) == len(windows.of(lengths)) and Z.dtype == np.float32
    back = windows.inverse_transform(Z, lengths)
    for ours, theirs in zip([back] if len(lengths) == 1 else back, series, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-3)


def test_missing_steps_stay_missing():
    series = np.random.default_rng(0).normal(size=(50, 2))
    series[7, 1] = np.nan
    windows = Windows(10).fit(series)
    back = windows.inverse_transform(windows.transform(series), [50])
    assert np.array_equal(np.isnan(back), np.isnan(series))


def test_windows_disagree_gently():
    """Where two windows say 0 and 1, the series goes from one to the other without a step."""
    windows = Windows(10, 5).fit(np.random.default_rng(0).normal(size=(15, 1)))
    joined = windows.joined(np.repeat([[0.0], [1.0]], 10, axis=1)[:, :, None], [15])[0][:, 0]
    assert joined[0] == 0 and joined[-1] == 1 and (np.diff(joined) >= 0).all() and np.diff(joined).max() < 0.25


@pytest.mark.filterwarnings("ignore::isthmus.errors.DiagnosticWarning")
def test_a_pipeline_finds_where_a_series_is_odd():
    t = np.arange(1200)
    series = np.sin(t / 5)[:, None] + 0.02 * np.random.default_rng(0).normal(size=(1200, 1))
    model = Autoencoder(3, training=Training(epochs=60), random_state=0)
    detector = AnomalyDetector(model).fit(Windows(20, 10).fit(series).transform(series))
    series[705:709] += 1.5
    windows = Windows(20, 10).fit(series)
    ratios = windows.joined(detector.attribution(windows.transform(series)), [1200])[0]
    assert 703 <= ratios[:, 0].argmax() <= 710
    chain = make_pipeline(Windows(20), Autoencoder(2, network=Recurrent(4), training=Training(epochs=1)))
    assert chain.fit(series).transform(series).shape == (119, 2)


@pytest.mark.parametrize(("X", "settings", "said"), [
    (np.zeros((5, 1)), {"length": 8}, "fewer than a window"), (np.zeros(9), {"length": 2}, "Got shape"), ([], {}, "empty"),
    ([np.zeros((9, 1)), np.zeros((9, 2))], {"length": 2}, "series 1"),
    (np.full((9, 1), np.inf), {"length": 2}, "infinite number in step 0"),
    (np.full((9, 1), np.nan), {"length": 2}, "no number at all"), (np.zeros((9, 1)), {"length": 2, "stride": 3}, "steps are lost"),
    (np.zeros((9, 1)), {"length": 0}, "length"),
])  # fmt: skip
def test_what_cannot_be_cut_is_refused(X, settings, said):
    with pytest.raises(InputError, match=said):
        Windows(**settings).fit(X)


def test_windows_of_other_series_are_refused():
    windows = Windows(4).fit(np.zeros((9, 1)))
    with pytest.raises(InputError, match="have 4 windows"):
        windows.inverse_transform(np.zeros((7, 4, 1)), [9])
    with pytest.raises(InputError, match="shape"):
        windows.inverse_transform(np.zeros((4, 5, 1)))
