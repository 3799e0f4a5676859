"""dvc.yaml, params.yaml and the stages agree, and no more runs than what changed."""

import ast
from pathlib import Path

import pytest

from project import STAGES, listed
from stages.params import Params

LOADED = "params", "load_params()"


def parse(script: str) -> list[ast.AST]:
    return list(ast.walk(ast.parse(Path(script).read_text())))


def imported(script: str) -> set[str]:
    """The modules of stages/ that a script imports, directly or not, and itself."""
    local = set()
    for node in parse(script):
        if isinstance(node, ast.ImportFrom) and node.module == "stages":
            local |= {f"stages/{alias.name}.py" for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module.startswith("stages."):
            local.add(f"{node.module.replace('.', '/')}.py")
    return {script}.union(*(imported(module) for module in local))


@pytest.mark.parametrize("name", STAGES)
class TestStage:
    """What holds for each stage of dvc.yaml."""

    def test_its_sections_of_params_are_those_it_loads(self, name):
        """A section that a script reads is declared, and no other."""
        loaded = {
            node.attr
            for node in parse(f"stages/{name}.py")
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) in LOADED
        }
        assert loaded & Params.model_fields.keys() == set(STAGES[name]["params"])

    def test_its_code_and_the_lock_are_dependencies(self, name):
        """So that another version of either never leaves an old result standing."""
        code = {dep for dep in listed(name, "deps") if not dep.startswith(("data/", "models/"))}
        assert code == imported(f"stages/{name}.py") | {"requirements.txt"}

    def test_it_runs_the_script_of_its_name(self, name):
        """Stage, script and command go by one name."""
        assert STAGES[name]["cmd"] == f"python -m stages.{name}"


@pytest.mark.parametrize("section", Params.model_fields)
def test_every_parameter_is_read(section):
    """A parameter that no stage reads would be a promise that nothing keeps."""
    read = {
        node.attr
        for name, stage in STAGES.items()
        if section in stage["params"]
        for node in parse(f"stages/{name}.py")
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) in ("params", section)
    }
    parameters = set(Params.model_fields[section].annotation.model_fields)
    assert parameters <= read
    assert not parameters & {"size", "nfiles"}  # which DVC's run cache would not see


def test_results_that_a_reviewer_reads_are_in_git():
    """Whatever lies in metrics/ needs no download; everything else lies in DVC's cache."""
    for name in STAGES:
        for path, options in listed(name, "outs", "metrics", "plots").items():
            assert options.get("cache", True) != path.startswith("metrics/")
