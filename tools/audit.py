"""Check the locked packages for known vulnerabilities; list the licences of the direct ones."""

import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from datetime import UTC, date, datetime
from importlib.metadata import PackageMetadata, PackageNotFoundError, metadata
from pathlib import Path

from packaging.requirements import Requirement
from pydantic import BaseModel, ConfigDict, ValidationError

from regression.errors import InputError, complain, run, say
from regression.files import go_to_project
from regression.report.markdown import markdown_table
from tools.command import Parser

LOCK, CONFIG = "requirements.txt", "pyproject.toml"


class Exemption(BaseModel):
    """A vulnerability that does not reach this project: why, and until when that is believed."""

    model_config = ConfigDict(extra="forbid")

    id: str
    until: date
    reason: str


def read_exceptions(text: str, today: date) -> list[str]:
    """The identifiers in `tool.audit.exceptions`; raises InputError where one is out of date."""
    listed = tomllib.loads(text).get("tool", {}).get("audit", {}).get("exceptions", [])
    try:
        exceptions = [Exemption.model_validate(entry) for entry in listed]
    except ValidationError as error:
        first = error.errors()[0]
        raise InputError(
            f"{CONFIG}: an entry of tool.audit.exceptions should have an id, a date until and a "
            f"reason: {'.'.join(map(str, first['loc']))}: {first['msg']}"
        ) from None
    for each in exceptions:
        if each.until < today:
            raise InputError(f"{CONFIG}: the exception for {each.id} ended on {each.until}")
    return [each.id for each in exceptions]


def licence(package: PackageMetadata) -> str:
    """What a package says of its licence, in one line; empty where it says nothing."""
    told = package.json  # names as `license_expression`
    classifiers = [
        line.rpartition(" :: ")[2]
        for line in told.get("classifier", [])
        if line.startswith("License ::")
    ]
    text = str(told.get("license_expression") or ", ".join(classifiers) or told.get("license", ""))
    return text.strip().partition("\n")[0]


def licences(text: str) -> Iterator[tuple[str, str]]:
    """The packages that the project names itself, each with its licence."""
    for line in tomllib.loads(text)["project"]["dependencies"]:
        name = Requirement(line).name
        try:
            yield name, licence(metadata(name))
        except PackageNotFoundError:
            raise InputError(f"{name} is not installed: make setup") from None


def vulnerabilities(ignored: list[str], *options: str) -> Iterator[str]:
    """A line for each known vulnerability of a locked package.

    Raises InputError where not every package could be looked up.
    """
    command = [sys.executable, "-m", "pip_audit", "--strict", "--disable-pip", "--require-hashes"]
    command += ["--requirement", LOCK, "--format", "json", "--progress-spinner", "off", *options]
    command += [word for each in ignored for word in ("--ignore-vuln", each)]
    done = subprocess.run(command, capture_output=True, text=True)
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        reason = done.stderr.strip().rpartition("\n")[2] or "pip-audit says nothing"
        raise InputError(
            f"nothing is known of {LOCK}, no vulnerability service answered: {reason:.300}"
        ) from None
    for package in packages:
        for found in package["vulns"]:
            mended = ", ".join(found["fix_versions"]) or "no version yet"
            yield f"{package['name']} {package['version']}: {found['id']}, mended in {mended}"


def main() -> int:
    parser = Parser("tools.audit", __doc__)
    parser.add_argument("--osv-url", help="an OSV server to ask (PyPI's own data)")
    options = parser.parse_args()
    go_to_project()
    text = Path(CONFIG).read_text()
    ignored = read_exceptions(text, datetime.now(UTC).date())
    rows = list(licences(text))
    say(markdown_table(["package", "licence"], rows))
    unknown = [f"{name} states no licence" for name, told in rows if not told]
    service = ["--vulnerability-service", "osv", "--osv-url", options.osv_url]
    found = [*unknown, *vulnerabilities(ignored, *(service if options.osv_url else []))]
    if found:
        complain("\n".join(found))
        return 1
    say(
        f"no package in {LOCK} has a known vulnerability"
        + f", {len(ignored)} excepted" * bool(ignored)
    )
    return 0


if __name__ == "__main__":
    run(main)
