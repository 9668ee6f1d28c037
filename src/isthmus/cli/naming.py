"""Names for objects, at the edge where text is needed: ``masking:0.3`` is ``Masking(0.3)``.

The names are the public classes' own, in lower case with hyphens; there is no other list.
"""

import re
from inspect import signature
from typing import Any

from .. import estimators, networks, parts, representations, training
from ..checks import check_name
from ..errors import InputError
from ..estimators.base import BaseAutoencoder
from ..training.devices import PRECISIONS


def variants() -> dict[str, type[BaseAutoencoder]]:
    """Return the public autoencoders by the names that ``--variant`` takes.

    >>> sorted(variants())[:3]
    ['basic', 'binary', 'contractive']
    """
    classes = (getattr(estimators, name) for name in estimators.VARIANTS)
    return {kebab(cls.__name__.removesuffix("Autoencoder")) or "basic": cls for cls in classes}


def layers() -> dict[str, BaseAutoencoder]:
    """Return what may train the layers of a stack, by the names that ``--pretraining`` takes.

    >>> sorted(layers())
    ['autoencoder', 'binary', 'contractive', 'denoising', 'rbm', 'sparse']
    """
    return {"autoencoder": estimators.Autoencoder(), "binary": estimators.BinaryAutoencoder(),
            "contractive": estimators.ContractiveAutoencoder(),
            "denoising": estimators.DenoisingAutoencoder(corruption=parts.Masking(0.25)),
            "rbm": estimators.RestrictedBoltzmannMachine(), "sparse": estimators.SparseAutoencoder()}  # fmt: skip


def autoencoders() -> dict[str, type[BaseAutoencoder]]:
    """Return those variants that are autoencoders by their training, too.

    >>> sorted(variants().keys() - autoencoders())
    ['restricted-boltzmann-machine', 'vaegan']
    """
    return {name: cls for name, cls in variants().items() if cls.__name__.endswith("Autoencoder")}


def variant_of(estimator: BaseAutoencoder) -> str:
    """Return the name that ``--variant`` has for an estimator.

    >>> variant_of(estimators.SparseAutoencoder())
    'sparse'
    """
    return next(name for name, cls in variants().items() if type(estimator) is cls)


def classes_of(kind: type) -> dict[str, type]:
    """Return the public parts of one kind by their names.

    >>> from isthmus.parts.likelihood import Likelihood
    >>> sorted(classes_of(Likelihood))[:4]
    ['bernoulli', 'categorical', 'gaussian', 'laplace']
    """
    found = (getattr(module, name) for module in (parts, training) for name in module.__all__)
    return {kebab(cls.__name__): cls for cls in found if issubclass(cls, kind)}


def part(text: str, kind: type, flag: str) -> Any:
    """Return the part that a flag's text names, its settings behind colons in the constructor's order.

    >>> from isthmus.parts.corruption import Corruption
    >>> part("masking:0.3", Corruption, "--corruption")
    Masking()
    >>> part("topk:3", Corruption, "--corruption")
    Traceback (most recent call last):
    isthmus.errors.InputError: --corruption must be one of gaussian-noise, masking, salt-and-pepper. Got 'topk'.
    """
    name, *given = text.split(":")
    known = classes_of(kind)
    cls = known[check_name(flag, name, known)]
    settings = list(signature(cls).parameters)
    if len(given) > len(settings):
        raise InputError(f"{flag} {name} takes {':'.join(settings) or 'no settings'}. Got {text!r}.")
    made = cls(**dict(zip(settings, map(_value, given), strict=False)))
    made.check()
    return made


def network(name: str | None, hidden: tuple[int, ...] | None, activation: str | None, tied: bool,
            decoder: tuple[int, ...] | None = None) -> Any:  # fmt: skip
    """Return the network of that name, or None where nothing is asked for; ``hidden`` are a Conv's channels, or Recurrent's layers.

    >>> network("recurrent", (32, 32), None, False).layers
    2
    """
    if name is None and hidden is None and activation is None and not tied and decoder is None:
        return None
    known = {kebab(item): getattr(networks, item) for item in networks.__all__}
    cls = known[check_name("--network", name or "dense", known)]
    takes = signature(cls).parameters
    wanted: dict[str, Any] = {"hidden" if "hidden" in takes else "channels": hidden, "activation": activation, "tied": tied or None,
                              "decoder": decoder}  # fmt: skip
    if "layers" in takes and hidden is not None:
        if len(set(hidden)) != 1:
            raise InputError(f"--hidden of --network {name} takes a width for each layer, all the same, such as 64 or 64,64. Got {hidden}.")
        wanted |= {"hidden": hidden[0], "layers": len(hidden)}
    for setting, value in wanted.items():
        if value is not None and setting not in takes:
            raise InputError(f"--{setting} is not for --network {name}; leave it out or take --network dense")
    return cls(**{setting: value for setting, value in wanted.items() if value is not None})


def representation(name: str) -> Any:
    """Return the representation of that name, unfitted."""
    known = {kebab(item): getattr(representations, item) for item in representations.__all__ if item not in representations.CUTS}
    return known[check_name("--representation", name, known)]()


def windows(text: str) -> Any:
    """Return the windows that "64", or "64:16" with a stride, names.

    >>> windows("64:16")
    Windows(stride=16)
    """
    numbers = text.split(":")
    if len(numbers) > 2 or not all(number.isdecimal() for number in numbers):
        raise InputError(f"--windows takes the steps of a window, or those and of its stride, such as 64 or 64:16. Got {text!r}.")
    return representations.Windows(*map(int, numbers))


def precision(name: str) -> str:
    """Return the precision of predictions that ``--precision`` names.

    >>> precision("bf16")
    'bfloat16'
    """
    return check_name("--precision", {"bf16": "bfloat16"}.get(name, name), PRECISIONS)


def kebab(name: str) -> str:
    """Return a class name in lower case with hyphens.

    >>> kebab("SaltAndPepper"), kebab("KL"), kebab("TopK"), kebab("GaussianCode")
    ('salt-and-pepper', 'kl', 'top-k', 'gaussian-code')
    """
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).lower()


def _value(text: str) -> Any:
    """Return a number, or None for "none" and "learnt", or yes or no for "true" and "false", or the text itself."""
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    if text.lower() in ("none", "learnt"):
        return None
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
