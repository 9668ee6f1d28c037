"""The flags that `fit` and `compare` share, and the objects that they stand for."""

import json
from dataclasses import asdict, dataclass, fields
from inspect import signature
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Group, Parameter
from sklearn.base import clone

from ..errors import FileError, InputError
from ..estimators import VAEGAN, Autoencoder
from ..estimators.base import BaseAutoencoder
from ..parts.augmentation import Augmentation
from ..parts.bottleneck import Bottleneck
from ..parts.corruption import Corruption
from ..parts.likelihood import Likelihood
from ..parts.penalty import Penalty
from ..run import PUBLIC, Run
from ..storage import decode
from ..training import Training
from . import naming

_MODEL, _TRAINING, _DATA = Group("Model"), Group("Training"), Group("Data")


@Parameter(name="*")
@dataclass(frozen=True)
class ModelOptions:
    """What is trained; what is left out is chosen from the data."""

    network: Annotated[str | None, Parameter(group=_MODEL)] = None
    "dense, conv or recurrent."
    hidden: Annotated[str | None, Parameter(group=_MODEL)] = None
    "Widths of the hidden layers, such as 128,64 (for conv channels, for recurrent one width a layer); none for a network without any."
    activation: Annotated[str | None, Parameter(group=_MODEL)] = None
    "relu, silu, gelu, elu, selu, tanh, sigmoid, softplus, leaky_relu or linear."
    tied: Annotated[bool, Parameter(group=_MODEL)] = False
    "Let the decoder use the encoder's weights, transposed (dense)."
    decoder: Annotated[str | None, Parameter(group=_MODEL)] = None
    "Widths of the decoder's hidden layers, where it is not to mirror the encoder (dense); none is best for search."
    corruption: Annotated[str | None, Parameter(group=_MODEL)] = None
    "masking:0.3, gaussian-noise:0.3 or salt-and-pepper:0.3; masking:0.5:true for texts, of which so many words are left out."
    bottleneck: Annotated[str | None, Parameter(group=_MODEL)] = None
    "identity, top-k:8, gaussian-code or binary-code."
    penalty: Annotated[tuple[str, ...], Parameter(group=_MODEL)] = ()
    ("l1:0.05, sparse-rate:1:0.05, contractive:0.1, kl:1 (kl:1:0.5 with free bits), importance-weighted:1:5, bit-balance:1 or "
     "decorrelation:0.1; may be given more than once.")
    likelihood: Annotated[str | None, Parameter(group=_MODEL)] = None
    ("gaussian, gaussian:learnt, bernoulli, laplace, categorical, multinomial (counts); mixed, for tables: categorical for each category; "
     "learned-similarity, by what a discriminator sees, learned-similarity:none:6:0.1:0.5 with weight, anchor and head start.")


@Parameter(name="*")
@dataclass(frozen=True)
class TrainingOptions:
    """How it is trained; what is left out is chosen from the data."""

    epochs: Annotated[int | None, Parameter(group=_TRAINING)] = None
    "Passes over the rows."
    batch_size: Annotated[int | None, Parameter(group=_TRAINING)] = None
    "Rows of an update."
    learning_rate: Annotated[float | None, Parameter(group=_TRAINING)] = None
    "The highest step size."
    validation: Annotated[float | None, Parameter(group=_TRAINING)] = None
    "Share or number of rows held out to choose the best epoch by."
    patience: Annotated[int | None, Parameter(group=_TRAINING)] = None
    "Stop after so many epochs without improvement on held-out rows."
    time_budget: Annotated[float | None, Parameter(group=_TRAINING)] = None
    "Seconds for the training of one model."
    augmentation: Annotated[str | None, Parameter(group=_TRAINING)] = None
    "shifts:1, flips or binarised: change the items of a batch at random."
    precision: Annotated[str | None, Parameter(group=_TRAINING)] = None
    "auto, float32 or bfloat16 (or bf16)."
    device: Annotated[str | None, Parameter(group=_TRAINING)] = None
    "cpu, cuda, cuda:1 or mps."

    def training(self, callbacks: tuple[Any, ...] = (), checkpoint: str | None = None,
                 base: Training | None = None) -> Training:  # fmt: skip
        """Return the settings as one object; those that no flag gives are ``base``'s, or left open."""
        given = {name: value for name, value in asdict(self).items() if value is not None}
        if self.precision is not None:
            given["precision"] = naming.precision(self.precision)
        if self.augmentation is not None:
            given["augmentation"] = naming.part(self.augmentation, Augmentation, "--augmentation")
        return clone(base or Training()).set_params(**given, checkpoint=checkpoint, callbacks=callbacks)


