"""Predictions for any table: what they are, what is refused, and what is told beside them."""

import json
import re
import shlex
import shutil
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from regression.errors import InputError, run
from regression.files import write_json
from regression.model.description import describe
from regression.params import Level, Prepare
from regression.table.rows import extremes, predictors, targets
from stages.prepare import prepare
from tests.project import MONTHS, PARAMS, TOOLS, Clone, quoted
from tests.project import TABLE as SCHEMA
from tools import predict as tool
from tools.predict import predict

SECTION = TOOLS.partition("## Use the model")[2].partition("\n## ")[0]
FORECAST = Prepare(
    target="unemploy",
    features=["unemploy"],
    transform="log_change",
    lags=3,
    horizon=2,
    levels=[],
)
HEADER = "date,pce,pop,psavert,uempmed,unemploy\n"


def raw(months: int, first: str = "2001-01-01") -> pd.DataFrame:
    """A raw table of numbers that rise and fall."""
    waves = np.sin(np.arange(months))
    return pd.DataFrame(
        {
            "date": pd.date_range(first, periods=months, freq="MS"),
            "pce": (5000 + 900 * waves).round(1),
            "pop": 250_000 + np.arange(months),
            "psavert": (5 + waves).round(1),
            "uempmed": (9 - waves).round(1),
            "unemploy": (7000 + 500 * waves).round().astype(int),
        }
    )


def shipped(folder: Path, kind: Prepare) -> str:
    """A folder with the files of an untrained model of two members."""
    from regression.network.ensemble import average
    from regression.network.saving import export
    from tests.network import build

    train = PARAMS.train.model_copy(update={"layers": [3], "scaling": "standard"})
    rows = prepare(raw(60), kind, MONTHS)
    x, y = predictors(rows), targets(rows, kind.transform)
    export(average([build(x, y, train, seed) for seed in (0, 1)]), str(folder / "model.tflite"))
    path, ends = str(folder / "model.tflite"), extremes(rows)
    description = describe(path, ends, len(rows), kind, train, SCHEMA)
    write_json(description.model_dump(), str(folder / "model.json"))
    interval = {"model": description.model, "coverage": 0.9, "half_width": 0.25}
    write_json(interval, str(folder / "interval.json"))
    return str(folder)


@pytest.fixture(scope="module")
def level(tmp_path_factory) -> str:
    """A model like the guide's: a month's figures from the same month's."""
    return shipped(tmp_path_factory.mktemp("level"), PARAMS.prepare)


@pytest.fixture(scope="module")
def forecast(tmp_path_factory) -> str:
    """A model of log changes, two months ahead from the last three changes."""
    return shipped(tmp_path_factory.mktemp("forecast"), FORECAST)


@pytest.fixture(scope="module")
def share(tmp_path_factory) -> str:
    """A model like `forecast`, that takes unemployment per head of the month before as well."""
    levels = [Level(column="unemploy", per="pop", per_lag=1)]
    kind = FORECAST.model_copy(update={"levels": levels})
    return shipped(tmp_path_factory.mktemp("share"), kind)


