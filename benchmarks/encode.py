"""Encoding from disk: rows of a .npy file to codes in another, 784-1000-500-250-30."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from . import data
from .implementations import ISTHMUS, KERAS_JAX, PRODUCTS, PYTHAE, PYTORCH, Implementation
from .machine import Watch, peak_mib, steady
from .networks import Dense, Product, operations
from .table import medians, ratio, share
from .workload import Found, Result, Workload, markdown

BATCH = 4096
_COMMAND = (replace(ISTHMUS, name="isthmus-bfloat16", options={"flags": ["--precision", "bf16"]}),
            replace(ISTHMUS, name="isthmus-float32", options={"flags": []}))  # fmt: skip
_HEADER = ("", "rows/s", "isthmus-bfloat16 is", "isthmus-float32 is", "of the matrix rate", "peak MiB")


@dataclass(frozen=True)
class Encoding(Workload):
    """The command ``isthmus encode``, and the peers in a process that has built the network and encoded a batch before.

    The command's rate is from the time that it takes for all rows less that for one batch, so that its start is left out too.
    """

    network: Dense
    rows: int

    @property
    def implementations(self) -> tuple[Implementation, ...]:
        return (*_COMMAND, PYTORCH, PYTHAE, KERAS_JAX, *PRODUCTS)

    def run(self, implementation: Implementation, seed: int, watch: Watch, scratch: Path) -> Result:
        few, all_rows = (rows_file(scratch, rows) for rows in (BATCH, self.rows))
        if implementation in _COMMAND:
            run = _fitted(self.network, few, scratch / "run")
            flags = implementation.options["flags"]
            start, _ = _command(run, few, flags, watch)
            seconds, peak = _command(run, all_rows, flags, watch)
            rate = (self.rows - BATCH) / (seconds - start)
        elif implementation in PRODUCTS:
            times, limit = self.rows // BATCH, implementation.load()
            limit.repeat(limit.forward(self._products(), implementation.options["dtype"]), times, 2, watch)
            rate, peak = times * BATCH / watch.epochs()[-1]["seconds"], peak_mib()
        else:
            encode = implementation.load().encoder(self.network)
            codes = all_rows.with_suffix(f".{implementation.name}.npy")
            for path in (few, all_rows):
                watch()
                np.save(codes, encode(path))
            watch()
            rate, peak = self.rows / watch.epochs()[-1]["seconds"], peak_mib()
            codes.unlink()
        _, disturbed = steady(watch.epochs()[-1:])
        return {"samples_per_second": rate, "peak_mib": peak, "disturbed": disturbed, "others": watch.epochs()[-1]["others"],
                "precision": "bfloat16" if implementation is _COMMAND[0] else "float32"}  # fmt: skip

    def table(self, found: Found, out: Path) -> str:
        a_row, rows = operations(self._products()) / BATCH, []
        for name, results in found.items():
            if "absent" in results[0]:
                rows.append((name, results[0]["absent"], *[""] * (len(_HEADER) - 2)))
                continue
            ours = ["" if name.startswith(("isthmus", "products")) else ratio(found.get(one.name, []), results) for one in _COMMAND]
            rows.append((name, medians(results, "samples_per_second", ",.0f"), *ours, share(found, name, a_row),
                         medians(results, "peak_mib", ".0f")))  # fmt: skip
        return f"{self.rows:,} rows.\n\n{markdown(_HEADER, rows)}"

    def quick(self) -> "Encoding":
        return replace(self, rows=2 * BATCH)

    def _products(self) -> list[Product]:
        """Return the encoder's products for one batch."""
        return self.network.products(BATCH)[: len(self.network.widths) - 1]


def rows_file(folder: Path, rows: int) -> Path:
    """Return a file of so many rows, float32 in [0, 1], written if it is not there."""
    path = folder / f"rows-{rows}.npy"
    if not path.is_file():
        digits, _ = data.digits(min(rows, 60_000))
        part = path.with_suffix(".part")
        with part.open("wb") as file:
            np.lib.format.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": False, "shape": (rows, 784)})
            for start in range(0, rows, len(digits)):
                file.write((digits[: rows - start].astype("<f4") / 255).tobytes())
        os.replace(part, path)
    return path


def _fitted(network: Dense, rows: Path, run: Path) -> Path:
    """Return a run folder of that network, fitted for one epoch if it is not there."""
    if not (run / "config.json").is_file():
        *hidden, code = network.widths[1:]
        shape = ["--latent-dim", str(code), "--hidden", ",".join(map(str, hidden)), "--activation", network.activation]
        command = [sys.executable, "-m", "isthmus", "fit", str(rows), *shape, "--epochs", "1", "--out", str(run)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return run


def _command(run: Path, rows: Path, flags: list[str], watch: Watch) -> tuple[float, float]:
    """Return the seconds that ``isthmus encode`` takes, and the most memory that it held, in MiB."""
    codes = rows.with_suffix(".isthmus.npy")
    watch()
    begun = time.monotonic()
    command = [sys.executable, "-m", "isthmus", "encode", str(run), str(rows), "--out", str(codes), "--overwrite", *flags]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - begun
    watch()
    if status:
        raise SystemExit(f"isthmus encode {' '.join(flags)} is refused")
    codes.unlink()
    return seconds, usage.ru_maxrss / 1024
