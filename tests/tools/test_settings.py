"""What -S sets, and which trials are the same."""

import pytest

from regression.errors import InputError
from tests.project import PARAMS
from tools.settings import apply, grid, make_trial, words

COMMIT = "0" * 40


def name(*settings: str, commit: str = COMMIT) -> str:
    return make_trial(commit, PARAMS, [*settings]).name


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (["train.learning_rate=1e-2"], ["train.learning_rate=0.01"]),
        (["train.layers=[64,32]"], ["train.layers=[64, 32]"]),
        (["train.scaling=standard"], ["train.scaling='standard'"]),
        (["train.seed=1", "train.epochs=3"], ["train.epochs=3", "train.seed=1"]),
        (["train.dropout=0.5"], ["++train.dropout=5e-1"]),
        (["train.epochs=3"], ["train.epochs=9", "train.epochs=3"]),
        (["prepare.features=[pce]"], ['prepare.features=["pce"]']),
    ],
)
def test_spellings(one, other):
    """Two ways of writing the same settings are one trial, and no other settings are."""
    assert name(*one) == name(*other) != name()


def test_committed():
    """A setting as committed is the committed setting; on another commit it is another trial."""
    committed = [f"train.epochs={PARAMS.train.epochs}", "train.layers=[500,100,50]"]
    assert name(*committed) == name() != name(commit="1" * 40)
    assert make_trial(COMMIT, PARAMS, committed).settings == ()


@pytest.mark.parametrize(
    "settings",
    [
        ["train.learning_rate=1e-7", "train.dropout=0"],
        ['prepare.features=["a b","it\'s","say \\"so\\"","back\\\\","null","1e3"]'],
        ["prepare.levels=[{column:pce,per:pop,per_lag:2}]"],
    ],
)
def test_written_as_dvc_reads_it(settings):
    """What a trial hands to DVC sets what its user wrote."""
    written = make_trial(COMMIT, PARAMS, settings).settings
    assert apply([*written], PARAMS, "written") == apply(settings, PARAMS, "given") != PARAMS


@pytest.mark.parametrize(
    ("setting", "complaint"),
    [
        (
            "train.epoch=3",
            "override 'train.epoch'. It is no parameter; to add one, see CONTRIBUTING",
        ),
        ("+train.epoch=3", "did you mean epochs?"),
        ("~train.epochs", "train.epochs is missing"),
        ("train.epochs=null", "train.epochs should be a valid integer, found None"),
        ("train.epochs=0", "train.epochs should be greater than 0"),
        ("train.layers=[64", "[64"),
    ],
)
def test_refused(setting, complaint):
    """What params.yaml cannot hold is refused, and the message names it."""
    with pytest.raises(InputError) as caught:
        make_trial(COMMIT, PARAMS, grid([setting])[0])
    assert complaint in str(caught.value)


def test_grid():
    """A grid is every combination of the values; blanks and commas in a list divide nothing."""
    text = "train.epochs=20,50  train.layers=[64, 32],[8] train.seed=range(0,2)"
    found = grid(words([text]))
    assert len({tuple(each) for each in found}) == len(found) == 8
    assert ["train.epochs=50", "train.layers=[64,32]", "train.seed=1"] in found


@pytest.mark.parametrize(
    "setting",
    [
        "train.epochs=choice(2, 3)",
        "train.epochs=2, 3",
        "train.layers=[ 8, 4 ],[8]",
        "train={epochs: 2}",
    ],
)
def test_blanks(setting):
    """Blanks in brackets, in quotes and after commas divide no setting from itself."""
    assert words([f" {setting}  train.seed=1 "]) == [setting, "train.seed=1"]
    assert grid([setting])


def test_set_twice():
    """The last counts, whatever was set in between."""
    (found,) = grid(words(["train.epochs=1 train={epochs:2} train.epochs=3"]))
    assert apply(found, PARAMS, "settings").train.epochs == 3


def test_sample():
    """A sample has so many of a grid, the same ones each time, however large the grid is."""
    huge = [f"train.{name}=range(1,1000)" for name in ("epochs", "seed", "members")]
    one, again = (grid(huge, 5) for _ in range(2))
    assert len({tuple(each) for each in one}) == 5
    assert one == again
    whole = grid(["train.epochs=1,2"], 9)
    assert whole == grid(["train.epochs=1,2"])


@pytest.mark.parametrize(
    ("setting", "complaint"),
    [
        ("train.epochs=interval(1,9)", "should list its values"),
        ("train.scaling=glob(*)", "should list its values"),
        ("train.seed=range(0,100001)", "should have 1 to 100000 values, found more"),
        ("train.seed=range(3,1)", "should have 1 to 100000 values, found none"),
        ("train.seed=range(1,4,0)", "must not be zero"),
        ("train.seed=range(0,1001)", "at most 1000 trials, found 1001"),
        ("train.seed=range(0,200) train.epochs=range(1,200)", "at most 1000 trials, found 39800"),
    ],
)
def test_no_grid(setting, complaint):
    """What has no list of values, or one without end, is refused before anything runs."""
    with pytest.raises(InputError, match=complaint):
        grid(words([setting]))
