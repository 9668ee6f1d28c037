"""The classifier: a softmax layer on an autoencoder's code, and the encoder fine-tuned with it."""

import copy
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from sklearn.base import ClassifierMixin, ClassNamePrefixFeaturesOutMixin, TransformerMixin, clone
from sklearn.frozen import FrozenEstimator
from sklearn.utils import Tags, get_tags
from sklearn.utils.validation import check_is_fitted

from .. import ranks
from ..checks import Kind, Limit, check_settings
from ..errors import InputError
from ..files.rows import block_rows
from ..storage import below
from ..training import Adam, Training
from ..training.batches import Batches, Rows
from ..training.devices import device_of, seeded
from ..training.loop import Loop
from ..training.sequences import Sequences
from .base import BaseAutoencoder
from .data import Summary, digest, read_rows
from .denoising import DenoisingAutoencoder
from .diagnostics import warn_of_other_units
from .fitting import agreement, seed_of
from .labels import Labels, known_labels, label_column
from .prediction import codes
from .softmax import Softmax, log_probabilities
from .trained import Trained

_CODE = 32  # units of the default code: more than there are classes, as a rule
# Few labels say less than what the encoder knows already: it learns on at a fraction of the usual learning rate. (With 50 of
# the digits' labels and with 4,000 of MNIST's that lowers the error by a seventh; with 45,000 it would raise it by a third.)
_FEW, _GENTLY = 10_000, 1 / 6
_SOME = 10_000  # rows settle where the softmax layer starts


