"""How every tool reads its arguments; how it ends is in regression/errors.py."""

import argparse
import re
from collections.abc import Callable
from typing import NoReturn

from regression.errors import InputError


class Parser(argparse.ArgumentParser):
    """Takes options by their full names alone, and refuses what is wrong in one line."""

    def __init__(self, module: str, description: str | None):
        super().__init__(f"python -m {module}", description=description, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message}; see {self.prog} --help")


def whole_number(lowest: int) -> Callable[[str], int]:
    """The type of an argument that counts something."""

    def read(text: str) -> int:
        if not re.fullmatch("[0-9]{1,4}", text) or int(text) < lowest:
            raise argparse.ArgumentTypeError(
                f"should be a whole number from {lowest} to 9999, found {text}"
            )
        return int(text)

    return read
