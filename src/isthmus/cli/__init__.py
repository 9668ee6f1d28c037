"""The command line: `isthmus VERB ...`; each verb is one file."""

import signal
import sys
import warnings
from collections.abc import Sequence
from importlib.metadata import version

from cyclopts import App, CycloptsError, Parameter

from ..errors import IsthmusError
from .progress import errors_console, note

app = App(
    name="isthmus",
    help="""Short codes for your tables, images and arrays, learnt without labels by autoencoders.

    DATA is a built-in set (digits, swissroll, curves, tones), a .npy, .npz[:key], .csv, .jsonl or .parquet file, texts (a
    folder of .txt, or a column such as posts.jsonl:text), a folder or .zip of images, or a folder of sounds. RUN is the folder
    that `fit` writes; it holds everything from the raw items to their codes and back.

    Start with: isthmus compare digits --latent-dim 8 --out runs/digits
    """,
    version=lambda: version("isthmus"),
    help_format="plaintext",
    suppress_keyboard_interrupt=False,  # so that a stopped fit can say how to go on
    default_parameter=Parameter(negative=()),
)
for verb, summary in {
    "compare": "Every variant at one code size beside PCA: a table, a verdict, report.html.",
    "fit": "Train one autoencoder and keep it in a run folder.",
    "evaluate": "Errors, likelihood and neighbours of a run on data, with PCA beside it.",
    "encode": "Write the codes of data.",
    "decode": "Write the items that codes stand for.",
    "reconstruct": "Write data sent through the code and back: cleaned, or with gaps filled.",
    "sample": "Write new items.",
    "interpolate": "Write the items between two items.",
    "detect": "Score how likely a run finds items, name the odd ones and what makes them odd.",
    "index": "Write the codes of data, ready to be searched.",
    "search": "Find the items of an index that are like a query.",
    "convert": "Say what is said in recordings with another voice.",
    "morph": "Write the notes between notes.",
    "info": "Say what a run holds.",
}.items():
    app.command(f"isthmus.cli.{verb}:{verb}", name=verb, help=summary)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return 0, 1 for an error (one line on standard error), 2 for wrong usage, 130 for Ctrl-C or SIGTERM."""
    words = list(sys.argv[1:] if argv is None else argv)
    debug = "--debug" in words
    words = [word for word in words if word != "--debug"]
    told: set[str] = set()  # what is true of the data is said once, and not by every variant

    def once(text: str) -> None:
        if text not in told:
            note(text)
        told.add(text)

    if argv is None:
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # a batch system's stop, too, keeps what was learnt and leaves no scraps
    warnings.showwarning = lambda message, *_: once(str(message))
    try:
        app(words, exit_on_error=False, print_error=False, result_action="return_value")
    except CycloptsError as error:
        _say(f"{str(error).replace(', ...', ' and more').rstrip('.')}. Try: isthmus --help, or isthmus VERB --help")
        return 2
    except KeyboardInterrupt as stop:
        if str(stop):
            note(str(stop))
        return 130
    except Exception as error:
        if debug:
            raise
        if isinstance(error, IsthmusError | ValueError | OSError | MemoryError):
            _say(str(error) or type(error).__name__)
        else:  # a fault of ours, yet nobody should have to read a traceback
            _say(f"{type(error).__name__}: {error}. This is a fault in isthmus; --debug shows where, for a report of it.")
        return 1
    return 0


def _say(error: str) -> None:
    """Say what went wrong in one line."""
    errors_console().print(f"isthmus: {' '.join(error.split())}", style="red", markup=False)
