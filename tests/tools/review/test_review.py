"""What `make review` says of two revisions, in real Git repositories."""

import hashlib
import json
import re
import shlex
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from markdown_it import MarkdownIt

from regression import errors
from regression.report.card import NOT_EXACT
from regression.scores.scores import rounded
from regression.scores.validation import score_validation
from tests.project import Clone
from tools.review import __main__ as review
from tools.revisions import Revision, merge_base
from tools.verify import Finding

METRICS, PREDICTIONS = "metrics/metrics.json", "metrics/predictions.csv"
VALIDATION, HELD_OUT = "metrics/validation.json", "metrics/validation.csv"


@pytest.fixture
def clone(clone, monkeypatch) -> Clone:
    """A clone of the project, in which the review then runs."""
    monkeypatch.chdir(clone.path)
    return clone


def run(monkeypatch, capsys, *arguments: str) -> tuple[int, str, str]:
    """The exit code of `python -m tools.review`, what it printed, and what it complained of."""
    monkeypatch.setattr("regression.files.PROJECT", Path.cwd())
    monkeypatch.setattr(sys, "argv", ["review", *arguments])
    with pytest.raises(SystemExit) as ended:
        errors.run(review.main)
    return (int(ended.value.code or 0), *capsys.readouterr())


@pytest.fixture
def tell(monkeypatch, capsys):
    return lambda *arguments: run(monkeypatch, capsys, *arguments)


def rewrite(clone: Clone, change) -> None:
    """Change the errors of every network, months kept: `change` takes an error and its month."""
    lines = (clone.path / PREDICTIONS).read_text().splitlines()
    header, rows = lines[0].split(","), [line.split(",") for line in lines[1:]]
    for row in rows:
        cells = dict(zip(header, row, strict=True))
        for k, name in enumerate(header):
            if name == "predicted" or name.startswith("member_"):
                actual = float(cells["actual"])
                row[k] = f"{actual + change(float(row[k]) - actual, row[0]):.1f}"
    text = "\n".join([lines[0], *(",".join(row) for row in rows)]) + "\n"
    (clone.path / PREDICTIONS).write_text(text)


def settle(clone: Clone, model: bool = True) -> None:
    """Make metrics and dvc.lock what a run that gave these predictions would have left.

    By another model, unless told that it is the same.
    """
    table = pd.read_csv(clone.path / PREDICTIONS)
    members = table.filter(like="member_") if "member_1" in table else table[["predicted"]]
    errors = members.sub(table["actual"], axis=0)
    mean = errors.mean(axis=1)
    each = np.sqrt((errors**2).mean())
    spread = ((table["actual"] - table["actual"].mean()) ** 2).sum()
    known = table["persistence"].notna()
    rmse = np.sqrt((mean[known] ** 2).mean())
    naive = np.sqrt(((table["persistence"] - table["actual"])[known] ** 2).mean())
    metrics = json.loads((clone.path / METRICS).read_text())
    test = metrics["test"]
    test["rmse"] = round(float(np.sqrt((mean**2).mean())), 1)
    test["mae"] = round(float(mean.abs().mean()), 1)
    test["member_rmse_mean"] = round(float(each.mean()), 1)
    if test.pop("member_rmse_std", None) and len(each) > 1:
        test["member_rmse_std"] = round(float(each.std()), 1)
    test["r2"] = round(float(1 - (mean**2).sum() / spread), 3) if spread else 0.0
    metrics["skill"] = round(float(1 - rmse / naive), 3)
    metrics["baseline"]["persistence"] = round(float(naive), 1)
    if "lower" in table:
        inside = table["actual"].between(table["lower"], table["upper"])
        width = (table["upper"] - table["lower"]).mean()
        metrics["interval"] = {
            "coverage": round(float(inside.mean()), 3),
            "width": round(float(width), 1),
        }
    (clone.path / METRICS).write_text(json.dumps(metrics, indent=2) + "\n")
    relock(clone, model)


def relock(clone: Clone, model: bool = True) -> None:
    """Make dvc.lock what a run that made these files would have left."""
    lock = yaml.safe_load((clone.path / "dvc.lock").read_text())
    params = yaml.safe_load((clone.path / "params.yaml").read_text())
    tracked = clone.run("git ls-files").split()
    for stage in lock["stages"].values():
        for section in stage.get("params", {}).get("params.yaml", {}):
            stage["params"]["params.yaml"][section] = params[section]
        for entry in [*stage["deps"], *stage["outs"]]:
            if model and entry["path"] == "models/model.tflite":
                entry["md5"] = hashlib.md5((clone.path / PREDICTIONS).read_bytes()).hexdigest()
            if entry["path"] in tracked:
                content = (clone.path / entry["path"]).read_bytes()
                entry |= {"md5": hashlib.md5(content).hexdigest(), "size": len(content)}
    (clone.path / "dvc.lock").write_text(yaml.safe_dump(lock, sort_keys=False))


def hold_out(clone: Clone, factor: float) -> None:
    """As if the folds' networks had erred so many times as much."""
    table = pd.read_csv(clone.path / HELD_OUT)
    error = (table["predicted"] - table["actual"]) * factor
    table["predicted"] = (table["actual"] + error).round(1)
    table.to_csv(clone.path / HELD_OUT, index=False)
    scores = {"validation": rounded(score_validation(table), 1, "validation.")}
    (clone.path / VALIDATION).write_text(json.dumps(scores, indent=2) + "\n")
    relock(clone)


def stop_at_train(clone: Clone) -> None:
    """As `dvc exp run -n halved -S train.epochs=50 train` leaves it: evaluate has not run."""
    clone.edit("params.yaml", "epochs: 20", "epochs: 50")
    hold_out(clone, 0.5)
    lock = yaml.safe_load((clone.path / "dvc.lock").read_text())
    for entry in lock["stages"]["evaluate"]["deps"]:
        if entry["path"] == "models/model.tflite":
            entry["md5"] = "0" * 32
    (clone.path / "dvc.lock").write_text(yaml.safe_dump(lock, sort_keys=False))
    commit(clone, "git switch -q --detach")
    clone.run(f"git update-ref refs/exps/12/{'3' * 38}/halved HEAD")


def train(clone: Clone, change) -> None:
    """As if other epochs had changed the errors so."""
    clone.edit("params.yaml", "epochs: 20", "epochs: 50")
    rewrite(clone, change)
    settle(clone)


def commit(clone: Clone, *commands: str) -> None:
    clone.run("\n".join([*commands, "git commit -qam Change"]))


