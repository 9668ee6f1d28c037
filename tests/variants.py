"""Every variant and every network, as the laws take them: small, on data in [0, 1] so that each likelihood is allowed."""

import warnings

import numpy as np

from isthmus import (
    KL,
    L1,
    Autoencoder,
    AuxK,
    BatchTopK,
    Bernoulli,
    BinaryAutoencoder,
    BinaryCode,
    BinaryUnits,
    BitBalance,
    Contractive,
    ContractiveAutoencoder,
    Conv,
    Decorrelation,
    DenoisingAutoencoder,
    Dense,
    Gaussian,
    GaussianCode,
    GaussianNoise,
    GaussianUnits,
    Growth,
    ImportanceWeighted,
    Laplace,
    Masking,
    Multinomial,
    Recurrent,
    RestrictedBoltzmannMachine,
    SaltAndPepper,
    SparseAutoencoder,
    SparseRate,
    StackedAutoencoder,
    TopK,
    Training,
    VariationalAutoencoder,
    WarmUp,
)
from isthmus.errors import DiagnosticWarning

SHORT = Training(epochs=2, batch_size=8, validation=0)
VARIANTS = {
    "plain": lambda: Autoencoder(3),
    "free": lambda: Autoencoder(3, Masking(0.3), GaussianCode(), (KL(), Contractive(0.1))),
    "free, warming": lambda: Autoencoder(3, bottleneck=GaussianCode(), penalties=(KL(WarmUp(2.0, 0.5)),),
                                         likelihood=Gaussian(None)),
    "free, exact": lambda: Autoencoder(3, GaussianNoise(0.1), TopK(2), (Contractive(0.1, projections=None),)),
    "denoising, noise": lambda: DenoisingAutoencoder(3, GaussianNoise(0.2)),
    "denoising, masking": lambda: DenoisingAutoencoder(3, Masking(0.3)),
    "denoising, salt": lambda: DenoisingAutoencoder(3, SaltAndPepper(0.3)),
    "sparse, l1": lambda: SparseAutoencoder(3, penalty=L1(0.01)),
    "sparse, rate": lambda: SparseAutoencoder(3, penalty=SparseRate(0.1, 0.2)),
    "sparse, top k": lambda: SparseAutoencoder(3, bottleneck=TopK(2)),
    "sparse, batch top k": lambda: SparseAutoencoder(3, BatchTopK(2), AuxK(dead_after=4)),
    "binary": lambda: BinaryAutoencoder(3, penalty=BitBalance(0.1)),
    "binary, noise": lambda: BinaryAutoencoder(3, BinaryCode(noise=2.0), Decorrelation(0.1), likelihood=Multinomial()),
    "contractive": lambda: ContractiveAutoencoder(3, Contractive(0.1)),
    "stacked": lambda: StackedAutoencoder(3, (5,), (DenoisingAutoencoder(training=SHORT), ContractiveAutoencoder(training=SHORT))),
    "stacked, tied": lambda: StackedAutoencoder(3, (5, 4), SparseAutoencoder(training=SHORT), tied=True),
    "stacked, machines": lambda: StackedAutoencoder(3, (5,), RestrictedBoltzmannMachine(training=SHORT)),
    "stacked, binary": lambda: StackedAutoencoder(3, (5,), (DenoisingAutoencoder(training=SHORT), BinaryAutoencoder(training=SHORT))),
    "variational, bernoulli": lambda: VariationalAutoencoder(3, KL(), likelihood=Bernoulli()),
    "variational, gaussian": lambda: VariationalAutoencoder(3, KL(0.1, free_bits=0.01), likelihood=Gaussian(0.1)),
    "variational, laplace": lambda: VariationalAutoencoder(3, ImportanceWeighted(draws=Growth(3)), likelihood=Laplace(None)),
    "machine": lambda: RestrictedBoltzmannMachine(3, BinaryUnits(), gibbs_steps=2),
    "machine, gaussian": lambda: RestrictedBoltzmannMachine(3, likelihood=Gaussian()),
    "machine, persistent": lambda: RestrictedBoltzmannMachine(3, GaussianUnits(), persistent=True),
}  # fmt: skip

NETWORKS = {  # the network and the shape of an item
    "default": (None, (6,)),
    "tied": (Dense((8,), tied=True), (6,)),
    "linear": (Dense(()), (6,)),
    "tied, linear": (Dense((), tied=True), (6,)),
    "dictionary": (Dense((8,), unit_norm=True), (6,)),
    "images": (Conv((4,)), (7, 5)),
    "colours": (Conv((4, 6)), (7, 5, 3)),
    "series": (Conv((4,), dimensions=1), (9, 2)),
    "table as images": (Conv((4,), shape=(4, 3, 1)), (12,)),
    "residual": (Conv((4,), residual=1, normalized=True), (7, 5)),
    "recurrent": (Recurrent(5, layers=2, bidirectional=True), (9, 2)),
}

#: Those that take any network, and those that are one.
FREE = [variant for variant, make in VARIANTS.items() if "network" in make().get_params(deep=False)]
FIXED = [variant for variant in VARIANTS if variant not in FREE]

EVERY = [(variant, network) for variant in FREE for network in NETWORKS] + [(variant, "default") for variant in FIXED]
#: Each variant and each network at least once.
COVER = [(variant, "default") for variant in VARIANTS] + [("free", network) for network in NETWORKS if network != "default"]


def estimator(variant, network="default", **training):
    """Return an unfitted estimator of that variant with that network."""
    settings = Training(**{"epochs": 2, "batch_size": 8, "validation": 0, **training})
    model = VARIANTS[variant]().set_params(training=settings, random_state=0)
    return model if variant in FIXED else model.set_params(network=NETWORKS[network][0])


def items(network="default", n=24, dtype=np.float32):
    """Return rows in [0, 1] for that network."""
    return np.random.default_rng(1).random((n, *NETWORKS[network][1])).astype(dtype)


def quietly(fit, *args):
    """Return ``fit(*args)`` without diagnostics, which two epochs on noise deserve."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DiagnosticWarning)
        return fit(*args)
