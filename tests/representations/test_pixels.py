import numpy as np
import pytest
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline

from isthmus import storage
from isthmus.errors import InputError
from isthmus.representations import Pixels


@pytest.mark.parametrize("shape", [(6, 4, 5), (6, 4, 5, 3), (6, 7), (0, 2, 2)])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64, np.int64])
def test_there_and_back_in_the_units_of_x(shape, dtype, tmp_path):
    X = (np.random.default_rng(0).random(shape) * (1 if np.dtype(dtype).kind == "f" else 255)).astype(dtype)
    pixels = Pixels().fit(X)
    Z = pixels.transform(X)
    assert Z.dtype == np.float32 and Z.shape == (len(X), np.prod(shape[1:])) and not np.shares_memory(Z, X)
    np.testing.assert_allclose(Z.reshape(shape), X / 255 if dtype == np.uint8 else X, rtol=1e-6)
    back = pixels.inverse_transform(Z)
    assert back.shape == shape and back.dtype.kind == "f"
    np.testing.assert_allclose(back, X, rtol=1e-6)
    np.testing.assert_allclose(pixels.transform(back), Z, rtol=1e-6)  # floats in X's units are read as well
    loaded = storage.load(storage.save(tmp_path, pixels), {"Pixels": Pixels})
    np.testing.assert_array_equal(loaded.transform(X), Z)
    assert loaded.inverse_transform(Z).shape == shape and loaded.n_features_in_ == Z.shape[1]


def test_pca_stands_in_on_images():
    X = np.random.default_rng(0).integers(0, 256, (20, 4, 3), dtype=np.uint8)
    pipe = clone(make_pipeline(Pixels(), PCA(12))).fit(X)
    np.testing.assert_allclose(pipe.inverse_transform(pipe.transform(X)), X, atol=1e-2)


@pytest.mark.parametrize(("X", "message"), [
    (np.zeros((2, 3, 4)), r"shape \(2, 2\).*Got \(3, 4\)"), (np.zeros((2, 2, 2), np.uint8), "X / 255.0"),
    (np.array([np.zeros((2, 2)), [[0, np.inf], [0, 0]]]), "item 1 holds an infinite"),
    (np.full((1, 2, 2), 1e300), "item 0"), (np.zeros(3), "1 axes"),
    (np.full((2, 2), "a"), "of <U1"), ([np.zeros((2, 2)), np.zeros((3, 2))], "one shape"),
])
def test_other_items_are_refused(X, message):
    pixels = Pixels().fit(np.random.default_rng(0).random((5, 2, 2)))
    with pytest.raises(InputError, match=message):
        pixels.transform(X)
    with pytest.raises(InputError, match=r"\(n, 4\)"):
        pixels.inverse_transform(np.zeros((2, 5)))
    assert np.isnan(pixels.transform(np.full((1, 2, 2), np.nan))).all()  # a missing pixel stays missing