def finding_of_head(clone: Clone, folder: Path, because: str | None = None) -> str:
    """Where verify would have left what running HEAD has shown."""
    finding = folder / "finding"
    head = clone.run("git rev-parse HEAD").strip()
    finding.write_text(Finding(commit=head, because=because).model_dump_json())
    return str(finding)


def halve(error: float, month: str) -> float:
    return error / 2


def double(error: float, month: str) -> float:
    return error * 2


def test_the_first_line_is_the_verdict(clone, tell):
    """A branch whose networks err half as much: better, by half, with an interval."""
    clone.run("git switch -qc branch")
    train(clone, halve)
    commit(clone)

    code, printed, complaint = tell("main", "branch")

    assert (code, complaint) == (0, "")
    assert printed.startswith("**Better**: test RMSE 1824.9 → 912.5 thousands (−50.0%); 95% int")
    assert "erval of the difference −" in printed.splitlines()[0]


@pytest.mark.parametrize(
    ("change", "verdict", "rest"),
    [
        (lambda error, month: error, "No difference", "; the predictions are the same."),
        (double, "Worse", "; 95% interval of the difference "),
        (
            lambda error, month: error + (month > "2012") * 300,
            "No proven difference",
            " (on these rows alone better: −",
        ),
        (lambda error, month: error * 0.9995, "Too small to matter", "; 95% interval"),
    ],
)
def test_every_verdict_is_said(clone, tell, change, verdict, rest):
    """Of changes to the errors of all networks alike."""
    train(clone, change)

    first = tell("HEAD")[1].splitlines()[0]
    assert first.startswith(f"**{verdict}**: test RMSE 1824.9 → ")
    assert rest in first


def test_what_to_do_next_is_said_where_it_is_known(clone, tell):
    """What is certain on these months alone takes more of them, and no more networks."""
    train(clone, lambda error, month: error + (month > "2012") * 300)
    assert "\nNext: only more rows can tell; more networks would not.\n" in tell("HEAD")[1]

    clone.edit("params.yaml", "seed: 0", "seed: 5")
    settle(clone)
    assert "\nNext: use the same seeds on both sides, or all others" in tell("HEAD")[1]


def test_months_of_one_year_tell_nothing_of_others(clone, tell):
    """There is no other year to leave out."""
    clone.run(f"sed -i -n '1p; /^1992/p' {PREDICTIONS}")
    train(clone, halve)

    printed = tell("HEAD")[1]

    assert printed.startswith("**No proven difference**: ")
    assert "; on these rows alone better: −" in printed.splitlines()[0]
    assert "on others like these unknown, because these lie in one calendar year" in printed
    assert (
        "\nNext: use the same `split` on both sides: rows that only one tests are left out.\n"
        in printed
    )


def test_a_change_that_rounds_to_nothing_has_no_sign(clone, tell):
    """Neither −0.0 nor +0.0."""
    train(clone, lambda error, month: error * 0.99998)

    assert (
        ": test RMSE 1824.9 → 1824.9 thousands (0.0%); 95% interval of"
        in tell("HEAD")[1].splitlines()[0]
    )


def test_other_seeds_alone_are_no_proven_difference(clone, tell):
    """The project's own members, dealt into two ensembles of five with no seed in common."""
    header, *rows = (clone.path / PREDICTIONS).read_text().splitlines()
    first = [k for k, name in enumerate(header.split(",")) if not name.startswith("member_")]
    members = [k for k, name in enumerate(header.split(",")) if name.startswith("member_")]

    def deal(chosen, seed):
        names = [header.split(",")[k] for k in first] + [f"member_{k}" for k in range(1, 6)]
        lines = [",".join(row.split(",")[k] for k in first + chosen) for row in rows]
        (clone.path / PREDICTIONS).write_text("\n".join([",".join(names), *lines]) + "\n")
        params = (clone.path / "params.yaml").read_text()
        params = params.replace("members: 10", "members: 5").replace("seed: 0", f"seed: {seed}")
        (clone.path / "params.yaml").write_text(params)
        settle(clone)

    deal(members[:5], 0)
    commit(clone)
    deal(members[5:], 5)
    printed = tell("HEAD")[1]

    assert printed.startswith("**No proven difference**: test RMSE ")
    networks = "5 networks, seeds 0 to 4, against 5 networks, seeds 5 to 9: each side by itself"
    assert networks in printed
    clone.edit("params.yaml", "seed: 5", "seed: 3")
    settle(clone)
    assert "seeds 3 to 7: standard errors added, as some are the same" in tell("HEAD")[1]


def test_one_network_is_given_no_verdict(clone, tell):
    """Its seed may have been lucky."""
    text = (clone.path / PREDICTIONS).read_text().replace("member_", "_")
    (clone.path / PREDICTIONS).write_text(text)
    clone.edit("params.yaml", "members: 10", "members: 1")
    train(clone, halve)

    printed = tell("HEAD")[1]

    assert printed.startswith("**No verdict: one network in head**: test RMSE 1824.9 → ")
    assert "; the luck of its seed is unknown." in printed.splitlines()[0]
    assert "\nNext: train more networks than one (`train.members`) on both sides.\n" in printed


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("target: unemploy", "target: pce", "prepare.target is `unemploy` in base and `pce` in"),
        ("horizon: 0", "horizon: 3", "prepare.horizon is `0` in base and `3` in head"),
    ],
)
def test_another_question_is_not_comparable(clone, tell, before, after, reason):
    """Another target or horizon makes another RMSE."""
    clone.edit("params.yaml", before, after)
    settle(clone)

    assert tell("HEAD")[1].startswith(f"**Not comparable**: {reason}")


def test_only_months_that_are_the_same_are_compared(clone, tell):
    """A month more, a month less, and one whose actual figure was revised."""
    clone.edit("params.yaml", "seed: 40", "seed: 41")
    clone.run(
        f"sed -i '/^1967-07/d; s/^1967-10-01,3143.0/1967-10-01,3144.0/' {PREDICTIONS}\n"
        f"tail -n 1 {PREDICTIONS} | sed 's/^[0-9-]*/2030-01-01/' >> {PREDICTIONS}"
    )
    settle(clone)

    printed = tell("HEAD")[1]

    assert "only the 171 rows in 48 calendar years that are the same on both sides" in printed
    assert "(base has 173, head 173; 1 more differ in the actual figure)" in printed
    assert printed.splitlines()[0].startswith(
        "**No difference**: test RMSE 1793.6 → 1793.6 thousands on the 171 test rows that both "
    )

    clone.run(f"sed -i 's/^19/20/; s/^200/190/; s/^201/191/' {PREDICTIONS}")
    settle(clone)
    assert tell("HEAD")[1].startswith("**Not comparable**: no test row is the same on both side")


