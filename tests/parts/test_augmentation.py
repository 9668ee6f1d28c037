"""Augmentations: every shift alike often, nothing invented, and at work in training only."""

import numpy as np
import pytest
import torch

from isthmus import Autoencoder, Binarised, Conv, DenoisingAutoencoder, Flips, Shifts, Training
from isthmus.errors import InputError
from variants import items, quietly

CHANGES = [Shifts(1), Shifts(2), Flips()]


@pytest.fixture
def images():
    torch.manual_seed(0)
    return torch.randint(1, 255, (9000, 5, 4), dtype=torch.uint8)


def test_every_shift_is_drawn_as_often_as_any_other(images):
    torch.manual_seed(1)
    shifted = Shifts(1)(images)
    padded = torch.nn.functional.pad(images[:, None].float(), (1, 1, 1, 1), mode="replicate")[:, 0].byte()
    counts = [(shifted == padded[:, row : row + 5, column : column + 4]).flatten(1).all(1).sum() for row in range(3) for column in range(3)]
    assert sum(counts) == len(images) and all(abs(count - 1000) < 150 for count in counts)


def test_about_half_are_mirrored(images):
    torch.manual_seed(1)
    flipped = Flips()(images)
    mirrored = (flipped == images.flip(2)).flatten(1).all(1)
    assert (mirrored | (flipped == images).flatten(1).all(1)).all() and abs(mirrored.float().mean() - 0.5) < 0.03


def test_white_is_drawn_by_its_probability(images):
    for x, white in ((images, 255), (images / 255, 1)):
        torch.manual_seed(1)
        drawn = Binarised()(x)
        assert drawn.dtype == x.dtype and set(drawn.unique().tolist()) == {0, white}
        assert abs(drawn.double().mean() - x.double().mean()) < 0.01 * white
    dark, light = torch.full((2, 100_000), 51, dtype=torch.uint8).split(1)
    assert Binarised()(dark).double().mean() == pytest.approx(51, abs=1) and not torch.equal(Binarised()(light), Binarised()(light))


@pytest.mark.parametrize("change", CHANGES, ids=repr)
def test_dtype_shape_colours_and_rows_of_a_table(change, images):
    assert change(images).dtype == torch.uint8
    colours = images[:60].unsqueeze(-1).expand(-1, -1, -1, 3)
    torch.manual_seed(2)
    changed = change(colours)
    assert changed.shape == colours.shape and torch.equal(changed[..., 0], changed[..., 2])
    torch.manual_seed(2)
    table = type(change)(**{**change.get_params(), "shape": (5, 4)})(images[:60].flatten(1))
    assert torch.equal(table, changed[..., 0].flatten(1))


def test_it_changes_training_and_nothing_else():
    X = items("images", n=40)
    X[:, 0] = 0
    short = {"epochs": 3, "batch_size": 8, "validation": 10}
    plain, shifted = (Autoencoder(2, network=Conv((4,)), training=Training(**short, augmentation=change), random_state=0)
                      for change in (None, Shifts(1)))  # fmt: skip
    losses = [quietly(one.fit, X).history_ for one in (plain, shifted)]
    assert losses[0][0]["loss"] != losses[1][0]["loss"]
    assert np.array_equal(shifted.transform(X), shifted.transform(X))
    again = Autoencoder(2, network=Conv((4,)), training=Training(**short, augmentation=Shifts(1)), random_state=0)
    assert [row["loss"] for row in quietly(again.fit, X).history_] == [row["loss"] for row in losses[1]]


@pytest.mark.parametrize(("change", "message"), [
    (Shifts(0), "pixels must be"), (Shifts(1), "needs images"), (Flips((2, 2)), "give shape=")])  # fmt: skip
def test_what_is_no_image_is_refused(change, message):
    with pytest.raises(InputError, match=message):
        DenoisingAutoencoder(2, training=Training(epochs=1, augmentation=change)).fit(items())


def test_what_is_missing_is_not_binarised_and_what_is_no_share_is_refused():
    drawn = Binarised()(torch.tensor([[float("nan"), 1.0, 0.0]]))
    assert drawn.isnan().tolist() == [[True, False, False]] and drawn[0, 1:].tolist() == [1.0, 0.0]
    with pytest.raises(InputError, match=r"Binarised needs bytes, or values in \[0, 1\]"):
        Autoencoder(2, training=Training(augmentation=Binarised())).fit(np.random.default_rng(0).normal(size=(20, 4)))