@pytest.fixture
def command(tmp_path, monkeypatch, capfd):
    """Run the command on the content of a file, away from the project, within this process."""
    monkeypatch.chdir(tmp_path)

    def command(content: str | bytes, model: str, *more: str) -> tuple[int, str, str]:
        Path("t.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
        monkeypatch.setattr(sys, "argv", ["predict", "t.csv", f"--model={model}", *more])
        try:
            run(tool.main)
        except SystemExit as end:
            return end.code, *capfd.readouterr()
        return 0, *capfd.readouterr()

    return command


def text(table: pd.DataFrame) -> str:
    return table.to_csv(index=False)


@quoted
def test_predictions_are_those_that_evaluate_scored(reproduced, tmp_path):
    """The same number for every test month, with the interval of interval.json around it."""
    path = tmp_path / "new folder/predictions.csv"
    line = reproduced.run(f"python -m tools.predict data/table.csv --output '{path}'")

    predictions = pd.read_csv(path, index_col="date")
    scored = pd.read_csv(reproduced.path / "metrics/predictions.csv", index_col="date")
    half_width = json.loads((reproduced.path / "models/interval.json").read_text())["half_width"]
    assert list(predictions) == ["predicted", "lower", "upper"]
    assert len(predictions) == 574
    assert (predictions["predicted"][scored.index] == scored["predicted"]).all()
    np.testing.assert_allclose(
        predictions["predicted"] - predictions["lower"], half_width, atol=0.1
    )
    np.testing.assert_allclose(
        predictions["upper"] - predictions["predicted"], half_width, atol=0.1
    )
    assert f"    {line}" in SECTION
    assert not list(path.parent.glob(".*"))


def test_the_newest_line_reaches_the_horizon(forecast, command):
    """Two months past the last row, in thousands, with one decimal and an interval by factors."""
    code, out, err = command(text(raw(12)), forecast)

    lines = out.splitlines()
    date, *numbers = lines[-1].split(",")
    predicted, lower, upper = map(float, numbers)
    assert code == 0
    assert lines[0] == "date,predicted,lower,upper"
    assert [lines[1][:10], date] == ["2001-06-01", "2002-02-01"]
    assert all(re.fullmatch(r"\d+\.\d", number) for number in numbers)
    assert upper / predicted == pytest.approx(np.exp(0.25), rel=1e-4)
    assert predicted / lower == pytest.approx(np.exp(0.25), rel=1e-4)
    assert err == (
        f"predict: 9 months, the newest 2002-02: unemployed persons {predicted} (thousands), "
        f"90% interval {lower} to {upper}\n"
    )


@pytest.mark.parametrize(
    ("without", "model"), [("unemploy", "level"), ("pce pop psavert uempmed", "forecast")]
)
def test_what_the_model_does_not_use_may_be_absent_or_empty(without, model, command, request):
    """The lines are the same, column by column and cell by cell."""
    model = request.getfixturevalue(model)
    table, unused = raw(12), without.split()
    whole = command(text(table), model)

    assert whole[0] == 0
    assert command(text(table.drop(columns=unused)), model) == whole
    assert command(text(table.assign(**dict.fromkeys(unused, ""))), model) == whole


def test_a_level_is_formed_from_what_is_published(share, command):
    """The newest population is not needed; that of the month before is, and it tells."""
    table = raw(12).astype({"pop": object})
    whole = command(text(table), share)[1]
    table.loc[11, "pop"] = ""
    newest = command(text(table), share)
    table.loc[10, "pop"] *= 2
    other = command(text(table), share)
    table.loc[10, "pop"] = ""
    before = command(text(table), share)

    assert newest[0] == 0
    assert newest[1] == whole
    assert other[1].splitlines()[:-1] == whole.splitlines()[:-1]
    assert other[1].splitlines()[-1] != whole.splitlines()[-1]
    assert "warning: unemploy_per_pop is far outside its training range of " in other[2]
    assert before[1].splitlines() == whole.splitlines()[:-1]
    assert command(text(table.drop(columns="pop")), share)[2] == (
        "t.csv is not enough to predict a row: the model needs unemploy of 4 months in a row up "
        "to 2001-12, and pop, missing: pop of 2001-11\n"
    )


def test_a_target_that_is_not_known_yet_leaves_its_month_out(forecast, command):
    """A forecast starts from the newest known figure."""
    table = raw(12).astype({"unemploy": "object"})
    table.loc[11, "unemploy"] = ""

    assert command(text(table), forecast)[1] == command(text(raw(11)), forecast)[1]


def test_a_missing_month_takes_only_what_needs_it(forecast, command):
    """Four months in a row make an origin; the others are predicted as ever."""
    whole = command(text(raw(24)), forecast)[1].splitlines()
    holed = command(text(raw(24).drop(index=10)), forecast)[1].splitlines()

    gone = [line[:10] for line in whole if line not in holed]
    assert set(holed) < set(whole)
    assert gone == ["2002-01-01", "2002-02-01", "2002-03-01", "2002-04-01"]


def test_a_change_needs_the_figure_that_it_starts_from(command, tmp_path):
    """Where the target is no feature, months without it are left out, and it is named."""
    kind = FORECAST.model_copy(update={"features": ["pce"], "lags": 1, "horizon": 1})
    model, table = shipped(tmp_path, kind), raw(12).astype({"unemploy": object})
    table.loc[11, "unemploy"] = ""

    assert command(text(table), model)[1] == command(text(raw(11)), model)[1]
    assert command(text(table.drop(columns="unemploy")), model)[2].endswith(
        "the model needs pce of 2 months in a row up to 2001-12, missing: unemploy of 2001-12\n"
    )


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (raw(3), "of 4 months in a row up to 2001-03, missing: unemploy of 2000-12"),
        (raw(1), "unemploy of 2000-12, unemploy of 2000-11, unemploy of 2000-10"),
        (raw(6).drop(index=[2]), "missing: unemploy of 2001-03"),
        (raw(6).assign(unemploy=""), "unemploy of 2001-06, unemploy of 2001-05"),
        (raw(6).drop(columns="unemploy"), "unemploy of 2001-06, unemploy of 2001-05"),
    ],
)
def test_a_table_that_is_not_enough_is_refused(table, message, forecast, command):
    """The message names the months that the newest prediction lacks."""
    code, out, err = command(text(table), forecast)

    assert (code, out) == (2, "")
    assert err.startswith("t.csv is not enough to predict a row: the model needs unemploy of ")
    assert message in err
    assert err.count("\n") == 1


