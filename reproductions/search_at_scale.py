"""Search among up to a million items: building, memory, speed at equal recall, growth, and from documents on disk to answers.

    python -m reproductions.search_at_scale [--quick] [--data FOLDER] [--seeds 1] [--only codes,documents] [--out DIR]

Codes are drawn from the density of an autoencoder's codes of handwritten digits, so that they lie as real ones do; documents are pieces
of real posts, drawn anew. Seconds are of the machine at hand.
"""

import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from isthmus import Autoencoder, Dense
from isthmus.metrics import neighbour_recall
from isthmus.tasks import Index, fit_density

from .runner import Line, Measures, Setting, reproduce
from .texts import newsgroups

SIZES, CODE, QUERIES, MORE, PIECE = (10_000, 30_000, 100_000, 300_000, 1_000_000), 32, 500, 100_000, 60


def codes(to: Setting) -> Measures:
    """Return what an index of each size costs; the largest is saved, mapped, and grows by a tenth."""
    digits = to.mnist()
    model = Autoencoder(CODE, network=Dense((256,)), training=to.training(2, 128), random_state=to.seed).fit(digits.train)
    drawn = fit_density(model, digits.train[:20_000]).density
    sizes = [size // 50 for size in SIZES] if to.quick else list(SIZES)
    all_of_them = drawn.sample(sizes[-1], to.seed + 1).astype(np.float32)
    queries, rows = drawn.sample(QUERIES, to.seed + 2).astype(np.float32), []
    for size in sizes:
        began = time.perf_counter()
        index = Index.build(all_of_them[:size], graph=True)
        row = {"size": size, "build": time.perf_counter() - began, "graph_rate": rate(index, queries),
               "exact_rate": rate(index.exactly(), queries[:100])}  # fmt: skip
        found, true = index.search(queries), index.exactly().search(queries)
        rows.append(row | {"recall": neighbour_recall(found.places, true.places)})
        print(row, flush=True)
    drawing(to.out / "sizes.png", rows)
    folder = index.save(to.out / "index")
    del index
    began = time.perf_counter()
    mapped = Index.load(folder)
    opened = time.perf_counter() - began
    mapped.search(queries)
    mapped_rate = rate(mapped, queries)
    graph_bytes = (folder / "graph.faiss").stat().st_size
    grown = Index.load(folder, mapped=False)
    more = drawn.sample(MORE // (50 if to.quick else 1), to.seed + 3).astype(np.float32)
    began = time.perf_counter()
    grown.add(more, [f"new {place}" for place in range(len(more))])
    added = time.perf_counter() - began
    again = grown.search(more[:QUERIES], k=1)
    last = {f"last_{name}": value for name, value in rows[-1].items()}
    return {"rate_over_exact": rows[-1]["graph_rate"] / rows[-1]["exact_rate"], **last,
            "open_seconds": opened, "mapped_rate": mapped_rate, "bytes_code": mapped.bytes_per_item, "bytes_graph": graph_bytes / sizes[-1],
            "add_seconds": added, "found_again": float((again.distances < 1e-6).mean())}  # fmt: skip


def rate(index: Index, queries: np.ndarray) -> float:
    """Return queries a second."""
    began = time.perf_counter()
    index.search(queries)
    return len(queries) / (time.perf_counter() - began)


def drawing(path: Path, rows: list[dict[str, float]]) -> None:
    """Draw cost against size."""
    figure = Figure(figsize=(9, 3.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    sizes = [row["size"] for row in rows]
    left.loglog(sizes, [row["build"] for row in rows], marker="o", label="building the graph")
    left.set(xlabel="items", ylabel="seconds")
    for name, label in (("graph_rate", "graph"), ("exact_rate", "each compared")):
        right.loglog(sizes, [row[name] for row in rows], marker="o", label=label)
    right.set(xlabel="items", ylabel="queries a second")
    right.legend(frameon=False)
    figure.savefig(path, dpi=120)


def documents(to: Setting) -> Measures:
    """Return how long each command takes from a million lines of JSON to an answer, and the most memory that one took."""
    (posts, _), _ = newsgroups(to.data)
    count, rng = (20_000 if to.quick else 1_000_000), np.random.default_rng(to.seed)
    words = [post.split() for post in posts if post.strip()]
    path = to.out / "documents.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            own = words[rng.integers(len(words))]
            start = rng.integers(max(1, len(own) - PIECE))
            file.write(json.dumps({"id": f"d{number}", "text": " ".join(own[start : start + PIECE])}) + "\n")
    few = to.out / "few.jsonl"
    with few.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps({"text": post}) + "\n" for post in posts)
    run, index = str(to.out / "run"), str(to.out / "documents")
    commands = {
        "fit": ["fit", f"{few}:text", "--corruption", "masking:0.5:true", "--bottleneck", "binary-code", "--hidden", "500", "--decoder",
                "none", "--latent-dim", "64", "--epochs", str(to.passes(10)), "--out", run],
        "index": ["index", run, f"{path}:text", "--out", index],
        "search": ["search", index, "the orbit of the moon", "-k", "10"],
    }  # fmt: skip
    row: Measures = {"documents": count, "megabytes": path.stat().st_size / 2**20}
    for name, command in commands.items():
        began = time.perf_counter()
        more = [] if name == "search" else ["--overwrite"]
        subprocess.run([sys.executable, "-W", "ignore", "-m", "isthmus", *command, *more], check=True)
        row[f"{name}_seconds"] = time.perf_counter() - began
        row[f"{name}_peak_megabytes"] = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024  # of the largest so far
    return row


LINES = {
    "codes": Line(codes, "rate_over_exact", "none", "queries a second by the graph over those by comparing each, a million codes"),
    "documents": Line(documents, "index_seconds", "none", "pieces of 60 words; 64 bits each"),
}


if __name__ == "__main__":
    reproduce("Search at scale", LINES, __doc__ or "")
