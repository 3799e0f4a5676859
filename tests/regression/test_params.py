"""What regression/params.py accepts and refuses."""

from itertools import pairwise

import pytest
import yaml
from dvc.utils.serialize import parse_yaml

from regression.errors import InputError
from regression.params import Level, Loader, parse_params, shown
from tests.project import FROZEN

GUIDES = (FROZEN / "params.yaml").read_text()


def test_the_parameters_that_readme_tells_of_are_the_guides():
    """Its figures, and the tests, are those of the tutorial's values."""
    params = parse_params(GUIDES, "params.yaml")

    assert params.prepare.target == "unemploy"
    assert params.prepare.features == ["pce", "pop", "psavert", "uempmed"]
    assert (params.prepare.transform, params.prepare.lags, params.prepare.horizon) == (
        "level",
        1,
        0,
    )
    assert params.split.method == "random"
    assert (params.split.test_size, params.split.seed) == (0.30, 40)
    assert params.train.layers == [500, 100, 50]
    assert (params.train.learning_rate, params.train.batch_size) == (0.001, 32)
    assert params.train.epochs == 20
    assert (params.train.dropout, params.train.weight_decay) == (0, 0)
    assert params.train.scaling == "max"


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("epochs: 20", "epochs: 0", "train.epochs should be greater than 0, found 0"),
        ("epochs: 20", 'epochs: "20"', "train.epochs should be a valid integer, found '20'"),
        ("epochs: 20", "epochs: true", "train.epochs should be a valid integer, found True"),
        ("epochs: 20", "epochs: 20.0", "train.epochs should be a valid integer, found 20.0"),
        ("epochs: 20", "epochs:", "train.epochs should be a valid integer, found None"),
        ("epochs: 20", "epohcs: 20", "train.epohcs is not a parameter: did you mean epochs?"),
        ("epochs: 20", "epohcs: 20", "train.epochs is missing"),
        (
            "epochs: 20",
            "epochs: 20\n  anything: 1",
            "train.anything is not a parameter: to add one, see CONTRIBUTING.md",
        ),
        (
            "epochs: 20",
            "epochs: 20\n  epochs: 5",
            f"line {GUIDES[: GUIDES.index('epochs')].count(chr(10)) + 2}: epochs is given twice",
        ),
        ("seed: 0", "seed: -1", "train.seed should be greater than or equal to 0, found -1"),
        ("seed: 40", "seed: 4294967296", "split.seed should be less than 4294967296"),
        (
            "layers:\n  - 500\n  - 100\n  - 50",
            "layers: []",
            "train.layers should have at least 1 item",
        ),
        ("  - 100", "  - -1", "train.layers[1] should be greater than 0, found -1"),
        ("0.3", "1.5", "split.test_size should be a fraction between 0 and 1 or a whole number of"),
        ("0.3", "0", "split.test_size should be a fraction between 0 and 1 or a whole number of"),
        ("0.3", "true", "a whole number of rows, found True"),
        ("0.3", "'0.3'", "a whole number of rows, found '0.3'"),
        (
            "transform: level",
            "transform: log",
            "prepare.transform should be 'level', 'change' or 'log_change', found 'log'",
        ),
        (": level", ": log_change", "prepare.horizon should be 1 or more for log_change"),
        ("horizon: 0", "horizon: -1", "prepare.horizon should be greater than or equal to 0"),
        ("lags: 1", "lags: 0", "prepare.lags should be greater than 0, found 0"),
        ("dropout: 0.0", "dropout: 1.0", "train.dropout should be less than 1, found 1.0"),
        ("weight_decay: 0.0", "weight_decay: -0.1", "train.weight_decay should be greater than"),
        ("coverage: 0.9", "coverage: 1", "evaluate.coverage should be less than 1, found 1"),
        (
            "seed: 0",
            "seed: 4294967287",
            "train.seed should leave each member a seed below 4294967296, found 4294967287",
        ),
        ("- 500", "- 1000000000000", "train.layers[0] should be less than or equal to 100000, f"),
        ("  - 500", "  - 500\n" * 2000, "train.layers should have at most 100 items, found [500"),
        ("members: 10", "members: 100000", "train.members should be less than or equal to 1000"),
        ("epochs: 20", "epochs: 1000000000000", "epochs should be less than or equal to 1000000"),
        ("batch_size: 32", "batch_size: 10000000000", "should be less than or equal to 1000000000"),
        ("lags: 1", "lags: 1000000", "prepare.lags should be less than or equal to 10000, found"),
        ("horizon: 0", "horizon: 1000000", "horizon should be less than or equal to 10000, found"),
        ("epochs: 20", "epochs: !!int twenty", "YAML: a value is not what its tag says: invalid"),
        ("epochs: 20", "epochs: !!timestamp 2000-13-41", "a value is not what its tag says: month"),
        ("epochs: 20", "epochs: " + "[" * 500 + "]" * 500, "not YAML: it is nested too deep"),
        ("epochs: 20", "epochs: " + "9" * 5000, "params.yaml is not YAML: a value is not what its"),
        ("seed: 40", "seed: " + "9" * 4000, "split.seed should be less than 4294967296, found 999"),
        (
            "epochs: 20",
            "epochs: &x [*x]",
            "train.epochs should be a valid integer, found [[[...]]]",
        ),
        ("0.001", ".inf", "train.learning_rate should be a finite number, found inf"),
        ("0.001", ".nan", "train.learning_rate should be a finite number, found nan"),
        ("0.001", "0", "train.learning_rate should be greater than 0, found 0"),
        ("target: unemploy", "target:", "prepare.target should be a valid string, found None"),
        (
            "  - pce",
            "  - unemploy",
            "prepare.horizon should be 1 or more where the target is one of",
        ),
        ("levels: []", "levels: pop", "prepare.levels should be a valid list, found 'pop'"),
        (
            "levels: []",
            "levels: [pop]",
            "prepare.levels[0] should hold column, per, per_lag, found 'pop'",
        ),
        ("levels: []", "levels: [{per: pop}]", "prepare.levels[0].column is missing"),
        (
            "levels: []",
            "levels: [{column: pce, pre: pop}]",
            "prepare.levels[0].pre is not a parameter: did you mean per?",
        ),
        (
            "levels: []",
            "levels: [{column: pop, per: pop}]",
            "prepare.levels[0] per should be another column than pop",
        ),
        (
            "levels: []",
            "levels: [{column: pop, per_lag: 1}]",
            "prepare.levels[0] per_lag should stand beside per, the column that it makes older",
        ),
        (
            "levels: []",
            "levels: [{column: pce, per: pop}, {column: pce, per: pop, per_lag: 1}]",
            "prepare.levels should hold each column, and each pair of them, once",
        ),
        (
            "levels: []",
            "levels: [{column: unemploy, per: pop, per_lag: 1}]",
            "prepare.levels should not tell the target where prepare.horizon is 0: it is the answ",
        ),
        (
            "levels: []",
            "levels: [{column: pop, per: unemploy}]",
            "prepare.levels should not tell the target where prepare.horizon is 0",
        ),
        (
            "levels: []",
            "levels: [{column: pop}, {column: pop}]",
            "should hold each column, and each pair of them, once, found "
            "[{'column': 'pop'}, {'column': 'pop'}]",
        ),
        (
            "levels: []",
            "levels: {column: pop}",
            "prepare.levels should be a valid list, found {'column': 'pop'}",
        ),
        ("  - pce", "  - pop", "prepare.features should name each column once"),
        ("split:\n  method: random\n  test_size: 0.3\n  seed: 40\n", "", "split is missing"),
        ("split:", "spilt:", "spilt is not a parameter: did you mean split?"),
        ("split:", "split: [", "params.yaml is not YAML: line "),
        ("split:", "split:\x00", "params.yaml is not YAML: "),
        (GUIDES, "", "params.yaml should hold the sections prepare, split, train, evaluate"),
        (GUIDES, "- 1", "params.yaml should hold the sections prepare, split, train, evaluate"),
    ],
)
def test_a_mistake_is_named_with_its_place(before, after, message):
    """What was expected, what was found and where stand in the message."""
    assert before in GUIDES
    with pytest.raises(InputError) as refusal:
        parse_params(GUIDES.replace(before, after), "params.yaml")
    assert message in str(refusal.value)
    assert len(str(refusal.value)) < 1000