@Parameter(name="*")
@dataclass(frozen=True)
class DataOptions:
    """How the data are read."""

    labels: Annotated[str | None, Parameter(group=_DATA)] = None
    ("A column of the table, or a file with one label an item (.npy, .npz:key, .csv, or .csv:column, found by name where a column beside "
     "it names the items); left out, subfolders of pictures, sounds or texts are labels. Never learnt from.")  # fmt: skip
    drop: Annotated[tuple[str, ...], Parameter(group=_DATA)] = ()
    "A column to leave out; may be given more than once."
    image_size: Annotated[tuple[int, int] | None, Parameter(group=_DATA)] = None
    "Height and width to which images are resized."
    rate: Annotated[int | None, Parameter(group=_DATA)] = None
    "Samples a second to which sounds are resampled; that of most files if left out."
    missing: Annotated[str, Parameter(group=_DATA)] = "refuse"
    "What a NaN in an array means: refuse, or mask (leave it out of the loss); tables always mask."
    representation: Annotated[str | None, Parameter(group=_DATA)] = None
    "table, pixels, channels, bag-of-words, spectrogram or vocoder; left out, tables take table, texts bag-of-words, sounds spectrogram."
    time: Annotated[str | None, Parameter(group=_DATA)] = None
    "The column that orders the rows of a table as the steps of a series, by numbers or dates."
    series: Annotated[str | None, Parameter(group=_DATA)] = None
    "The column that tells one series of a table from another."
    windows: Annotated[str | None, Parameter(group=_DATA)] = None
    "Cut series, of a table or of an array (t, d) or (n, t, d), into windows of so many steps, 64, or 64:16 with one every 16 steps."
    config: Annotated[Path | None, Parameter(group=_DATA)] = None
    "A config.json: fit takes its estimator instead of the flags above, compare adds it as a row."


def flags(options: Any) -> list[str]:
    """Return the words of a command line that give options, those that are as they were left out.

    >>> flags(DataOptions(drop=("a", "b c"), image_size=(8, 8)))
    ['--drop', 'a', '--drop', 'b c', '--image-size', '8', '8']
    """
    words = []
    for field in fields(options):
        name, value = "--" + field.name.replace("_", "-"), getattr(options, field.name)
        if value == field.default:
            continue
        if field.name == "drop":
            words += [word for column in value for word in (name, column)]
        else:
            words += [name, *map(str, value if isinstance(value, tuple) else (value,))]
    return words


