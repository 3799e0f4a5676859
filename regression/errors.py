"""How a program ends when something is wrong: in a message and an exit code, not in a traceback.

0: all is well.
1: the answer is no, or what was checked is wrong.
2: wrong use, or an input that cannot be read.
130: interrupted. 141: whoever read its output left before the end.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from io import BufferedWriter, FileIO, TextIOWrapper
from pathlib import Path
from typing import NoReturn, TextIO

PROJECT = Path(__file__).resolve().parents[1]

BLANKS = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"


class InputError(ValueError):
    """What the user gave is wrong; the message says what was expected, what was found and where."""


def printable(text: object) -> str:
    """Text whose controls, bidirectional ones and lone surrogates too, are seen and not obeyed.

    So are letters that show as nothing.
    """
    return "".join(
        char
        if char.isprintable() and char not in BLANKS
        else char.encode("unicode_escape").decode()
        for char in str(text)
    )


def excerpt(text: str, most: int) -> str:
    """What stands in a file, as a message shows it: cut where it is long, controls escaped."""
    return printable(text[:most]) + "…" * (len(text) > most)


def shortened(lines: list[str], most: int) -> list[str]:
    """The first lines, and how many more there are."""
    return lines if len(lines) <= most else [*lines[:most], f"and {len(lines) - most} more"]


def counted(number: int, word: str) -> str:
    """So many of something, as in 1 row, 2 rows."""
    return f"{number} {word}{'' if number == 1 else 's'}"


def run(main: Callable[[], int | None]) -> NoReturn:
    """Run `main` and exit with the code that it returns, or with a message on what stopped it."""
    raw = getattr(sys.stdout, "buffer", None)
    if isinstance(raw, FileIO):
        # PYTHONUNBUFFERED is set: what a full disk does not take would be lost without a word.
        sys.stdout = TextIOWrapper(BufferedWriter(FileIO(raw.fileno(), "w", closefd=False)))
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(encoding="utf-8")  # whatever the system's own encoding
    code, message = 2, ""
    try:
        with interruptible():
            try:
                code = main() or 0
            finally:
                say("", end="")  # what is still in the buffer
    except InputError as error:
        message = str(error)
    except BrokenPipeError:
        code = 141
    except OSError as error:
        path = as_typed(error.filename2 or error.filename or "a file")
        message = f"{path}: {error.strerror or ' '.join(map(str, error.args))}"
        if isinstance(error, FileNotFoundError):
            message = f"{path} is missing{remedy(path)}"
    except KeyboardInterrupt:
        code, message = 130, "interrupted"
    if message:
        complain(message + way_back())
    sys.exit(code)


def as_typed(path: str) -> str:
    """A path as one would type it: from the folder where one stands, for a file in there."""
    file, folder = Path(os.path.abspath(path)), Path.cwd()
    return file.relative_to(folder).as_posix() if file.is_relative_to(folder) else path


def say(text: str, end: str = "\n") -> None:
    """Print to standard output; a reader that has seen enough may close it."""
    try:
        print(text, end=end, flush=True)
    except OSError as error:
        discard(sys.stdout)
        if not isinstance(error, BrokenPipeError):
            raise OSError(error.errno, error.strerror, "standard output") from None


def complain(text: str) -> None:
    """Print to standard error, where anyone still reads it."""
    try:
        print("\n".join(map(printable, text.split("\n"))), file=sys.stderr, flush=True)
    except OSError:
        discard(sys.stderr)


def discard(stream: TextIO) -> None:
    """Let go of what a stream could not write: Python would try again at its end, and fail."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def remedy(path: str) -> str:
    """What to say of a missing file: the command that brings it back."""
    import yaml  # only here: a program should be able to end long before it is imported

    file = Path(os.path.abspath(path))
    if not file.is_relative_to(PROJECT):
        return ""
    name = file.relative_to(PROJECT).as_posix()
    if Path(f"{file}.dvc").exists():
        return f": dvc pull {name}.dvc"
    try:
        stages = yaml.safe_load((PROJECT / "dvc.yaml").read_bytes())["stages"]
        for stage, lists in stages.items():
            outputs = [*lists.get("outs", []), *lists.get("metrics", []), *lists.get("plots", [])]
            if any(output == name or [*output] == [name] for output in outputs):
                return f": dvc repro {stage}"
    except (OSError, yaml.YAMLError, LookupError, TypeError, AttributeError):
        pass  # dvc.yaml is missing or damaged too, and not what is looked for
    return ""


def way_back() -> str:
    """What to add to a message where DVC runs a stage."""
    stage = os.environ.get("DVC_STAGE")
    if not stage:
        return ""
    return (
        f"\nDVC has removed the outputs of stage {stage}; "
        "to get them back: git restore metrics && dvc checkout"
    )


def end_on_interrupt() -> None:
    """Have Ctrl-C end the program at once until `run` has begun: imports take seconds.

    For the __init__.py of a package whose modules are programs. Where one of them is not what
    `python -m` is about to run, nothing changes: sys.argv[0] is -m only until it has found it.
    """
    if sys.argv[:1] == ["-m"] and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, EndAtOnce())


class EndAtOnce:
    """Ends the program without an exception, which whatever is being imported might catch."""

    def __init__(self) -> None:
        self.stderr = os.dup(2)  # while TensorFlow is imported, 2 itself leads nowhere

    def __call__(self, *_: object) -> NoReturn:
        with suppress(OSError):
            os.write(self.stderr, f"interrupted{way_back()}\n".encode())
        os._exit(130)


@contextmanager
def interruptible() -> Iterator[None]:
    """Have Ctrl-C raise KeyboardInterrupt, so that what is half-written is removed."""
    handler = signal.getsignal(signal.SIGINT)
    if not isinstance(handler, EndAtOnce):
        yield
        return
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
