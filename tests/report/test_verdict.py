"""The verdict's sentences and the table on rows made by hand."""

import pytest

from isthmus.report import table, verdict


def row(variant, error, size=8, pca=2.0, **figures):
    return {"variant": variant, "latent_dim": size, "seed": 0, "squared_error": error, "pca_squared_error": pca, **figures}


@pytest.mark.parametrize(("error", "answer"), [
    (1.0, "Yes: with 8 numbers an item, basic leaves 50 % of PCA's error (1.00 against 2.00)."),
    (1.9, "Hardly: with 8 numbers an item, basic leaves 95 % of PCA's error (1.90 against 2.00)."),
    (2.05, "No: PCA is as good and simpler; with 8 numbers an item, the best of the others, basic, has 1.02 times"),
    (3.0, "No: PCA is better and simpler"),
])  # fmt: skip
def test_nonlinearity_is_judged_by_the_best_nonlinear_variant(error, answer):
    said = verdict([row("linear", 0.1), row("sparse", 9.0), row("basic", error)])
    assert said[0].startswith(f"Is nonlinearity worth it here? {answer}")


def test_the_linear_row_is_held_against_pca_and_doubted_where_it_is_far():
    near, far = (verdict([row("linear", error, principal_angles_degrees=[4.0, 1.0])])[0] for error in (2.02, 4.0))
    assert "1.01 times its error and spans a subspace at most 4.00° away" in near and "epochs" not in near
    assert "2.00 times its error" in far and "more epochs" in far


def test_each_purpose_names_its_winner_and_says_who_lost_its_own_column():
    said = verdict([
        row("pca", 2.0, masked_error=3.0, few_label_accuracy=0.5, hoyer=0.9),
        row("basic", 1.0, masked_error=1.21, few_label_accuracy=0.6, hoyer=0.1),
        row("denoising", 1.5, masked_error=1.30, few_label_accuracy=0.7, hoyer=0.1),
        row("sparse", 1.5, masked_error=1.5, few_label_accuracy=0.8, hoyer=0.7),
    ])  # fmt: skip
    assert "denoising does not win its own column (masked input): basic does, 1.21 against 1.30." in said
    assert "sparse wins its own column (few labels): 80.0 % against 70.0 % of denoising." in said
    assert not any("sparsity" in sentence for sentence in said), "labels decide where there are labels"


def test_a_column_won_by_losing_the_reconstruction_is_no_clean_win():
    said = verdict([row("basic", 1.0, jacobian_norm=3.0), row("contractive", 5.0, jacobian_norm=0.1)])
    assert any("by losing the reconstruction: its test error is 5.00, PCA's 2.00" in sentence for sentence in said)


def test_differences_within_the_spread_of_seeds_are_ties():
    seeds = [row("basic", 1.0 + 0.1 * seed, masked_error=1.0 + seed) for seed in (0, 1)]
    seeds += [row("denoising", 1.5, masked_error=1.6 + seed) for seed in (0, 1)]
    assert "denoising shares its own column (masked input): a tie with basic." in verdict(seeds)


def test_over_fitting_is_said_from_thirty_per_cent_on():
    assert any(s.startswith("Over-fitting: basic") for s in verdict([row("basic", 1.4, train_squared_error=1.0)]))
    assert not any("Over-fitting" in s for s in verdict([row("basic", 1.2, train_squared_error=1.0)]))


def test_sizes_tell_where_the_gain_is_largest_and_which_size_meets_the_target():
    rows = [row("basic", error, size, pca) for size, error, pca in ((4, 2.0, 3.0), (8, 0.9, 2.5), (17, 0.85, 0.95))]
    said = verdict(rows, target_error=1.0)
    assert "The nonlinear gain is largest at code size 8: basic leaves 36 % of PCA's error." in said
    assert "For an error under 1.00: basic needs 8 numbers, PCA needs 17 numbers (of the code sizes tried)." in said
    assert "No code size tried brings basic or PCA under an error of 0.100." in verdict(rows, target_error=0.1)


def test_ways_to_start_are_judged_with_caution():
    rows = [{"variant": name, "latent_dim": 2, "squared_error": error, "explained_variance": explained}
            for name, error, explained in (("none", 3.0, 0.1), ("rbm", 2.9, 0.2), ("today", 9.0, -1.0))]  # fmt: skip
    said = verdict(rows)
    assert any(sentence.startswith("This is one seed") for sentence in said)
    assert "No better than the mean item in place of each: today; training ended too early to judge by." in said
    assert not any(sentence.startswith("This is one seed") for sentence in verdict(rows * 2))


def test_what_is_not_pretrained_is_judged_too():
    said = verdict([row("none", 3.0, explained_variance=-0.1), row("today", 1.0, explained_variance=0.5)])
    assert any("today's way to build and start a network beats a plain random start" in sentence for sentence in said)
    assert any(sentence.startswith("No better than the mean item in place of each: none") for sentence in said)


def test_a_variant_that_draws_is_not_judged_by_errors_alone():
    assert "it draws new items" in verdict([row("vaegan", 4.0)])[0] and "draws" not in verdict([row("basic", 4.0)])[0]


def test_a_pca_that_loses_nothing_is_no_measure():
    said = verdict([row("pca", 1e-29), row("basic", 3.0, pca=1e-29)])
    assert said[0].startswith("PCA loses nothing at this size") and not any("times" in sentence for sentence in said)


def test_rows_without_an_autoencoder_still_get_a_sentence():
    assert len(verdict([row("pca", 2.0)])) == len(verdict([])) == 1


def test_the_table_averages_seeds_and_marks_the_best_of_each_size():
    found = table([row("pca", 2.0), row("basic", 1.0), row("basic", 1.2), row("basic", 3.0, size=2, pca=4.0)])
    headers, body, best, hints = found
    assert headers == ["variant", "size", "test error", "× PCA"] and len(hints) == len(headers)
    assert body[1] == ["basic", "8", "1.10 ± 0.10", "0.550 ± 0.050"]
    assert best[1] == [False, False, True, True] and not any(best[0]) and not any(best[2])