def test_a_last_known_figure_on_either_side_is_enough(clone, tell):
    """The same months have the same one; without any, rows are judged as those without dates."""
    clone.edit("params.yaml", "epochs: 20", "epochs: 50")
    settle(clone)
    clone.run(f"sed -i 's/persistence/other/' {PREDICTIONS}")
    relock(clone)
    commit(clone)

    assert tell("HEAD")[1].startswith("**No difference**: ")
    clone.run(f"git restore --source HEAD~1 {PREDICTIONS}")
    clone.edit("params.yaml", "epochs: 50", "epochs: 60")
    settle(clone)
    assert tell("HEAD")[1].startswith("**No difference**: ")
    assert tell("HEAD~1", "HEAD")[1].startswith("**No difference**: ")


def test_metrics_stand_with_their_change_and_what_is_better(clone, tell):
    """As printed, to the last digit; baselines last; what is new or gone in words."""
    clone.edit("metrics/metrics.json", '"rmse": 1824.9,', '"rmse": 1700.0,')
    clone.edit("metrics/metrics.json", '"coverage": 0.931', '"coverage": 0.889, "another": 1')
    clone.edit("metrics/metrics.json", '    "r2": 0.486,\n', "")
    clone.edit("metrics/metrics.json", '"linear": 1019.3', '"linear": 1019.4')

    printed = tell("HEAD")[1].partition("All metrics")[2]
    rows = [line.split() for line in printed.splitlines() if line.startswith("| ")]
    cells = {row[1].strip("`"): " ".join(row[2:]).strip("| ") for row in rows[1:]}

    assert cells["test.rmse"] == "1824.9 | 1700.0 | −124.9 | less"
    assert cells["interval.coverage"] == "0.931 | 0.889 | −0.042 | nearer to 0.9"
    assert cells["interval.another"] == "1 | new"
    assert cells["test.r2"] == "0.486 | | gone | more"
    assert cells["skill"] == "−7.899 | −7.899 | 0.000 | more"
    judged = {name: row.rpartition("| ")[2] for name, row in cells.items() if row[-1] != "0"}
    assert {name: word for name, word in judged.items() if "base" not in name} == {
        **dict.fromkeys(["train.rmse", "train.mae", "test.rmse", "test.mae"], "less"),
        **dict.fromkeys(["test.member_rmse_mean", "test.member_rmse_std"], "less"),
        **dict.fromkeys(["test.r2", "skill"], "more"),
        **{"interval.coverage": "nearer to 0.9", "interval.width": "less"},
        **dict.fromkeys(["validation.rmse", "validation.mae"], "less"),
        "interval.another": "new",
    }
    assert list(cells)[-4:] == [
        f"baseline.{x}" for x in ["mean", "linear", "persistence", "neighbours"]
    ]


@pytest.mark.parametrize(
    ("before", "after", "remark"),
    [
        ('"linear": 1019.3', '"linear": 1100.0', "`baseline.linear` has the network's own predic"),
        ('"mean": 2548.6', '"mean": 2500.0', "The baselines differ on the same test rows: oth"),
    ],
)
def test_a_baseline_that_moved_is_explained(clone, tell, before, after, remark):
    """A feature that was dropped moves the regression on the same months, and no other one."""
    clone.edit("params.yaml", "  - uempmed\n", "")
    clone.edit(METRICS, before, after)
    settle(clone)

    assert f"\n{remark}" in tell("HEAD")[1]


def test_baselines_on_other_rows_are_explained(clone, tell):
    """Another split, or more data."""
    clone.edit("params.yaml", "seed: 40", "seed: 41")
    clone.edit(METRICS, '"mean": 2548.6', '"mean": 2500.0')
    clone.run(f"sed -i '/^1967-07/d' {PREDICTIONS}")
    settle(clone)

    assert "\nThe baselines differ because the test rows do.\n" in tell("HEAD")[1]


def test_the_first_line_has_the_digits_of_metrics_json(clone, tell):
    """What is computed from rounded predictions may be a tenth off: no two figures for one."""
    clone.edit("params.yaml", "epochs: 20", "epochs: 50")
    settle(clone)
    clone.edit("metrics/metrics.json", "1824.9", "1825.0")
    metrics = hashlib.md5((clone.path / METRICS).read_bytes()).hexdigest()
    old = hashlib.md5(clone.run(f"git show HEAD:{METRICS}").encode()).hexdigest()
    clone.edit("dvc.lock", old, metrics)

    assert tell("HEAD")[1].startswith("**No difference**: test RMSE 1824.9 → 1825.0 thousands;")


def test_the_order_of_rows_changes_nothing(clone, tell):
    """Months are paired by their date, whatever order a file has them in."""
    clone.edit("params.yaml", "epochs: 20", "epochs: 50")
    rewrite(clone, halve)
    lines = (clone.path / PREDICTIONS).read_text().splitlines()
    settle(clone)
    sorted_by_date = tell("HEAD")[1].partition("All metrics")[0]
    (clone.path / PREDICTIONS).write_text("\n".join([lines[0], *reversed(lines[1:])]) + "\n")
    settle(clone)

    assert tell("HEAD")[1].partition("All metrics")[0] == sorted_by_date


def test_columns_beside_the_known_ones_change_nothing(clone, tell):
    """Whatever a later revision may add."""
    clone.run(
        "sed -i 's/^\\([^,]*,[^,]*,[^,]*\\),/\\1,1.0,,/; 1s/1.0,,/note,median,/' " + PREDICTIONS
    )

    settle(clone)

    assert ",note,median,lower,upper,persistence" in (clone.path / PREDICTIONS).read_text()
    assert tell("HEAD")[1].startswith("**No difference**: ")


@pytest.mark.parametrize(
    ("because", "said"),
    [
        (None, "yes"),
        ("1 is <b>|`@x`\nnot 2", "no, because `1 is <b>|'@x' not 2`"),
    ],
)
def test_what_running_it_has_shown_stands_below_the_verdict(clone, tell, tmp_path, because, said):
    """Of the commit that was run alone, or the workspace if it is still the same."""
    file = tmp_path / "finding"
    commit = clone.run("git rev-parse HEAD").strip()

    def line(*arguments):
        lines = tell("HEAD", *arguments, "--verified", str(file))[1].splitlines()
        return next(line for line in lines if line.startswith("Verified"))

    assert line("HEAD") == "Verified by running it: not run"
    file.write_text(Finding(commit=commit, because=because).model_dump_json())
    assert line() == line("HEAD") == f"Verified by running it: {said}"
    found = json.loads(tell("HEAD", "HEAD", "--json", "--verified", str(file))[1])["verified"]
    assert found == {"by running it": said[:3].strip(","), "because": because}

    clone.edit("metrics/metrics.json", "1824.9", "1824.8")
    assert line() == "Verified by running it: not run"
    clone.run("git restore metrics")
    clone.edit("params.yaml", "epochs: 20", "epochs: 50")
    assert line() == "Verified by running it: not run"
    clone.run("git commit -qam Change")
    assert line("HEAD") == "Verified by running it: not run"