def test_aliases_that_multiply_are_not_multiplied_out():
    """A list of lists of lists, nine deep, stands for 10^9 ones; nor are 10^5 mistakes listed."""
    bomb = "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(
        f"{name}: &{name} [{', '.join([f'*{inner}'] * 10)}]\n"
        for inner, name in pairwise("abcdefghi")
    )
    many = "".join(f"k{number}: 1\n" for number in range(1000))

    for text in [bomb + GUIDES.replace("epochs: 20", "epochs: *i"), GUIDES + many]:
        with pytest.raises(InputError, match=r"^params\.yaml is wrong:") as refusal:
            parse_params(text, "params.yaml")
        assert len(str(refusal.value).splitlines()) < 25
        assert len(str(refusal.value)) < 1500


def test_the_target_may_be_a_feature_of_a_forecast():
    """Its own past is known when its future is not; and rows may be counted out for the test."""
    text = GUIDES.replace("- pce", "- unemploy").replace("horizon: 0", "horizon: 3")

    params = parse_params(
        text.replace("0.3", "173").replace(": level", ": log_change"), "params.yaml"
    )

    assert "unemploy" in params.prepare.features
    assert params.split.test_size == 173


def test_the_last_seed_there_is_may_be_a_members():
    """Ten members from 4294967286 on."""
    params = parse_params(GUIDES.replace("seed: 0", "seed: 4294967286"), "params.yaml")

    assert params.train.members == 10


