"""How a stage ends when what it was given is wrong: in a message, not in a traceback."""

import os
import sys
from collections.abc import Callable


class InputError(ValueError):
    """What the user gave is wrong; the message says what was expected, what was found and where."""


def printable(text: object) -> str:
    """Text whose controls, bidirectional ones and lone surrogates too, are seen and not obeyed."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in str(text)
    )


def run(main: Callable[[], None], returncode: int = 1) -> None:
    """Run `main`; end with a message and `returncode` where its input is wrong or a file fails."""
    try:
        main()
    except InputError as error:
        message = str(error)
    except FileNotFoundError as error:
        message = f"{error.filename} is missing: `dvc repro` makes it, or `dvc pull` fetches it"
    except OSError as error:
        path = error.filename2 or error.filename or "a file"
        message = f"{path}: {error.strerror or error}"
    except KeyboardInterrupt:
        message, returncode = "interrupted", 130
    else:
        return
    if stage := os.environ.get("DVC_STAGE"):
        message += (
            f"\nDVC has removed the outputs of stage {stage}; "
            "to get them back: git restore metrics && dvc checkout"
        )
    print("\n".join(map(printable, message.split("\n"))), file=sys.stderr)
    sys.exit(returncode)