TABLE = (
    HEADER
    + """\
1967-07-01,507.4,198712,12.5,4.5,2944
1967-08-01,510.5,198911,12.5,4.7,2945
1967-10-01,512.9,199311,12.7,4.9,
"""
)


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        (",uempmed,", ",median,", "; missing: uempmed"),
        ("pce,pop", "pop,pop", "found date,pop,pop,psavert,uempmed,unemploy; missing: pce"),
        ("507.4", "", "line 2: pce should be a number, found ''"),
        ("2944", "x", "line 2: unemploy should be a number, found 'x'"),
        (",199311,12.7,4.9,\n", ",1993", "found none after '1967-10-01,512.9,1993'"),
        (TABLE, "", "t.csv should be a CSV file, found an empty file"),
        (TABLE, b"PK\x03\x04\xff\xfe", "found an Excel or another zip file"),
    ],
)  # fmt: skip
def test_a_bad_table_is_refused(before, after, message, level, command):
    """Exit 2, one message that names the file and what is wrong with it, nothing written.

    What a table has to be is in test_raw.py; what may be absent or empty here is the model's.
    """
    assert before in TABLE
    content = after if isinstance(after, bytes) else TABLE.replace(before, after)

    code, out, err = command(content, level, "--output", "out.csv")

    assert (code, out) == (2, "")
    assert err.startswith("t.csv ")
    assert message in err
    assert "Traceback" not in err
    assert [path.name for path in Path().iterdir()] == ["t.csv"]


def test_a_bad_table_leaves_an_older_output_as_it_was(level, command):
    """It is replaced by whole files only."""
    assert command(TABLE, level, "--output=out.csv")[0] == 0
    before = Path("out.csv").read_text()

    assert command(TABLE.replace("507.4", "x"), level, "--output=out.csv")[0] == 2
    assert Path("out.csv").read_text() == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none.csv"], "none.csv should be a CSV file like data/table.csv, found no file\n"),
        (["."], ".: Is a directory\n"),
        (["t.csv", "--output=t.csv"], "--output should be a file, and not the table, found t.csv"),
        (["t.csv", "--output=."], "--output should be a file, and not the table, found ."),
        (["t.csv", "--output=t.csv/out.csv"], "t.csv: "),
        (["t.csv", "--model=none"], "none should be the folder of a model, found no such folder\n"),
        (["t.csv", "--model=."], "model.json is missing\n"),
    ],
)
def test_a_path_that_cannot_be_is_refused(arguments, message, level, command, monkeypatch, capfd):
    """What is no file to read, and where no file can be written."""
    assert command(TABLE, level)[0] == 0
    monkeypatch.setattr(sys, "argv", ["predict", f"--model={level}", *arguments])

    with pytest.raises(SystemExit) as end:
        run(tool.main)

    assert end.value.code == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert err.startswith(message)
    assert err.count("\n") == 1
    assert [path.name for path in Path().iterdir()] == ["t.csv"]