def test_a_damaged_finding_is_one_line(clone, tell, tmp_path):
    """As anything else that is read."""
    (tmp_path / "finding").write_text("{")

    assert tell("HEAD", "--verified", "../finding") == (
        2,
        "",
        f"{tmp_path}/finding is damaged: make verify writes it anew\n",
    )


def test_causes_are_named(clone, tell):
    """Parameters, data, code and versions, each with what it was and is."""
    old, new = "024899cdeb6104a0226a2d1dfa826faa", "f" * 32
    clone.edit("params.yaml", "epochs: 20", "epochs: 50")
    clone.edit("params.yaml", "  batch_size: 32\n", "")
    clone.edit("stages/split.py", '"""Split ', '"""Really split ')
    clone.edit("dvc.yaml", "cmd: python -m stages.split", "cmd: python -m stages.split --fast")
    clone.edit("dvc.yaml", "  prepare:\n    desc", "  check:\n    cmd: 'true'\n  ready:\n    desc")
    clone.edit("data/table.csv.dvc", old, new)
    clone.run(f"sed -i 2d {HELD_OUT}")  # which evaluate reads, and train makes
    clone.edit(
        "metrics/summary.csv",
        "date,574,0,,,1967-07-01,,,,2015-04-01",
        ("date,575,0,,,1967-07-01,,,,2015-05-01"),
    )
    clone.run("sed -i -E 's/^keras==[^ ]+/keras==99.0/' requirements.txt")
    clone.run("echo \"keras==98.0 ; sys_platform == 'win32'\" >> requirements.txt")

    printed = tell("HEAD")[1]

    assert (
        "\nChanged: `train.batch_size 32` is gone, `train.epochs 20 → 50`, the data, code of "
        "`prepare`, `split`, `check`, `ready`, 1 package\n" in printed
    )
    assert "- parameters: `train.batch_size 32` is gone, `train.epochs 20 → 50`\n" in printed
    assert "- data: `rows 574 → 575`, `last 2015-04-01 → 2015-05-01`, `md5 024899c" in printed
    code = printed.partition("- code of stages: ")[2].splitlines()[0]
    assert "`prepare` (`the stage is gone`), `split` (`stages/split.py`, `its command`)" in code
    assert "`check` (`the stage is new`), `ready` (`the stage is new`)" in code
    assert "- versions of packages: `keras " in printed
    assert " → 99.0 or 98.0`" in printed


def test_of_many_changes_twenty_are_listed(clone, tell):
    """And how many more there are: a new lock fits into a comment."""
    clone.run("sed -i -E 's/^([a-z-]+)==[0-9][^ ;]*/\\1==0/' requirements.txt")

    line = tell("HEAD")[1].partition("- versions of packages: ")[2].splitlines()[0]

    packages = set(re.findall("^([a-z-]+)==0", clone.run("cat requirements.txt"), re.MULTILINE))
    assert line.count(" → 0") == 20
    assert line.endswith(f", and {len(packages) - 20} more")


@pytest.mark.parametrize(
    ("file", "before", "after", "first"),
    [
        ("params.yaml", "epochs: 20", "epochs: 50", "not rerun.** `train.epochs is 50, in dvc.lo"),
        (
            "stages/split.py",
            '"""Split ',
            '"""Really split ',
            "not rerun.** `stages/split.py has changed since dvc.lock was written`: `dvc repro`, c",
        ),
        (
            METRICS,
            '"rmse": 1824.9',
            '"rmse": 1700.0',
            "metrics were edited.** `metrics/metrics.json is not the one that dvc.lock says it mad",
        ),
    ],
)
def test_what_was_not_run_gets_no_verdict(clone, tell, file, before, after, first):
    """The first line says why, and what to do; on whichever side it is."""
    clone.edit(file, before, after)

    code, printed, _ = tell("HEAD")
    assert code == 0
    assert printed.startswith(f"**No verdict: {first}")
    assert json.loads(tell("HEAD", "--json")[1])["verdict"] == "unsound"
    assert tell("HEAD", "--fail-on", "worse,unsound")[0] == 1
    assert tell("HEAD", "--fail-on", "worse", "--fail-on", "better")[0] == 0
    commit(clone)
    title, _, text = first.partition(".**")
    base = tell("HEAD", "HEAD~1")[1]
    assert base.startswith(f"**No verdict: {title} (base).**{text.partition('`: ')[0]}")
    assert "`: rerun it there, or choose another `BASE=`\n" in base


@pytest.mark.parametrize(
    "file", [METRICS, PREDICTIONS, "metrics/summary.csv", "metrics/history.csv"]
)
def test_metrics_that_are_missing_give_no_verdict(clone, tell, file):
    """A report all the same: what was changed, and what there is of the metrics."""
    commit(clone, f"git rm -q {file}")

    first = f"**No verdict: metrics are missing.** `{file} is not in Git`: `dvc repro`, commit"
    assert tell("HEAD~1", "HEAD")[1].startswith(first)
    base = first.replace("missing.", "missing (base).").replace(
        "`dvc repro`, commit", "rerun it th"
    )
    assert tell("HEAD", "HEAD~1")[1].startswith(base)
    json.loads(tell("HEAD", "HEAD~1", "--json")[1])


def test_a_run_that_stopped_at_train_is_judged_by_its_held_out_rows(clone, tell):
    """Of the test rows nothing is told: what is there is of another model. On either side."""
    stop_at_train(clone)

    printed = tell("main", "halved")[1]
    paragraphs = printed.split("\n\n")
    assert paragraphs[0] == (
        "**No test verdict: evaluate has not run.** What it made of another model is left out; "
        "to test this one: `dvc exp apply halved && dvc repro`"
    )
    assert paragraphs[1].startswith(
        "On held-out training rows: better, RMSE 1912.8 → 956.4; 95% interval of the difference "
    )
    assert "`validation.rmse`" in printed
    assert "`test." not in printed
    assert "gone" not in printed
    assert "learnt it; 95% interval by a jackknife over folds and calendar years\n" in printed
    assert "evaluate has not run (base).** " in tell("halved", "main")[1]
    found = json.loads(tell("main", "halved", "--json")[1])
    assert (found["verdict"], found["held-out training rows"]["verdict"]) == ("unsound", "better")

    clone.edit("stages/train.py", '"""Train', '"""Really train')
    doubted = tell("main")[1]
    assert doubted.startswith("**No verdict: not rerun.** `stages/train.py has changed")
    assert "On held-out" not in doubted


