"""Make the metrics of the frozen project anew, where the code's outputs change on purpose."""

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from regression.errors import run
from tests.project import FROZEN, Clone, build_repository
from tools.command import Parser


def main() -> None:
    Parser("tests.renew", __doc__).parse_args()
    with TemporaryDirectory() as folder:
        build_repository(Path(folder))
        Clone(Path(folder)).run("dvc pull -q data/table.csv.dvc && dvc repro")
        for file in (FROZEN / "metrics").iterdir():
            shutil.copy(Path(folder) / "metrics" / file.name, file)


if __name__ == "__main__":
    run(main)