def test_values_far_outside_the_training_range_are_told(level, command):
    """One line for each column: the range, how many months, the furthest value and its month."""
    table = raw(60)
    low, high = table["psavert"].agg(["min", "max"])
    near, far = high + 0.09 * (high - low), high + 0.11 * (high - low)
    calm = command(text(table.assign(psavert=[*table["psavert"][:-1], near])), level)
    one = command(text(table.assign(psavert=[*table["psavert"][:-1], far])), level)
    all_of_one = command(text(table.assign(pce=1e6)), level)

    assert "warning" not in calm[2]
    assert one[0] == all_of_one[0] == 0
    assert one[2].splitlines()[0] == (
        f"warning: psavert is far outside its training range of {low:g} to {high:g} in 1 month: "
        f"{far:.6g} in 2005-12"
    )
    assert all_of_one[2].count("warning") == 1
    assert "in 60 months: 1e+06 in 2001-" in all_of_one[2]
    assert len(all_of_one[1].splitlines()) == 61


def test_a_change_far_outside_the_training_range_is_told(forecast, command):
    """A forecast's predictors are log changes."""
    table = raw(12)
    table.loc[10, "unemploy"] *= 3

    err = command(text(table), forecast)[2]

    assert "warning: unemploy_change is far outside its training range of -0.0" in err
    assert "in 2 months: " in err
    assert err.count("warning") == 1  # the newest change's, and not that of each month before it


def test_what_is_no_number_is_not_written(forecast, command):
    """Figures beyond all measure end in a message, not in a line without a number."""
    table = raw(12).astype({"unemploy": object})
    table.loc[::2, "unemploy"] = "1e-99"
    table.loc[1::2, "unemploy"] = "100000000000000e9"

    code, out, err = command(text(table), forecast)

    assert (code, out) == (2, "")
    assert "t.csv should have figures that the model can compute with, found none for 2001" in err


def test_what_has_no_logarithm_is_refused(forecast, command):
    """The month and the file are named."""
    code, _, err = command(TABLE.replace(",2945", ",0"), forecast)

    assert code == 2
    assert err.startswith("t.csv: unemploy should be above 0 for prepare.transform log_change")


@pytest.fixture
def changed(level, tmp_path_factory):
    """The model with something else in one of its files; without the file, where that is None."""

    def changed(name: str, changes: dict | None, model: str = level) -> str:
        folder = tmp_path_factory.mktemp("changed")
        shutil.copytree(model, folder, dirs_exist_ok=True)
        if changes is None:
            (folder / name).unlink()
        else:
            tree = json.loads((folder / name).read_text())
            write_json(tree | changes, str(folder / name))
        return str(folder)

    return changed


@pytest.mark.parametrize(
    ("changes", "reason"), [(None, "is missing"), ({"model": "1a2b"}, "belongs to another model")]
)
def test_without_its_interval_a_model_predicts_all_the_same(
    changes, reason, level, command, changed
):
    """Lower and upper are empty, and the summary says why."""
    model, with_one = changed("interval.json", changes), command(TABLE, level)[1]

    code, out, err = command(TABLE, model)

    assert code == 0
    assert err.endswith(f" (thousands), no interval: {model}/interval.json {reason}\n")
    assert [line.rsplit(",", 2) for line in out.splitlines()[1:]] == [
        [line.rsplit(",", 2)[0], "", ""] for line in with_one.splitlines()[1:]
    ]