def test_files_that_disagree_get_no_verdict(clone, tell):
    """As where dvc.lock was edited with them."""
    clone.edit("params.yaml", "epochs: 20", "epochs: 50")
    clone.edit("params.yaml", "members: 10", "members: 9")
    settle(clone)

    assert tell("HEAD")[1].startswith(
        "**No verdict: metrics disagree.** `train.members is 9, metrics/predictions.csv has 10 mem"
    )


def test_the_same_inputs_with_other_predictions_get_no_verdict(clone, tell, tmp_path):
    """Errors shrunk by a fifth, metrics and dvc.lock edited to fit: a contradiction.

    What another kind of processor may move is none, and what running it gave decides.
    """
    clone.edit("params.yaml", "coverage: 0.9", "coverage: 0.8")  # moves no prediction
    rewrite(clone, lambda error, month: error * 0.8)
    settle(clone)

    first = tell("HEAD")[1].splitlines()[0]
    assert first == (
        "**No verdict: the same inputs, other predictions.** `the predictions differ, and "
        "nothing that makes them does`: `make verify` tells which side is right"
    )

    commit(clone)
    printed = tell("HEAD~1", "HEAD", "--verified", finding_of_head(clone, tmp_path))[1]
    assert printed.startswith("**Better**: test RMSE 1824.9 → 1459.9 ")
    assert "- base has other numbers from the same inputs: running head gives head's" in printed


FORGE = """
import pathlib, re, yaml
def lock(change):
    path = pathlib.Path("dvc.lock")
    tree = yaml.safe_load(path.read_text())
    change(tree["stages"])
    path.write_text(yaml.safe_dump(tree, sort_keys=False))
def edit(file, before, after):
    path = pathlib.Path(file)
    path.write_text(path.read_text().replace(before, after))
"""


@pytest.mark.parametrize(
    ("forgery", "first"),
    [
        (
            'lock(lambda s: s["train"]["deps"].append({"path": "zzz", "md5": "0" * 32}))',
            "not rerun.** `zzz is in dvc.lock but not in dvc.yaml`",
        ),
        (
            'lock(lambda s: s["train"]["params"].update({"other.yaml": {"x": {"y": 1}}}))',
            "not rerun.** `x.y of other.yaml is in dvc.lock but not in dvc.yaml`",
        ),
        (
            'lock(lambda s: s.update({"more": {"cmd": "true"}}))',
            "the same inputs, other predictions.** ",
        ),
        ('edit("stages/train.py", "Train", "Do train")', "the same inputs, other predictions.** "),
        (
            'edit("dvc.yaml", "    - stages/train.py\\n", "")',
            "not rerun.** `stages/train.py is in dvc.lock but not in dvc.yaml`",
        ),
        (
            'text = pathlib.Path("dvc.yaml").read_text();'
            'text = re.sub(r"    - metrics/predictions.csv:\\n      .*\\n", "", text);'
            'pathlib.Path("dvc.yaml").write_text(text);'
            'lock(lambda s: s["evaluate"].update(outs=[out for out in s["evaluate"]["outs"]'
            ' if out["path"] != "metrics/predictions.csv"]))',
            "metrics that no stage makes.** `metrics/predictions.csv is no output of a stage in dv",
        ),
        ('edit("params.yaml", "split:", "train.epochs: 50\\nsplit:")', None),
    ],
)
def test_no_forgery_of_dvcs_files_opens_the_door(clone, tell, forgery, first):
    """Errors shrunk by a fifth by the same model, and something beside it that seems to explain."""
    rewrite(clone, lambda error, month: error * 0.8)
    settle(clone, model=False)
    clone.run(f"python -c {shlex.quote(FORGE + forgery)}")
    if first and "edit(" in forgery and "dvc.yaml" not in forgery:
        relock(clone, model=False)

    code, printed, complaint = tell("HEAD")

    if first is None:
        assert code == 2
        assert "train.epochs is given twice, once with a dot in its name" in complaint
    else:
        assert printed.startswith(f"**No verdict: {first}")


def test_a_module_that_no_stage_names_is_told(clone, tell, tmp_path):
    """With it, even a run that gives the same numbers proves nothing."""
    rewrite(clone, lambda error, month: error * 0.8)
    settle(clone, model=False)
    (clone.path / "regression/__init__.py").write_text("from regression import table\n")
    (clone.path / "pandas.py").write_text("read_csv = None\n")
    clone.run("git add -A")
    commit(clone)

    printed = tell("HEAD~1", "HEAD", "--verified", finding_of_head(clone, tmp_path))[1]

    assert printed.startswith("**No verdict: the same inputs, other predictions.** ")
    assert "name `pandas.py` in dvc.yaml\n" in printed
    assert (
        "\nChanged: modules that no stage names: `pandas.py`, `regression/__init__.py`" in printed
    )


def test_held_out_training_rows_have_a_verdict_of_their_own(clone, tell):
    """Below that of the test rows; which way it points is told where the two disagree."""
    train(clone, halve)
    hold_out(clone, 0.5)
    printed = tell("HEAD")[1]
    line = printed.splitlines()[2]

    assert line.startswith("On held-out training rows: better, RMSE 1912.8 → 956.4; 95% interval ")
    assert "opposite directions" not in printed

    hold_out(clone, 4)
    printed = tell("HEAD")[1]
    assert printed.splitlines()[2].startswith("On held-out training rows: worse, RMSE 1912.8 → 3")
    assert re.search(r"- test rows and .* opposite directions: the RMSE .* −9.* and \+1", printed)
    assert "a forecast should" not in printed
    assert json.loads(tell("HEAD", "--json")[1])["held-out training rows"]["verdict"] == "worse"


def test_a_forecast_replaces_another_only_where_both_say_better(clone, tell):
    """A split by time ranks little by what it holds out, and is a guard."""
    clone.edit("params.yaml", "method: random", "method: chronological")
    settle(clone)
    clone.run("git commit -qam 'Split by time'")
    train(clone, halve)
    guard = "- a forecast should replace another only where held-out training rows call it better"

    assert f"{guard} as well: here they say no difference\n" in tell("HEAD")[1]
    hold_out(clone, 0.5)
    assert guard not in tell("HEAD")[1]


