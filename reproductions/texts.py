"""Texts for the reproductions: 20 Newsgroups as two files of JSON lines."""

import gzip
import json
from pathlib import Path

import numpy as np

Texts = tuple[list[str], np.ndarray]  # posts, and their groups as whole numbers


def newsgroups(folder: Path) -> tuple[Texts, Texts]:
    """Return the training and the test posts of the "bydate" version."""
    train, test = (_read(folder / f"20newsgroups_{part}.jsonl.gz") for part in ("train", "test"))
    groups = {group: number for number, group in enumerate(sorted({line["label"] for line in train}))}
    (posts, labels), (more, others) = (([line["text"] for line in part], np.array([groups[line["label"]] for line in part]))
                                       for part in (train, test))  # fmt: skip
    return (posts, labels), (more, others)


def _read(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]