def test_all_mistakes_are_told_at_once():
    """One message lists every mistake of every section, one to a line."""
    text = GUIDES.replace("0.3", "1.5").replace("epochs: 20", "epochs: 0").replace("- pce", "- 1")

    with pytest.raises(InputError) as refusal:
        parse_params(text, "params.yaml")

    heading, *mistakes = str(refusal.value).splitlines()
    assert heading == "params.yaml is wrong:"
    assert [mistake.split()[0] for mistake in mistakes] == [
        "prepare.features[0]",
        "split.test_size",
        "train.epochs",
    ]


@pytest.mark.parametrize(
    "scalar",
    """1e-06 1E6 1e6 1.e-3 .5 5. -0.001 +1 012 0 -7 12:30 no yes on off y n No ~ null Null
    true True TRUE false False .inf -.inf .INF .nan text 1.5.2 +.5""".split(),
)
def test_a_scalar_means_what_it_means_to_dvc(scalar):
    """A value is never one thing to the stage and another to DVC, which decides what reruns."""
    ours = yaml.load(f"key: {scalar}", Loader)["key"]
    theirs = parse_yaml(f"key: {scalar}", "params.yaml")["key"]

    assert repr(ours) == repr(theirs)


@pytest.mark.parametrize("scalar", ["0x1F", "0o17", "0b11", "1_000"])
def test_unusual_numbers_are_refused(scalar):
    """Where readers of YAML disagree, none of them is believed."""
    with pytest.raises(InputError, match=r"train\.epochs should be a valid integer"):
        parse_params(GUIDES.replace("epochs: 20", f"epochs: {scalar}"), "params.yaml")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ([500, 100, 50], "500, 100, 50"),
        ([], "[]"),
        (
            [Level(column="unemploy", per="pop", per_lag=1), Level(column="psavert")],
            "column unemploy per pop per_lag 1, column psavert per_lag 0",
        ),
        (True, "true"),
        (None, "null"),
        (1, "1"),
        (0.0, "0.0"),
    ],
)
def test_a_parameter_is_shown_as_one_writes_it(value, text):
    """In the model card, and in what a tool prints: nothing of Python's own."""
    assert shown(value) == text