class AutoencoderClassifier(ClassNamePrefixFeaturesOutMixin, ClassifierMixin, TransformerMixin, Trained):
    r"""An encoder that learnt without labels, then fine-tuned with a softmax layer on its code, :math:`\min -\log p(y \mid f(x))`.

    The autoencoder learns from all rows, the classifier from those with a label; a label that is None or NaN is missing. (The -1 of
    `sklearn.semi_supervised` is a class here, since -1 and 1 are the labels of much data.) The softmax layer starts as the logistic
    regression on the codes; with fewer than 10,000 labels the encoder learns on at a sixth of the usual rate. Held-out rows are of
    each class its share, and the epoch with the least cross-entropy on them is kept, so that the probabilities can be relied on.
    `transform` gives the fine-tuned codes. A linear classifier on codes as they are needs no class of its own:
    ``make_pipeline(autoencoder, LogisticRegression())``.

    Arguments:
        autoencoder: Any of isthmus's autoencoders, of which a copy is fitted first, or ``FrozenEstimator(fitted)``, whose weights are
            copied. None is a `DenoisingAutoencoder` with a code of at most 32. With ``training=Training(epochs=0)`` the same
            network starts at random, to compare with.
        training: A `Training` object for the fine-tuning; None leaves everything to the data. The autoencoder has its own. A checkpoint
            lies in a folder `classifier` of the one that it names.
        random_state: A seed, a `numpy.random.RandomState`, or None for another start every time.

    Attributes:
        classes_: The classes, in order.
        autoencoder_: The fitted autoencoder from which the fine-tuning began.
        module_: The trained `Softmax`, a torch module, on the CPU.
        history_, training_, best_epoch_, stopped_, precision_, precision_reason_: Of the fine-tuning, as in `Trained`.

    References:
        Greedy Layer-Wise Training of Deep Networks (Y. Bengio, P. Lamblin, D. Popovici, H. Larochelle, 2006), for the two steps;
        Extracting and Composing Robust Features with Denoising Autoencoders (P. Vincent, H. Larochelle, Y. Bengio,
        P.-A. Manzagol, 2008), https://doi.org/10.1145/1390156.1390294, for the default; Fine-Tuning can Distort Pretrained Features
        and Underperform Out-of-Distribution (A. Kumar et al., 2022), https://arxiv.org/abs/2202.10054, for the layer's start

    Example:
        >>> from sklearn.datasets import load_iris
        >>> from isthmus import AutoencoderClassifier
        >>> X, y = load_iris(return_X_y=True)
        >>> few = np.where(np.arange(150) % 10 == 0, y, np.nan)  # 15 labels
        >>> AutoencoderClassifier(random_state=0).fit(X, few).score(X, y) > 0.9
        True
    """

    limits: ClassVar[dict[str, Limit]] = {
        "autoencoder": Kind(BaseAutoencoder | FrozenEstimator, "an autoencoder of isthmus or a FrozenEstimator of one", optional=True),
        "training": Kind(Training, "a Training object", optional=True),
    }  # fmt: skip

    autoencoder_: BaseAutoencoder
    classes_: np.ndarray
    module_: Softmax

    def __init__(self, autoencoder: Any = None, training: Training | None = None, random_state: Any = None) -> None:
        self.autoencoder = autoencoder
        self.training = training
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> "AutoencoderClassifier":
        """Train on the rows of ``X`` and on the labels of those that have one.

        Arguments:
            X: Rows as the autoencoder takes them, a list of sequences too.
            y: A label a row, shape (n,): texts or whole numbers, and None or NaN for a row without one.

        Raises:
            InputError: For data, labels or settings that cannot be used.
            DivergedError: Where training meets NaN before the first good epoch.
        """
        with ranks.together():
            return self._fit(X, y)

    def _fit(self, X: Any, y: Any) -> "AutoencoderClassifier":
        self.__dict__.pop("module_", None)  # a fit that fails leaves nothing of the one before
        check_settings(self, self.limits)
        given = self.autoencoder.estimator if isinstance(self.autoencoder, FrozenEstimator) else self.autoencoder or DenoisingAutoencoder
        if getattr(given, "of_sequences_", False) and getattr(X, "ndim", 0) == 3:
            X = list(X)
        rows = read_rows(self, X, reset=True, nan=self._masks(), sequences=getattr(given, "sequential", False))
        labels = Labels.of(y, rows.shape[0])
        seed = int(ranks.agree(seed_of(self.random_state)))
        self.autoencoder_ = self._pretrained(X, isinstance(rows, Sequences), seed)
        self.classes_ = labels.classes
        training = self._settled(int((labels.numbers >= 0).sum()))
        with seeded(seed, device_of(training.device)):
            loop = self._loop_over(rows, labels, training, seed)
            loop.run()
        self.module_ = loop.model.cpu().eval().requires_grad_(False)
        self._keep_run(loop, training)
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Return the most probable class of every row, shape (n,)."""
        best = self.predict_log_proba(X).argmax(axis=1)  # of which the first call says so if nothing is fitted
        return self.classes_[best]

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the share of right answers among the rows that have a label.

        So few labels can be cross-validated as they are, by ``cross_val_score(model, X, y, cv=KFold(5, shuffle=True))``; folds with a
        share of each class are only for labels of all rows.
        """
        labels = label_column(y)
        known = known_labels(labels)
        if not known.any():
            raise InputError("y must hold a label for at least one row to score. Every label is None or NaN.")
        rows = X.shape[0] if hasattr(X, "shape") else len(X)
        for name, column in (("y", labels), ("sample_weight", sample_weight)):
            if column is not None and np.shape(column) != (rows,):
                raise InputError(f"{name} must hold one value for each of the {rows} rows of X. Got shape {np.shape(column)}.")
        weights = None if sample_weight is None else np.asarray(sample_weight)[known]
        if weights is not None and not weights.sum() > 0:
            raise InputError("sample_weight must be above 0 for at least one row with a label.")
        right = self.predict(X)[known] == labels[known].astype(object)
        return float(np.average(right, weights=weights))

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probability of every class, in the order of ``classes_``, shape (n, classes)."""
        return np.exp(self.predict_log_proba(X))

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Return the logarithms of `predict_proba`."""
        return self._predict(self._read(X), log_probabilities)

    def transform(self, X: Any) -> np.ndarray:
        """Return the fine-tuned codes of ``X``, shape (n, n_components): posterior means where codes are random."""
        return self._predict(self._read(X), lambda module, raw: codes(module.model, raw))

    def config(self) -> dict[str, Any]:
        """Return what was learnt, but for the arrays."""
        classes = {"values": list(self.classes_), "dtype": self.classes_.dtype.str}
        before = {"made": self.autoencoder_, "state": self.autoencoder_.config(), "history": self.autoencoder_.history_}
        return super().config() | {"classes": classes, "autoencoder": before}

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the weights and buffers by name, of the autoencoder too, from which a loaded classifier can be fitted again."""
        tuned = {f"classifier/{name}": tensor.numpy() for name, tensor in self.module_.state_dict().items()}
        return tuned | {f"autoencoder/{name}": array for name, array in self.autoencoder_.arrays().items()}

    def restore(self, config: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        """Take on what `config` and `arrays` of a fitted classifier returned."""
        super().restore(config, arrays)
        before, classes = config["autoencoder"], config["classes"]
        made = before["made"]
        if not isinstance(made, BaseAutoencoder):
            raise TypeError("the autoencoder is none of isthmus's")
        made.restore(before["state"], below("autoencoder/", arrays))
        made.history_ = list(before["history"])
        self.autoencoder_ = made
        if isinstance(self.autoencoder, FrozenEstimator):
            self.autoencoder = FrozenEstimator(made)
        self.classes_ = np.array(classes["values"], dtype=classes["dtype"])
        if self.classes_.ndim != 1 or self.classes_.dtype.kind not in "biufU":
            raise TypeError("the classes are no texts or numbers")
        with seeded(0, torch.device("cpu")):
            module = Softmax(made.module_, made.n_components_, len(self.classes_))
        module.load_state_dict({name: torch.from_numpy(array.copy()) for name, array in below("classifier/", arrays).items()})
        self.module_ = module.eval().requires_grad_(False)

    @property
    def _n_features_out(self) -> int:
        return self.autoencoder_.n_components_

    def __sklearn_tags__(self) -> Tags:
        """Return what scikit-learn may know: the input is the autoencoder's."""
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        tags.input_tags.sparse = True
        tags.input_tags.allow_nan = self._masks()
        return tags

    def _masks(self) -> bool:
        """Return whether the autoencoder takes NaN for what is missing."""
        return self.autoencoder is not None and bool(get_tags(self.autoencoder).input_tags.allow_nan)

    def _pretrained(self, X: Any, of_sequences: bool, seed: int) -> BaseAutoencoder:
        """Return the frozen autoencoder, or a copy fitted to what was given, under the classifier's seed where it has none."""
        if isinstance(self.autoencoder, FrozenEstimator):
            given = self.autoencoder.estimator
            if not isinstance(given, BaseAutoencoder):
                raise InputError(f"FrozenEstimator.estimator must be an autoencoder of isthmus. Got a {type(given).__name__}.")
            check_is_fitted(given)
            if given.condition_ is not None:
                raise InputError("FrozenEstimator.estimator was fitted with a condition, of which a classifier knows nothing; fit it "
                                 "without one.")  # fmt: skip
            read_rows(given, X, reset=False, nan=True, sequences=given.of_sequences_)  # refused where not such as it was fitted on
            return given
        # A code of sequences is of a whole one, and n_features_in_ the numbers of a step.
        made = clone(self.autoencoder) if self.autoencoder is not None else (
            DenoisingAutoencoder(_CODE if of_sequences else min(_CODE, self.n_features_in_)))
        return made.set_params(random_state=seed if made.random_state is None else made.random_state).fit(X)

    def _settled(self, rows: int) -> Training:
        """Return the settings of the fine-tuning to so many rows, in which nothing is left open."""
        training = copy.copy(self.training or Training())
        if training.checkpoint is not None:  # a folder of its own, since the autoencoder may have been given the same settings
            training.checkpoint = str(Path(training.checkpoint) / "classifier")
        if training.learning_rate is None and self.autoencoder_.history_ and rows < _FEW:
            training.learning_rate = _GENTLY * (training.optimizer or Adam()).learning_rate(deep=True)
        return training.resolve(rows, deep=True)

    def _loop_over(self, X: Rows, labels: Labels, training: Training, seed: int) -> Loop:
        """Return the training run over the labelled rows, some of them held out."""
        before = self.autoencoder_
        module = Softmax(before.module_, before.n_components_, len(labels.classes))
        digests = {"labels": digest([labels.numbers]), "autoencoder": digest(before.arrays().values())}
        agreed = agreement(X, Summary.of(X), training, seed, classes=list(labels.classes), **digests)
        held, kept = labels.parted(training.validation, seed)
        if training.patience is not None and not len(held):
            raise InputError("Training.patience watches held-out rows, and so few labels leave none: no class spares a row. Leave "
                             "patience out, or hold out more.")  # fmt: skip
        module.start(Batches(X, labels.some(kept, _SOME), block_rows(X.shape[1:]), labels.numbers))
        watched = Batches(X, held, block_rows(X.shape[1:]), labels.numbers) if len(held) else None
        return Loop(module, Batches(X, kept, training.batch_size, labels.numbers), watched, training, seed, agreed)

    def _read(self, X: Any) -> Rows:
        check_is_fitted(self)
        before = self.autoencoder_
        rows = read_rows(self, X, reset=False, nan=before.likelihood_.missing == "mask", sequences=before.of_sequences_)
        warn_of_other_units(before, rows)
        return rows
