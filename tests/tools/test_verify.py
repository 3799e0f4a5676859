"""Whether the metrics that were made anew are the committed ones."""

import hashlib
import json
import re

import pytest
import yaml

from tests.project import Clone, listed

(INTERVAL,) = (path for path in listed("evaluate", "outs") if path.endswith("interval.json"))


def test_what_another_processor_may_move_is_let_pass(clone):
    """A tenth in a prediction, the last digit of a loss, and the picture."""
    clone.edit("metrics/history.csv", "\n1,68134900.0,", "\n1,68135000.0,")
    clone.edit("metrics/predictions.csv", "1967-07-01,2944.0,6623.4,", "1967-07-01,2944.0,6623.5,")
    clone.run("sed -i 's/model.tflite 4bb3/model.tflite 1fc6/' metrics/model_card.md")
    clone.run("echo >> metrics/predictions.png")
    relock(clone, "models/model.tflite", "models/model.keras", "models/model.json", INTERVAL)

    assert "are what its code gives" in clone.run("python -m tools.verify")


@pytest.mark.parametrize(
    ("paths", "line"),
    [
        (["models/model.keras"], "dvc.lock, models/model.keras: committed"),
        (["metrics/history.csv"], "dvc.lock, metrics/history.csv: committed"),
        ([], "metrics/history.csv, line 2, loss: committed 68134900.0, made 68135000.0"),
    ],
)
def test_of_an_exact_model_no_byte_may_move(clone, paths, line):
    """On any processor, but for the picture."""
    content = '{"exact": true}'
    (clone.path / "models/model.json").write_text(content)
    relock(clone, "models/model.json", md5=hashlib.md5(content.encode()).hexdigest())
    clone.run("git commit -qam Exact")
    relock(clone, "metrics/predictions.png", *paths)
    if not paths:
        assert "are what its code gives" in clone.run("python -m tools.verify")
        clone.edit("metrics/history.csv", "\n1,68134900.0,", "\n1,68135000.0,")

    assert line in clone.run("python -m tools.verify", returncode=1)


def relock(clone: Clone, *paths: str, md5: str = "0" * 32) -> None:
    """Have dvc.lock say that a stage made something else of the paths."""
    lock = yaml.safe_load((clone.path / "dvc.lock").read_text())
    for stage in lock["stages"].values():
        for out in stage["outs"]:
            if out["path"] in paths:
                out["md5"] = md5
    (clone.path / "dvc.lock").write_text(yaml.safe_dump(lock, sort_keys=False))


@pytest.mark.parametrize(
    "paths",
    [
        ["data/prepared.csv"],
        ["data/test.csv", "models/model.tflite"],
        ["models/model.json"],
        [INTERVAL],
    ],
)
def test_what_is_not_in_git_is_compared_by_its_hash(clone, paths):
    """Tables always; what names the model's hash, where the model is the same."""
    relock(clone, *paths)

    message = clone.run("python -m tools.verify", returncode=1)
    assert re.fullmatch(
        rf"the metrics of .* are not what its code gives:\n  dvc.lock, {paths[0]}: "
        r"committed [0-9a-f]{32}, made 0{32}\n",
        message,
    )


@pytest.mark.parametrize(
    ("command", "line"),
    [
        (
            "sed -i '2s/6623.4/6623.6/' metrics/predictions.csv",
            "metrics/predictions.csv, line 2, predicted: committed 6623.4, made 6623.6",
        ),
        (
            "sed -i '2s/,,/,1.0,/' metrics/predictions.csv",
            "metrics/predictions.csv, line 2, persistence: committed empty, made 1.0",
        ),
        (
            "sed -i '2s/1967-07/1967-08/' metrics/predictions.csv",
            "metrics/predictions.csv, line 2, date: committed 1967-07-01, made 1967-08-01",
        ),
        (
            "sed -i '$d' metrics/predictions.csv",
            "metrics/predictions.csv, line 174, date: committed 2014-08-01, made nothing",
        ),
        (
            "sed -i 's/1824.9/1825.0/' metrics/metrics.json",
            "metrics/metrics.json, test.rmse: committed 1824.9, made 1825.0",
        ),
        (
            "sed -i '2s/68134900.0/68136900.0/' metrics/history.csv",
            "metrics/history.csv, line 2, loss: committed 68134900.0, made 68136900.0",
        ),
        (
            "sed -i 's/4843.51/4843.52/' metrics/summary.csv",
            "metrics/summary.csv, line 3, mean: committed 4843.51, made 4843.52",
        ),
        (
            "echo 2014-09-01 >> metrics/predictions.csv",
            "metrics/predictions.csv, line 175, date: committed nothing, made 2014-09-01",
        ),
        ("rm metrics/summary.csv", "metrics/summary.csv is missing in the workspace"),
        ("echo '{' > metrics/metrics.json", "metrics/metrics.json cannot be read: Expecting"),
        (": > metrics/summary.csv", "metrics/summary.csv cannot be read: not enough values"),
        (
            "echo 'a,b' > metrics/summary.csv",
            "summary.csv, line 2, column: committed date, made nothing",
        ),
        ("echo '[]' > metrics/metrics.json", "cannot be read: it should hold names and values"),
        ("echo 1e999999999 > metrics/metrics.json", "cannot be read: it should hold names and val"),
        (
            "sed -i 's/1824.9/1e999999999/' metrics/metrics.json",
            "test.rmse: committed 1824.9, made 1e999999999",
        ),
        (
            "printf '[%.0s' $(seq 100000) > metrics/metrics.json",
            "metrics/metrics.json cannot be read: it is nested too deep",
        ),
        (
            "printf '{\"a\":%.0s' $(seq 100000) > metrics/metrics.json",
            "metrics/metrics.json cannot be read: it is nested too deep",
        ),
        (r"printf '\377' > metrics/metrics.json", "metrics/metrics.json cannot be read: 'utf-8'"),
        (r"printf '\377' > metrics/history.csv", "metrics/history.csv cannot be read: 'utf-8'"),
        (r"printf 'a\0b' > metrics/history.csv", "committed 68134900.0, made nothing"),
        (
            "printf '%0200000d' 1 > metrics/history.csv",
            "metrics/history.csv cannot be read: field larger than field limit",
        ),
        (
            r"sed -i '2s/6623.4/\x1b[2J/' metrics/predictions.csv",
            r"line 2, predicted: committed 6623.4, made \x1b[2J",
        ),
        (
            "sed -i '2s/6623.4/'$(printf '%0500d' 1)'/' metrics/predictions.csv",
            f"committed 6623.4, made {'0' * 200}…",
        ),
        (
            "sed -i 's/held 93.1%/held 99.1%/' metrics/model_card.md",
            "metrics/model_card.md, line 23: committed Its intervals (conformal, from errors on",
        ),
    ],
)
def test_a_difference_is_told_with_its_file_and_cell(clone, command, line):
    """Committed beside made, and exit code 1."""
    clone.run(command)

    message = clone.run("python -m tools.verify", returncode=1)
    assert line in message
    assert "Traceback" not in message
    assert all(line.startswith("  ") and line.isprintable() for line in message.splitlines()[1:])