def test_an_interval_without_end_is_refused(forecast, command, changed):
    """A half width of 1000 is a factor beyond all numbers."""
    model = changed("interval.json", {"half_width": 1000.0}, forecast)

    code, out, err = command(text(raw(12)), model)

    assert (code, out) == (2, "")
    assert "found none for 2001-06" in err


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        ("interval.json", {"half_width": 1e308}, "should hold an interval, as the stage evaluate"),
        ("interval.json", {"coverage": -3.0}, "should hold an interval, as the stage evaluate"),
        (
            "model.json",
            {"predictors": {"pce": [1.0]}},
            "should describe a model, as the stage train",
        ),
        ("interval.json", {"half_width": "wide"}, "should hold an interval, as the stage evaluate"),
        ("model.json", {"unit": 1}, "should describe a model, as the stage train writes it"),
        ("model.json", {"format_version": 2}, "should have format_version 1 or less, found 2"),
        ("model.json", None, "is missing"),
        ("model.tflite", None, "is missing"),
    ],
)
def test_a_damaged_model_is_refused(name, changes, message, command, changed):
    """In one line, before anything is predicted."""
    model = changed(name, changes)

    code, out, err = command(TABLE, model)

    assert (code, out) == (2, "")
    assert err.startswith(f"{model}/{name} {message}")
    assert err.count("\n") == 1


def test_a_description_of_other_predictors_is_refused(level, command, changed):
    """As when the code that makes predictors has changed since the model was trained."""
    ranges = json.loads(Path(level, "model.json").read_text())["predictors"]
    model = changed("model.json", {"predictors": dict(reversed(ranges.items()))})

    code, _, err = command(TABLE, model)

    assert code == 2
    assert "should take the predictors pce,pop,psavert,uempmed, found uempmed,psavert" in err


def test_a_table_in_a_table_out(level):
    """The library answers as the command does, whatever the type of the dates."""
    table = raw(12)

    predictions = predict(table, level)

    assert list(predictions) == ["date", "predicted", "lower", "upper"]
    assert predictions["date"].tolist() == table["date"].tolist()
    np.testing.assert_allclose(predictions["upper"] - predictions["predicted"], 0.25)
    pd.testing.assert_frame_equal(predictions, predict(table.astype({"date": str}), level))
    pd.testing.assert_frame_equal(predictions, predict(table.assign(unemploy=np.nan), level))


def test_the_library_raises_and_warns(level, changed):
    """InputError for a bad table, Python warnings for the rest."""
    table = raw(12)
    with pytest.raises(InputError, match=r"the table should have the columns .*; missing: pce"):
        predict(table.drop(columns="pce"), level)
    with pytest.warns(UserWarning, match=r"the table: gdp: not described in data/datapackage.json"):
        predict(table.assign(gdp=1), level)
    with pytest.warns(UserWarning, match="psavert is far outside"):
        predict(table.assign(psavert=99), level)
    with pytest.warns(UserWarning, match=r"lower and upper are empty: .*interval.json is missing"):
        predictions = predict(table, changed("interval.json", None))
    assert predictions[["lower", "upper"]].isna().all(axis=None)


def lines_after(sentence: str) -> list[str]:
    """The indented lines of the README that follow a sentence."""
    assert sentence in SECTION
    block = SECTION.partition(sentence)[2].lstrip("\n").partition("\n\n")[0]
    return [line.removeprefix("    ") for line in block.splitlines()]


def script(lines: list[str]) -> str:
    """A command line that runs lines of Python."""
    return "\n".join(["python - <<'END'", *lines, "END"])


@quoted
def test_the_readmes_three_lines_need_no_tensorflow(reproduced):
    """A table in, a table out, with the numbers that the README shows."""
    code = [
        *lines_after("The same from Python, in the clone:"),
        "import sys",
        "assert not {'tensorflow', 'keras', 'matplotlib'} & sys.modules.keys()",
        "date, *numbers = predictions.iloc[-1]",
        "print(f'{date:%Y-%m}', *[f'{number:.1f}' for number in numbers])",
    ]

    date, predicted, lower, upper = reproduced.run(script(code)).split()

    assert len(code) == 3 + 4
    assert f"the newest {date}: unemployed persons {predicted} (thousands)" in SECTION
    assert f"90% interval {lower} to {upper}\n" in SECTION


@quoted
def test_the_readmes_three_lines_of_keras(reproduced, monkeypatch):
    """The answer is that of the exported model."""
    monkeypatch.chdir(reproduced.path)
    lines, names = lines_after("And with Keras alone:"), {}

    exec("\n".join(lines), names)

    ours = predict(pd.read_csv("data/table.csv"), "models")["predicted"]
    assert names["predicted"].shape == (574, 1)
    np.testing.assert_allclose(names["predicted"][:, 0], ours, rtol=1e-5)
    assert len(lines) == 3


