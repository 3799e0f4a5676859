"""Print the part of requirements.txt that the stages need, DVC left out."""

import re
from importlib.metadata import requires
from pathlib import Path

from packaging.requirements import Requirement

STAGES = "ai-edge-litert keras matplotlib numpy pandas pandera pydantic pyyaml tensorflow tqdm"

text = (Path(__file__).parents[1] / "requirements.txt").read_text()
locked = {entry.partition("==")[0]: entry for entry in re.split(r"\n(?=\S)", text) if "==" in entry}
needed, left = set(), STAGES.split()
while left:
    name = re.sub(r"[-_.]+", "-", left.pop()).lower()
    if name in locked and name not in needed:
        needed.add(name)
        found = [Requirement(line) for line in requires(name) or []]
        extra = {"extra": "pandas"}  # pandera's
        left += [each.name for each in found if not each.marker or each.marker.evaluate(extra)]
print("\n".join(locked[name] for name in sorted(needed)))