def test_without_folds_on_a_side_the_test_rows_decide_alone(clone, tell):
    """Which side has none is told."""
    header = (clone.path / HELD_OUT).read_text().partition("\n")[0]
    (clone.path / HELD_OUT).write_text(header + "\n")
    (clone.path / VALIDATION).write_text("{}\n")
    train(clone, halve)

    _, printed, complaint = tell("HEAD")

    assert complaint == ""
    assert printed.startswith("**Better**: ")
    assert (
        "\nOn held-out training rows: not compared, because head has no held-out rows.\n" in printed
    )


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("folds: 5", "folds: 3", "train.folds is `5` in base and `3` in head"),
        (
            "method: random",
            "method: chronological",
            "split.method is `random` in base and `chronological` in head",
        ),
    ],
)
def test_rows_that_are_held_out_in_another_way_are_not_compared(clone, tell, before, after, reason):
    """A network that learns from more rows, or from both sides of one, errs less."""
    clone.edit("params.yaml", before, after)
    train(clone, halve)

    printed = tell("HEAD")[1]

    assert f"\nOn held-out training rows: not compared, because {reason}.\n" in printed


def test_only_held_out_rows_that_are_the_same_are_compared(clone, tell):
    """And how many they are is told."""
    train(clone, halve)
    clone.run(f"sed -i '/^1967-08/d' {HELD_OUT}")
    hold_out(clone, 0.5)

    assert "\nOn the 400 held-out training rows that both sides share: better, " in tell("HEAD")[1]


@pytest.mark.parametrize("figure", ['"rmse": 1912.8', '"mae": 1490.9', '"linear": 984.9'])
def test_every_figure_of_held_out_rows_is_held_to_them(clone, tell, figure):
    """As those of the test rows are."""
    clone.edit(VALIDATION, figure, f"{figure.partition(':')[0]}: 3.0")
    relock(clone)

    first = tell("HEAD")[1].splitlines()[0]

    assert first.startswith("**No verdict: metrics disagree.** `metrics/validation.json has valid")


@pytest.mark.parametrize(
    ("name", "edited"),
    [
        ("test.mae", '"mae": 1446.0->"mae": 3.0'),
        ("test.r2", '"r2": 0.486->"r2": 0.999'),
        ("skill", '"skill": -7.899->"skill": 0.9'),
        ("test.member_rmse_std", '"member_rmse_std": 7.7->"member_rmse_std": 1.0'),
        ("baseline.persistence", '"persistence": 203.2->"persistence": 903.2'),
        ("interval.coverage", '"coverage": 0.931->"coverage": 0.95'),
        ("interval.width", '"width": 7229.8->"width": 29.8'),
    ],
)
def test_every_figure_that_the_predictions_give_is_held_to_them(clone, tell, name, edited):
    """Whatever dvc.lock says of metrics.json."""
    clone.edit(METRICS, *edited.split("->"))
    relock(clone)

    first = tell("HEAD")[1].splitlines()[0]

    assert first.startswith(f"**No verdict: metrics disagree.** `metrics/metrics.json has {name} ")
    assert first.endswith(": `make rerun`, commit")


def test_an_error_is_json_too(clone, tell):
    """For machines."""
    code, printed, complaint = tell("nonsense", "--json")

    assert code == 2
    assert json.loads(printed) == {"verdict": None, "error": complaint.strip()}


def test_a_tenth_that_another_processor_moved_is_no_contradiction(clone, tell):
    """As far as `make verify` lets it pass."""
    rewrite(clone, lambda error, month: error + 0.1)
    settle(clone)
    assert tell("HEAD")[1].startswith("**Too small to matter**: ")

    rewrite(clone, lambda error, month: error + 0.1)
    settle(clone)
    assert tell("HEAD")[1].startswith("**No verdict: the same inputs, other predictions.**")


def test_the_same_inputs_with_other_metrics_get_no_verdict(clone, tell):
    """Where the predictions are the same too."""
    clone.edit(METRICS, '"linear": 1019.3', '"linear": 1018.0')
    settle(clone)

    assert tell("HEAD")[1].startswith("**No verdict: the same inputs, other metrics.**")


@pytest.mark.parametrize(
    ("because", "title"),
    [
        ("metrics/metrics.json, test.rmse: committed 1, made 2", "running it gives other metrics"),
        ("the pipeline failed: its output says why", "running it fails"),
        ("it did not run to its end", "it was not run to its end"),
    ],
)
def test_what_running_it_does_not_give_gets_no_verdict(clone, tell, tmp_path, because, title):
    """However much better the committed numbers are."""
    train(clone, halve)
    commit(clone)

    printed = tell("HEAD~1", "HEAD", "--verified", finding_of_head(clone, tmp_path, because))[1]

    assert printed.startswith(f"**No verdict: {title}.** `{because}`: ")


def test_warnings_stand_below_what_was_changed(clone, tell):
    """What is not committed, another split, and every doubt after the first."""
    assert "Warnings" not in tell("HEAD")[1]

    clone.edit("params.yaml", "method: random", "method: chronological")
    settle(clone)
    printed = tell("HEAD")[1]

    assert printed.startswith("**No difference**: ")
    listed = printed.partition("\nWarnings:\n\n")[2].partition("\n\n")[0].splitlines()
    assert listed == [
        "- `split.method` is `random` in base and `chronological` in head: "
        "only base was trained between its test rows",
    ]

    rewrite(clone, halve)
    clone.edit("stages/split.py", '"""Split ', '"""Really split ')
    listed = tell("HEAD")[1].partition("\nWarnings:\n\n")[2].partition("\n\n")[0].splitlines()
    assert listed[0] == (
        "- head: `metrics/predictions.csv is not the one that dvc.lock says it made`"
    )
    assert "- head: `metrics/metrics.json has test.rmse 1824.9, metrics/pred" in "\n".join(listed)
    assert len(listed) <= 9


def test_where_the_error_changed_is_drawn(clone, tell):
    """By five years, base beside head: the longest bar is the largest error."""
    train(clone, lambda error, month: error * (0.5 if month > "2000" else 1))

    printed = tell("HEAD")[1]
    table = printed.partition("| RMSE in")[2].partition("\n\n")[0].splitlines()[2:]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table]

    assert [row[0] for row in rows[:2]] == ["1965-69", "1970-74"]
    for _, base, bar_of_base, head, bar_of_head, _ in rows[:6]:
        assert (base, bar_of_base) == (head, bar_of_head)
    for name, base, _, head, _, _ in rows:
        if int(name[:4]) > 2000:
            assert float(head) == pytest.approx(float(base) / 2, abs=0.1)
    assert max(len(row[2]) for row in rows) == len("`██████████`")


