"""Ways through the code space of any transformer that has a way back: between items, along one unit, along an attribute."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..checks import Whole, check
from ..errors import InputError

_REACH = 3.0  # standard deviations, both ways
Path = Callable[[np.ndarray, np.ndarray, int], np.ndarray]


def linear(a: np.ndarray, b: np.ndarray, steps: int) -> np.ndarray:
    """Return codes on the straight line from ``a`` to ``b``, both of shape (k,), ends included: (steps, k).

    >>> linear(np.zeros(1), np.ones(1), 3).ravel().tolist()
    [0.0, 0.5, 1.0]
    """
    share = np.linspace(0, 1, steps)[:, None]
    return (1 - share) * a + share * b


def spherical(a: np.ndarray, b: np.ndarray, steps: int) -> np.ndarray:
    r"""Return codes on the great-circle arc from ``a`` to ``b``, whose lengths change evenly on the way.

    :math:`h(s) = \frac{\sin((1-s)\Omega)}{\sin\Omega} a + \frac{\sin(s\Omega)}{\sin\Omega} b`, :math:`\Omega` the angle
    between them; it stays where a Gaussian prior has its mass, and is the straight line for parallel codes.

    References:
        Animating rotation with quaternion curves (K. Shoemake, 1985); Sampling Generative Networks (T. White, 2016)

    >>> spherical(np.array([1.0, 0.0]), np.array([0.0, 1.0]), 3)[1].round(4).tolist()
    [0.7071, 0.7071]
    """
    norms = np.linalg.norm(a) * np.linalg.norm(b)
    angle = np.arccos(np.clip(np.dot(a, b) / norms, -1, 1)) if norms > 0 else 0.0
    if np.sin(angle) < 1e-6:
        return linear(a, b, steps)
    share = np.linspace(0, 1, steps)[:, None]
    return (np.sin((1 - share) * angle) * a + np.sin(share * angle) * b) / np.sin(angle)


def interpolate(estimator: Any, a: np.ndarray, b: np.ndarray, steps: int = 9, path: Path = linear) -> np.ndarray:
    """Return ``steps`` items from ``a`` to ``b`` through the code space, the reconstructions of both ends included.

    Arguments:
        estimator: Anything fitted that has ``transform`` and ``inverse_transform``.
        a, b: Two items, without the axis of items.
        steps: How many items, at least 2.
        path: `linear` or `spherical`.

    Raises:
        InputError: For fewer than 2 steps, a path that is no function, or items of different shapes.

    Example:
        >>> from sklearn.datasets import load_iris
        >>> from sklearn.decomposition import PCA
        >>> X = load_iris().data
        >>> interpolate(PCA(2).fit(X), X[0], X[-1], steps=5).shape
        (5, 4)
    """
    _check_steps(steps)
    if not callable(path):
        raise InputError(f"path must be a function such as linear or spherical. Got {path!r}.")
    codes = _codes(estimator, a, b)
    return estimator.inverse_transform(path(codes[0], codes[1], steps))


def grid(estimator: Any, corners: Sequence[np.ndarray], steps: int = 5) -> np.ndarray:
    """Return ``steps`` by ``steps`` items between four, row by row: the corners are top left, top right, bottom left, bottom right.

    Arguments:
        estimator: Anything fitted that has ``transform`` and ``inverse_transform``.
        corners: Four items, without the axis of items.
        steps: How many items a side, at least 2.

    Raises:
        InputError: For fewer than 2 steps, or for items that are not four of one shape.

    Example:
        >>> from sklearn.datasets import load_iris
        >>> from sklearn.decomposition import PCA
        >>> X = load_iris().data
        >>> grid(PCA(2).fit(X), X[:4], steps=3).shape
        (9, 4)
    """
    _check_steps(steps)
    if len(corners) != 4:
        raise InputError(f"corners must be four items. Got {len(corners)}.")
    a, b, c, d = _codes(estimator, *corners)
    rows = zip(linear(a, c, steps), linear(b, d, steps), strict=True)
    return estimator.inverse_transform(np.concatenate([linear(left, right, steps) for left, right in rows]))


def traverse(estimator: Any, item: np.ndarray, unit: int, values: ArrayLike) -> np.ndarray:
    """Return an item with one number of its code replaced by each of ``values``: what that code unit stands for.

    Arguments:
        estimator: Anything fitted that has ``transform`` and ``inverse_transform``.
        item: An item, without the axis of items.
        unit: The place of the number in the code, from 0.
        values: What to put there; -3 to 3 spans a standard normal prior.

    Raises:
        InputError: For a unit that the code does not have, or values that are no numbers.

    Example:
        >>> from sklearn.datasets import load_iris
        >>> from sklearn.decomposition import PCA
        >>> X = load_iris().data
        >>> traverse(PCA(2).fit(X), X[0], 1, np.linspace(-1, 1, 5)).shape
        (5, 4)
    """
    (code,) = _codes(estimator, item)
    _check_unit(unit, len(code))
    numbers = _numbers("values", values)
    codes = np.repeat(code[None], len(numbers), axis=0)
    codes[:, unit] = numbers
    return estimator.inverse_transform(codes)


def reach(codes: np.ndarray, unit: int, steps: int = 9) -> np.ndarray:
    """Return ``steps`` values for `traverse`: from 3 standard deviations below the mean of a unit's numbers in codes (n, k) to 3 above.

    Raises:
        InputError: For a unit that the codes do not have, or fewer than 2 steps.

    >>> reach(np.array([[-1.0], [1.0]]), 0, steps=3).tolist()
    [-3.0, 0.0, 3.0]
    """
    codes = np.asarray(codes, dtype=np.float64)
    _check_unit(unit, codes.shape[1])
    _check_steps(steps)
    own = codes[:, unit]
    return own.mean() + _REACH * own.std() * np.linspace(-1, 1, steps)


def attribute_direction(estimator: Any, X: Any, has: Any) -> np.ndarray:
    """Return the step through the code space, shape (k,), from items without an attribute to those with it: the difference of means.

    Arguments:
        estimator: Anything fitted that has ``transform``.
        X: Items.
        has: Which of them have the attribute, (n,) booleans: ``labels == "smiling"``.

    Raises:
        InputError: Where all items have it, or none, or there is not one answer an item.

    References:
        Autoencoding beyond pixels using a learned similarity metric (A. B. L. Larsen, S. K. Sønderby, H. Larochelle, O. Winther, 2016),
        section 4.1

    Example:
        >>> from sklearn.datasets import load_iris
        >>> from sklearn.decomposition import PCA
        >>> X, y = load_iris(return_X_y=True)
        >>> attribute_direction(PCA(2).fit(X), X, y == 0).round(1)
        array([-4. ,  0.3])
    """
    answers = np.asarray(has)
    if answers.dtype.kind not in "biuf" or not np.isin(answers, (0, 1)).all():
        raise InputError('has must hold booleans, or 0 and 1, such as labels == "smiling". Got other values.')
    chosen = answers.astype(bool)
    codes = np.asarray(estimator.transform(X), dtype=np.float64)
    if chosen.shape != (len(codes),):
        raise InputError(f"has must hold a yes or no for each of the {len(codes)} items. Got shape {chosen.shape}.")
    if chosen.all() or not chosen.any():
        raise InputError(f"an attribute's direction needs items with it and without. Got {chosen.sum()} of {len(chosen)} with it.")
    return codes[chosen].mean(axis=0) - codes[~chosen].mean(axis=0)


def move(estimator: Any, item: np.ndarray, direction: np.ndarray, amounts: ArrayLike = (-1.0, 0.0, 1.0)) -> np.ndarray:
    """Return an item with its code moved along a direction by each of ``amounts``: 1 adds an attribute, -1 takes it away.

    Arguments:
        estimator: Anything fitted that has ``transform`` and ``inverse_transform``.
        item: An item, without the axis of items.
        direction: A step through the code space, (k,), as `attribute_direction` gives it.
        amounts: How many such steps.

    Raises:
        InputError: For a direction that is not as long as the code, or numbers that are none.

    Example:
        >>> from sklearn.datasets import load_iris
        >>> from sklearn.decomposition import PCA
        >>> X, y = load_iris(return_X_y=True)
        >>> pca = PCA(2).fit(X)
        >>> move(pca, X[-1], attribute_direction(pca, X, y == 0)).shape
        (3, 4)
    """
    (code,) = _codes(estimator, item)
    if np.shape(direction) != code.shape:
        raise InputError(f"direction must have the code's shape {code.shape}. Got {np.shape(direction)}.")
    steps = np.outer(_numbers("amounts", amounts), _numbers("direction", direction))
    return estimator.inverse_transform(code + steps)


def _numbers(name: str, values: ArrayLike) -> np.ndarray:
    """Return ``values`` as an array (n,), or raise `InputError` where they are no finite numbers."""
    numbers = np.asarray(values).reshape(-1)
    if not len(numbers) or numbers.dtype.kind not in "biuf" or not np.isfinite(numbers).all():
        raise InputError(f"{name} must be numbers, one or more. Got {values!r}.")
    return numbers


def _codes(estimator: Any, *items: np.ndarray) -> np.ndarray:
    """Return the codes (n, k) of single items."""
    shapes = {np.shape(item) for item in items}
    if len(shapes) > 1 and not all(len(shape) == 2 for shape in shapes):  # which are sequences
        raise InputError(f"items must be of one shape. Got {' and '.join(map(str, sorted(shapes)))}.")
    return np.asarray(estimator.transform(np.stack(items) if len(shapes) == 1 else list(items)), dtype=np.float64)


def _check_unit(unit: int, size: int) -> None:
    if not (Whole(0).allows(unit) and unit < size):
        raise InputError(f"unit must be in 0..{size - 1}, the places of the code's numbers. Got {unit}.")


def _check_steps(steps: int) -> None:
    check("steps", steps, Whole(2), ", for the two ends")