def test_a_prediction_runs_no_code_that_it_was_handed(small):
    """No pickle, no eval, no process, no library: seen by Python's own audit."""
    script = """
import sys
import pandas as pd
from tools.predict import predict
table = pd.read_csv("data/table.csv")
predict(table)  # what is imported late is there now
seen = []
running = "compile exec marshal.loads pickle.find_class os.exec os.system subprocess.Popen"
running += " ctypes.dlopen os.posix_spawn"
sys.addaudithook(lambda event, _: seen.append(event) if event in running.split() else None)
predict(table)
print(seen)
eval("1")
print(seen)
"""
    told = small.run(f"python -c {shlex.quote(script)}")

    assert told == "[]\n['compile', 'exec']\n"


def test_the_command_in_a_shell(small, tmp_path):
    """Its exit codes, a reader that closes the pipe, a full disk, a broken params.yaml."""
    clone = small.copy(tmp_path / "clone")
    (clone.path / "params.yaml").write_text("prepare: gone\n")
    ours = "python -m tools.predict data/table.csv"

    # A pipe would hold the whole table: so its reader is gone before anything is written.
    assert clone.run(f"set -o pipefail; {ours} 2>/dev/null | true") == ""
    assert clone.run(f"{ours} > /dev/full", 2) == "standard output: No space left on device\n"
    assert clone.run("python -m tools.predict models", 2) == "models: Is a directory\n"
    assert "required: TABLE" in clone.run("python -m tools.predict", 2)
    clone.run("rm data/table.csv")
    assert clone.run(ours, 2).endswith("found no file: dvc pull data/table.csv.dvc\n")
    clone.run("rm data/train.csv")
    assert clone.run("git restore params.yaml; python -m tools.compare", 2) == (
        "data/train.csv is missing: dvc repro split\n"
    )
    clone.run("dvc pull -q data/table.csv.dvc && dvc repro -q split && mv models/model.json .")
    assert clone.run(ours, 2) == "models/model.json is missing: dvc repro train\n"
    clone.run("mv model.json models")
    clone.run("printf x >> models/model.tflite")
    assert "models/model.json should belong to" in clone.run(ours, 2)


@quoted
def test_a_colleague_fetches_a_version_of_the_model(small, tmp_path):
    """The README's registry: a tag, a remote, a second clone that has another model since."""
    pushed = lines_after("and whose model lies there:")
    fetched = lines_after("then predicts with that model:")
    Clone.of(small, tmp_path / "hub", "--bare")
    author = small.copy(tmp_path / "author")
    author.run(f"git remote set-url origin {tmp_path}/hub")
    author.run("git switch -q --detach HEAD~1 && dvc checkout -q")
    author.run(f"dvc remote add -q -d models {tmp_path}/models && git commit -qam 'Add a remote'")
    author.run("\n".join(pushed))
    expected = author.run("python -m tools.predict data/table.csv")
    first = author.run("git rev-parse HEAD").strip()
    author.run("git switch -q main && git rebase -q model@v1.0.0 && dvc checkout -q")
    author.run("git tag model@v3.0.0 && git tag -a model@v2.0.0 -m Less")
    author.run("dvc push -q && git push -q --force --tags origin HEAD")

    colleague = Clone.of(tmp_path / "hub", tmp_path / "colleague")
    colleague.run("dvc pull -q data/table.csv.dvc")
    predicted = colleague.run("set -e\n" + "\n".join(fetched))
    colleague.run("dvc artifacts get . model -o newest")
    colleague.run(f"dvc get . models --rev {first} -o untagged")

    assert predicted.endswith(expected)
    for folder in ("v1", "untagged"):
        assert {path.name for path in (colleague.path / folder).glob("*.*")} >= {
            *"interval.json model.json model.keras model.tflite".split()
        }
    assert colleague.run("cat newest/model.json") == author.run("cat models/model.json")
    assert colleague.run("cat untagged/model.json") == colleague.run("cat v1/model.json")