def test_the_report_is_markdown_and_plain_text(clone, tell):
    """GitHub renders tables and folds; in a terminal the columns stand in line."""
    train(clone, halve)
    clone.edit("params.yaml", "epochs: 50", f"epochs: {'x' * 300}")
    clone.edit("params.yaml", "- pce", "- <img src=x>|`@someone`")
    clone.edit("metrics/metrics.json", '"skill"', '"<img src=x>|`@someone`"')
    clone.edit("params.yaml", "target: unemploy", "target: <img src=x>\\|`@someone`")
    clone.edit("dvc.yaml", "  evaluate:\n    desc", "  '<img src=x>\\|`@someone`':\n    desc")

    printed = tell("HEAD")[1]
    html = MarkdownIt("commonmark", {"html": True}).enable("table").render(printed)
    tables = [part for part in printed.split("\n\n") if part.startswith("|")]
    rows = [line for table in tables for line in table.splitlines()]

    assert html.count("<table>") == len(tables) == 2
    assert html.count("<details>") == html.count("</details>") == 3
    assert html.count("<tr>") == len(rows) - 2
    assert '<td style="text-align:right">1824.9</td>' in html
    assert "<img" not in html
    text = re.sub("<code>.*?</code>", "", html)
    assert "someone" not in text
    assert "someone" in html
    assert max(map(len, re.findall("x+", printed))) <= 200
    for table in tables:
        assert len({len(line) for line in table.splitlines()}) == 1


def test_json_for_machines(clone, tell):
    """The same findings, as numbers."""
    clone.run("git switch -qc branch")
    train(clone, halve)
    commit(clone)

    found = json.loads(tell("main", "branch", "--json")[1])

    assert found["verdict"] == "better"
    assert found["difference"]["head - base"] == pytest.approx(-912.5, abs=0.1)
    assert found["difference"]["other rows"][0] < found["difference"]["these rows"][0]
    low, high = found["difference"]["other rows"]
    assert found["difference"]["smallest shown"] == pytest.approx((high - low) / 2)
    assert found["metrics"]["test.rmse"] == {"base": 1824.9, "head": 912.5, "better": "less"}
    assert found["periods"][0]["first"] == 1965
    assert found["head"]["author"] == "Tester"
    assert {"name": "train.epochs", "base": 20, "head": 50} in found["changed"]["parameters"]
    assert found["base"]["commit"] == clone.run("git rev-parse main").strip()


def test_the_base_is_where_the_branch_left_main(clone, tell):
    """Later commits on main are none of the branch's; origin's main goes before the local one."""
    fork = clone.run("git rev-parse main").strip()
    clone.run("git switch -qc branch && git commit -q --allow-empty -m Branch")
    clone.run("git switch -q main && git commit -q --allow-empty -m Later && git switch -q branch")

    assert re.search(rf"\nFrom `{fork[:7]}` \(.*\) to `HEAD \(.*\)` \(.*\)\.\n", tell()[1])
    clone.run("git remote remove origin && git switch -q main")
    assert re.search(rf"\nFrom `{fork[:7]}` \(.*\) to `branch \(", tell("", "branch")[1])


def test_the_exit_code_tells_worse_when_asked(clone, tell):
    """A report is no failure; `--fail-on worse` makes this one verdict one."""
    train(clone, double)

    assert tell("HEAD")[0] == 0
    assert tell("HEAD", "--fail-on", "worse")[0] == 1
    rewrite(clone, lambda error, month: error / 4)
    settle(clone)
    assert tell("HEAD", "--fail-on", "worse")[0] == 0


def test_nothing_is_written(clone, tell):
    """The working tree, the index and Git's references stay as they are."""
    clone.run("git switch -qc branch && git commit -q --allow-empty -m Branch")
    before = clone.run("git status --short --ignored; git show-ref; git stash list")

    assert tell("main", "branch")[0] == 0
    assert clone.run("git status --short --ignored; git show-ref; git stash list") == before


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        ("echo '{' > metrics/metrics.json", "is no JSON: line 2: Expecting property name"),
        ("echo '[]' > metrics/metrics.json", "should hold names and values, found []"),
        ("echo '{\"a\": NaN}' > metrics/metrics.json", "should hold finite numbers, found a: NaN"),
        ('echo \'{"a": "b"}\' > metrics/metrics.json', "should hold finite numbers, found a: b"),
        (r"printf '\377' > metrics/metrics.json", "is no JSON: it is no text"),
        (": > metrics/predictions.csv", "is no table: No columns to parse"),
        (
            "sed -i 1d metrics/predictions.csv",
            "should have the columns date (or row), actual, predicted",
        ),
        (
            "sed -i 2,999d metrics/predictions.csv",
            "should have a line for each test row, found none",
        ),
        ("sed -i 2p metrics/predictions.csv", "found in line 3: 1967-07-01,2944.0"),
        ("sed -i 's/2944.0/x/' metrics/predictions.csv", "found in line 2: 1967-07-01,x,"),
        ("sed -i 's/2944.0/inf/' metrics/predictions.csv", "found in line 2: 1967-07-01,inf,"),
        ("sed -i '3s/2958.0/x/' metrics/predictions.csv", "in line 3: 1967-10-01,3143.0,"),
        ("sed -i 's/^1967-07-01/July/' metrics/predictions.csv", "found in line 2: July,"),
        (
            "sed -i '2,999s/$/,1/' metrics/predictions.csv",
            "should have the columns date (or row), actual",
        ),
        ("sed -i '9s/$/,1,2/' metrics/predictions.csv", "is no table: Error tokenizing data"),
        ("git rm -q params.yaml", "params.yaml is missing in HEAD ("),
        ("echo 'a: [' > params.yaml", "is not YAML: line 2"),
        ("echo text > params.yaml", "should hold names and values, found 'text'"),
        (r"printf '\377' > params.yaml", "is not YAML"),
        ("sed -i '/seed: 0/d' params.yaml", "should have a whole number train.seed below 4"),
        ("git rm -q dvc.yaml", "dvc.yaml is missing in HEAD ("),
        ("echo 'stages: 3' > dvc.lock", "is damaged: stages: Input should be a valid dictionary"),
        ("echo '<<<<<<< HEAD' >> dvc.lock", "is not YAML: line"),
    ],
)
def test_a_missing_or_damaged_file_is_one_line(clone, tell, spoil, message):
    """Whichever revision it is in: exit code 2, no traceback, no half a report."""
    commit(clone, spoil)

    code, printed, complaint = tell("HEAD~1", "HEAD")

    assert (code, printed) == (2, "")
    assert complaint.startswith(clone.run("git diff --name-only HEAD~1").strip())
    assert message in complaint
    assert complaint.count("\n") == 1
    assert tell("HEAD", "HEAD~1")[0] == 2