def estimator(variant: str, size: int, seed: int, options: ModelOptions, training: Training | None,
              likelihood: Likelihood | None) -> BaseAutoencoder:  # fmt: skip
    """Return a variant with the flags' parts; parts beyond its own row make a free combination."""
    cls = naming.variants()[naming.check_name("--variant", variant, naming.variants())]
    if issubclass(cls, VAEGAN) and options.likelihood is None:  # it measures likeness itself, of tables, too
        likelihood = None
    common = {**_network(options, cls), "likelihood": likelihood, "training": training, "random_state": seed}
    if "network" not in common and (options.corruption or options.bottleneck or options.penalty):
        raise InputError(f"--variant {variant} is a procedure of its own, with parts of its own: leave out --corruption, --bottleneck and "
                         "--penalty")  # fmt: skip
    if not {"network", "layer"} & signature(cls).parameters.keys():
        if options != ModelOptions(likelihood=options.likelihood):
            raise InputError(f"--variant {variant} is one network and one procedure: of the flags of the model it takes --likelihood only")
        if likelihood is not None:  # tables ask for a mask, missing numbers or not; where there are any, `fit` refuses them
            common["likelihood"] = likelihood.unmasked()
        return cls(size, **common)
    corruption = naming.part(options.corruption, Corruption, "--corruption") if options.corruption else None
    bottleneck = naming.part(options.bottleneck, Bottleneck, "--bottleneck") if options.bottleneck else None
    penalties = tuple(naming.part(text, Penalty, "--penalty") for text in options.penalty)
    given = {"corruption": corruption, "bottleneck": bottleneck, "penalty": penalties[0] if penalties else None}
    own = {name: value for name, value in given.items() if value is not None}
    takes = signature(cls).parameters.keys()
    if len(penalties) < 2 and own.keys() <= takes and all(isinstance(penalty, cls.own_penalties) for penalty in penalties):
        return cls(size, **own, **common)
    row = cls(size, **{name: part for name, part in given.items() if name in takes and name != "penalty"}).row()
    # The row's own penalty gives way to one of its kinds, and stands beside all others.
    kinds = tuple(map(type, penalties))
    replaced = kinds + cls.own_penalties if any(issubclass(kind, cls.own_penalties) for kind in kinds) else kinds
    kept = tuple(penalty for penalty in row.penalties if not isinstance(penalty, replaced))
    return Autoencoder(size, corruption or row.corruption, bottleneck or row.bottleneck, kept + penalties, **common)


def network(options: ModelOptions) -> Any:
    """Return the network that the flags ask for, or None."""
    decoder = wholes(options.decoder, "--decoder")
    return naming.network(options.network, wholes(options.hidden, "--hidden"), options.activation, options.tied, decoder)


def _network(options: ModelOptions, cls: type[BaseAutoencoder]) -> dict[str, Any]:
    """Return the network as the settings of a variant: one object, what a stack makes it of, or nothing where there is no choice."""
    takes = signature(cls).parameters
    if "network" in takes:
        return {"network": network(options)}
    if "layer" not in takes:
        return {}
    if options.decoder is not None or options.network not in (None, "dense"):
        raise InputError(f"{cls.__name__} makes its network itself, of fully connected layers. Leave out --network and --decoder.")
    given = {"hidden": wholes(options.hidden, "--hidden"), "activation": options.activation, "tied": options.tied or None}
    return {name: value for name, value in given.items() if value is not None}


def wholes(text: str | None, flag: str) -> tuple[int, ...] | None:
    """Return "128,64" as numbers; "none" and "" are an empty tuple.

    >>> wholes("128,64", "--hidden"), wholes("none", "--hidden"), wholes(None, "--hidden")
    ((128, 64), (), None)
    """
    if text is None:
        return None
    try:
        numbers = tuple(int(word) for word in text.split(",") if word.strip() and text.lower() != "none")
    except ValueError:
        numbers = (0,)
    if any(number < 1 for number in numbers):
        raise InputError(f"{flag} takes whole numbers of at least 1 with commas between them, such as 128,64. Got {text!r}.")
    return numbers


def configured(path: Path) -> BaseAutoencoder:
    """Return the unfitted estimator that a config.json describes."""
    try:
        described = decode(json.loads(path.read_text(encoding="utf-8"))["object"], PUBLIC)
    except OSError as error:
        raise FileError(f"{path}: {error.strerror}; give the config.json of a run") from error
    except (ValueError, KeyError, TypeError) as error:
        if isinstance(error, InputError):
            raise
        raise FileError(f"{path} is no config.json that isthmus wrote: it describes no object") from error
    found = described.estimator if isinstance(described, Run) else described
    if not isinstance(found, BaseAutoencoder):
        raise InputError(f"{path} describes a {type(found).__name__}, not an estimator")
    return found