def test_no_more_than_ten_differences_are_listed(clone):
    """And how many more there are."""
    clone.run("sed -i -E '2,$s/^(.*),[^,]*$/\\1,0.0/' metrics/history.csv")

    lines = clone.run("python -m tools.verify", returncode=1).splitlines()
    assert len(lines) == 12
    assert lines[-1] == "  and 10 more"


def note(clone, command: str, returncode: int) -> str | None:
    """What is written for the review of a run by `command`: why the metrics do not stand."""
    clone.run(f"python -m tools.verify --finding ../finding {command} || exit 1", returncode)
    finding = json.loads((clone.path.parent / "finding").read_text())
    assert finding["commit"] == clone.run("git rev-parse HEAD").strip()
    return finding["because"]


def test_what_was_found_is_written_for_the_review(clone):
    """Nothing to say, a failed pipeline, one that was killed, the first of several differences."""
    spoil = "'s/1824.9/1825.0/; s/1019.3/1019.4/' metrics/metrics.json"

    assert note(clone, "true", 0) is None
    assert note(clone, "false", 1) == "the pipeline failed: its output says why"
    assert note(clone, "bash -c 'kill -9 $PPID'", 1) == "it did not run to its end"
    assert note(clone, f"sed -i {spoil}", 1) == (
        "metrics/metrics.json, test.rmse: committed 1824.9, made 1825.0, and 1 more"
    )


def test_what_is_not_committed_is_not_run(clone):
    """Else the finding would be of another pipeline than the commit's."""
    clone.edit("params.yaml", "epochs: 20", "epochs: 50")

    message = clone.run("python -m tools.verify --finding ../finding touch ran", returncode=2)

    assert message == "only the last commit is checked: first commit params.yaml\n"
    assert not (clone.path / "ran").exists()
    assert not (clone.path.parent / "finding").exists()


def test_a_forged_metric_is_found_though_dvc_lock_knows_it(small, tmp_path):
    """`make verify` runs every stage: nothing counts as up to date, or comes from a cache.

    What lies damaged in the cache does not take the place of what was made.
    """
    clone = small.copy(tmp_path / "clone")
    forged = re.sub(
        '"rmse": [0-9.]+', '"rmse": 1.0', clone.run("cat metrics/metrics.json"), count=1
    )
    (clone.path / "metrics/metrics.json").write_text(forged)
    clone.run("dvc commit -q --force && git commit -qam Forge")

    assert "up to date" in clone.run("dvc status")

    interval = clone.path / "models/interval.json"
    content = interval.read_bytes()
    md5 = hashlib.md5(content).hexdigest()
    kept = clone.path / f".dvc/cache/files/md5/{md5[:2]}/{md5[2:]}"
    kept.chmod(0o644)
    kept.write_bytes(content.replace(b"half_width", b"half_breath"))
    kept.chmod(0o444)

    message = clone.run("make verify", returncode=2)

    assert interval.read_bytes() == content
    assert "metrics/metrics.json, train.rmse: committed 1.0, made " in message


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("no-such-command", "no-such-command should be a command, found none of that name\n"),
        (
            "--no-such make",
            "unrecognized arguments: --no-such; see python -m tools.verify --help\n",
        ),
    ],
)
def test_what_cannot_be_run_is_no_finding(clone, arguments, message):
    """Exit code 2: wrong use tells nothing of the commit."""
    assert clone.run(f"python -m tools.verify {arguments}", returncode=2) == message