def test_an_unknown_revision_is_one_line(clone, tell):
    """With what to do."""
    assert tell("nonsense") == (
        2,
        "",
        "nonsense is no revision here: expected a branch, a tag, an experiment or a commit; "
        "`git fetch` gets new ones\n",
    )


def test_a_shallow_clone_is_told_how_to_get_its_history(clone, tell, tmp_path, monkeypatch):
    """Both where a revision is unknown and where there is no common commit."""
    clone.run("git switch -qc branch && git commit -q --allow-empty -m Branch")
    clone.run("git switch -q main")
    Clone(tmp_path).run(f"git clone -q --depth 1 --branch branch file://{clone.path} shallow")
    monkeypatch.chdir(tmp_path / "shallow")
    nowhere = "no default branch is here: expected origin/HEAD, main or master"
    remedy = (
        ", and this clone is shallow: "
        "git fetch --unshallow origin '+refs/heads/*:refs/remotes/origin/*'\n"
    )

    assert tell() == (2, "", f"{nowhere}{remedy}")
    assert tell("main")[2].endswith(remedy)
    Clone(tmp_path / "shallow").run("git fetch -q --depth 1 origin main:refs/remotes/origin/main")
    head = Clone(tmp_path / "shallow").run("git rev-parse HEAD")[:7]
    assert tell()[2] == f"origin/main and HEAD ({head}) have no commit in common{remedy}"
    Clone(tmp_path / "shallow").run(remedy.partition("shallow: ")[2])
    assert tell()[0] == 0


@pytest.mark.parametrize(
    "refs",
    [
        "remotes/origin/trunk=fork remotes/origin/HEAD=remotes/origin/trunk "
        "remotes/origin/main=tip heads/main=tip",
        "remotes/origin/main=fork remotes/origin/HEAD=remotes/origin/gone heads/main=tip",
        "remotes/origin/master=fork remotes/origin/other=tip heads/main=tip",
        "remotes/origin/trunk=fork remotes/origin/topic=tip heads/main=tip",
        "heads/trunk=fork config=trunk heads/main=tip",
        "heads/main=fork heads/other=tip",
        "heads/master=fork heads/other=tip",
        "heads/trunk=fork",
    ],
)
def test_the_default_branch_is_found_whatever_its_name(clone, refs):
    """What origin/HEAD says, main, master, the only other one; without a remote the local ones."""
    fork = clone.run("git rev-parse main").strip()
    clone.run("git switch -qc topic && git commit -q --allow-empty -m Tip")
    clone.run("git remote remove origin && git branch -qD main")
    for name, target in (ref.split("=") for ref in refs.split()):
        if name == "config":
            clone.run(f"git config init.defaultBranch {target}")
        elif name == "remotes/origin/HEAD":
            clone.run(f"git symbolic-ref refs/{name} refs/{target}")
        else:
            clone.run(f"git update-ref refs/{name} {fork if target == 'fork' else 'topic'}")

    assert merge_base(Revision("workspace")).commit == fork
    assert merge_base(Revision("topic")).commit == fork


def test_the_only_branch_is_compared_with_itself(clone):
    """One that was never pushed: what counts is what is not committed yet."""
    clone.run("git remote remove origin && git branch -qm trunk")

    assert merge_base(Revision("workspace")).commit == clone.run("git rev-parse HEAD").strip()


def test_without_a_default_branch_a_base_is_asked_for(clone, tell):
    """Among several branches there is nothing to guess from."""
    clone.run("git remote remove origin && git branch -qm trunk && git branch a && git branch b")

    assert tell() == (
        2,
        "",
        "no default branch is here: expected origin/HEAD, main or master: "
        "name what to compare with, as in make review BASE=v1\n",
    )


def test_a_folder_without_git_is_one_line(tell, tmp_path, monkeypatch):
    """Not a repository, and no Git at all."""
    monkeypatch.chdir(tmp_path)
    code, _, complaint = tell()
    assert code == 2
    assert "not a git repository" in complaint

    monkeypatch.setenv("PATH", "")
    assert tell() == (2, "", "git is missing: install it, or put it on PATH\n")


def test_a_wrong_option_is_told(tell):
    """By argparse, with the same exit code."""
    code, _, complaint = tell("--fail-on", "worse,fine")
    assert code == 2
    assert "invalid choice: 'fine' (choose from better, worse, no proven" in complaint


def test_a_branch_called_workspace_is_that_branch(clone, tell):
    """The working tree is what is compared where no head is named."""
    clone.run("git branch workspace")
    train(clone, halve)

    assert tell("HEAD", "workspace")[1].startswith("**No difference**: ")
    assert tell("HEAD")[1].startswith("**Better**: ")
    clone.run("git branch -D workspace")
    assert tell("HEAD", "workspace")[1].startswith("**Better**: ")


def test_plots_are_shown_by_commit_where_they_lie_on_github(clone, tell):
    """With a plain link; nothing where origin is elsewhere or a side is no commit."""
    assert "predictions.png" not in tell("HEAD", "HEAD")[1]
    clone.run("git remote set-url origin https://name:secret@github.com/own-er/re.po.git")
    commit_id = clone.run("git rev-parse HEAD").strip()
    picture = f"https://github.com/own-er/re.po/blob/{commit_id}/metrics/predictions.png"

    printed = tell("HEAD", "HEAD")[1]

    assert f"[head]({picture})" in printed
    assert f"![Predictions of head]({picture}?raw=true)" in printed
    assert "secret" not in printed
    clone.run("touch untracked")
    assert "Predictions of head" not in tell("HEAD")[1]


def test_a_model_that_is_not_exact_is_told(clone, tell):
    """As its card has it: another processor may give other last digits."""
    card = clone.path / "metrics/model_card.md"
    said = "- head: not exact: another kind of processor may give other last digits"
    assert said not in tell("HEAD")[1]

    card.write_text(f"{card.read_text()}| exact | {NOT_EXACT} |\n")

    assert said in tell("HEAD")[1]
