"""The plots that DVC draws of any table, and the page that shows them without a network."""

import base64
import hashlib
import json
import re
import subprocess

import pytest
import yaml
from dvc_render.vega import VegaRenderer

from regression.errors import InputError
from tests.plots import Page, across, marks, told, words
from tests.project import ROOT, STAGES, Clone
from tools.plots.__main__ import check_pipelines, drawn_from, not_run, plots_in, without_stale
from tools.plots.page import fitted, from_markdown, page
from tools.plots.parallel import parallel_coordinates
from tools.review.snapshot import Snapshot, no_predictions
from tools.revisions import Revision, resolve

DEFINED = yaml.safe_load((ROOT / "dvc.yaml").read_text())["plots"]
PNG = "metrics/predictions.png"
HOSTILE = "a\"><img src=x>';</script>${x}"


def fill(template: str, rows: list[dict[str, str]], x: str, y: str) -> dict:
    """The specification that DVC makes of a template and of rows with their revision."""
    renderer = VegaRenderer(
        rows, "plot", template=template, template_dir=str(ROOT / ".dvc/plots"), x=x, y=y
    )
    return renderer.get_filled_template()


def predictions(key: str, keys: list[str], revisions: str = "ab") -> list[dict[str, str]]:
    """Test rows as DVC reads metrics/predictions.csv: each revision predicts something else."""
    return [
        {
            key: name,
            "actual": f"{100 + number}.0",
            "predicted": f"{110 + number + 5 * ord(revision)}.0",
            "rev": revision,
            "step": number,
        }
        for revision in revisions
        for number, name in enumerate(keys)
    ]


def through_time(rows: list[dict[str, str]]) -> dict:
    return fill("dates", rows, "step", "predicted")


def history(members: int, epochs: int = 3, **columns: float) -> list[dict[str, str]]:
    losses = {f"loss_{member}": member**2 for member in range(1, members + 1)}
    return [
        {"epoch": str(epoch), "rev": "a"}
        | {name: f"{value}" for name, value in {"loss": 4.0, **columns, **losses}.items()}
        for epoch in range(1, epochs + 1)
    ]


def learning_curves(rows: list[dict[str, str]]) -> dict:
    return fill("learning_curves", rows, "epoch", "loss")


class TestThroughTime:
    """The plot of the test rows in their order."""

    def test_what_was_is_drawn_once(self):
        """However many revisions predict it."""
        months = [f"2001-{month:02}-01" for month in range(1, 13)]
        plot = through_time(predictions("date", months, "abc"))

        assert len(marks(plot, 0, 1)) == 12
        assert len(marks(plot, 1)) == 36
        assert {mark.get("stroke") for mark in marks(plot, 0, 1)} == {"black"}
        assert {"actual", "a", "b", "c"} <= words(plot)

    def test_what_was_otherwise_is_drawn_too(self):
        """Where a revision has another figure of a date."""
        rows = predictions("date", ["2001-01-01", "2001-02-01"])
        rows[0]["actual"] = "90.0"

        assert len(marks(through_time(rows), 0, 1)) == 3

    @pytest.mark.parametrize(
        ("dates", "joined"),
        [
            (["2001-01-01", "2001-03-01", "2002-03-01", "2003-04-01"], 2),  # months
            (["2001-01-01", "2001-04-01", "2002-04-01", "2003-07-01"], 2),  # quarters
            (["2001-01-07", "2001-01-14", "2002-01-13", "2003-01-19"], 2),  # weeks
            (["2001-01-01", "2002-01-01", "2006-01-01", "2011-01-01"], 2),  # years
        ],
    )
    def test_no_line_bridges_what_lies_far_apart(self, dates, joined):
        """More than a year, and than four periods; the rows themselves are all there."""
        plot = through_time(predictions("date", dates))

        assert len(marks(plot, 0, 0)) == joined
        assert len(marks(plot, 0, 1)) == 4

    def test_rows_without_dates_stand_in_the_order_of_what_was(self):
        """As points: no line joins them, and no date is told."""
        rows = predictions("row", ["8", "2", "5"])
        rows[0]["actual"] = rows[3]["actual"] = "103.0"
        plot = through_time(rows)
        drawn = marks(plot, 0, 1)

        assert len(marks(plot, 0, 0)) == 0
        assert [told(mark)["row"] for mark in sorted(drawn, key=across)] == [
            "row 2",
            "row 5",
            "row 8",
        ]
        assert "rows, by their actual figures" in words(plot)
        assert not any("1970" in text or ":00" in text for text in words(plot))

    def test_a_point_tells_its_row(self):
        """In the words that its tooltip has."""
        [mark] = marks(through_time(predictions("date", ["1970-01-01"], "a")), 1)

        assert told(mark).items() >= {
            ("revision", "a"),
            ("row", "1970-01-01"),
            ("actual", "100"),
            ("predicted", "595"),
        }


def test_the_scatter_has_one_scale_and_the_line_of_equality():
    """From the smallest figure of all to the largest, whichever of the two it is."""
    plot = fill("scatter", predictions("date", ["2001-01-01", "2001-02-01"]), "actual", "predicted")
    [line] = marks(plot, 0)
    points = marks(plot, 1)

    assert float(line.get("x2")) == -float(line.get("y2")) > 0
    assert told(line)["actual"] == told(line)["predicted"] == "100"
    assert told(line)["end"] == f"{110 + 1 + 5 * ord('b')}"
    assert [told(point)["row"] for point in points] == ["2001-01-01", "2001-02-01"] * 2


class TestLearningCurves:
    """The plot of the losses."""

    @pytest.mark.parametrize("members", [1, 20, 50, 51, 60, 1000])
    def test_every_member_has_a_line(self, members):
        """However many there are."""
        assert len(marks(learning_curves(history(members)), 0)) == members

    def test_a_single_epoch_is_seen(self):
        """As a point: it makes no line."""
        one, three = (learning_curves(history(2, epochs=epochs)) for epochs in (1, 3))

        assert [mark.get("opacity") for mark in marks(one, 1, 1)] == ["1"]
        assert {mark.get("opacity") for mark in marks(three, 1, 1)} == {"0"}

    def test_errors_are_in_the_unit_of_what_is_predicted(self):
        """The root of the loss."""
        plot = learning_curves(history(2))

        assert [told(point)["RMSE"] for point in marks(plot, 1, 1)] == ["2"] * 3

    def test_the_validation_rows_have_a_dashed_line_where_there_are_any(self):
        """In the legend too; a history without them has neither."""
        with_folds = learning_curves(history(2, val_loss=9.0))
        without = learning_curves(history(2))
        mixed = learning_curves(history(2) + [row | {"val_loss": ""} for row in history(2)])

        training, validation = marks(with_folds, 1, 0)
        assert told(training)["rows"] == "training"
        assert told(validation)["rows"] == "validation"
        assert validation.get("stroke-dasharray") not in {None, "1,0"}
        assert {"training", "validation"} <= words(with_folds)
        assert len(marks(without, 1, 0)) == len(marks(mixed, 1, 0)) == 1
        assert "validation" not in words(without) | words(mixed)


def test_titles_are_as_short_as_vs_code_shows_them():
    """Its small view has room for 30 characters."""
    plots = [plot for entry in DEFINED for plot in entry.values()]
    plots += [
        plot
        for stage in STAGES.values()
        for entry in stage.get("plots", [])
        if isinstance(entry, dict)
        for plot in entry.values()
        if "template" in plot
    ]

    assert len(plots) == 4
    assert [plot["title"] for plot in plots if len(plot["title"]) > 30] == []


@pytest.fixture(scope="module")
def compared(repository, tmp_path_factory) -> tuple[str, Page]:
    """What the tool prints of two revisions, and the page that it makes."""
    clone = Clone.of(repository, tmp_path_factory.mktemp("plots") / "clone")
    name = "x';<img/src=x>&"
    clone.edit("metrics/metrics.json", '"skill": -7.899', '"skill": -7.8, "<script>1": 2')
    clone.edit("params.yaml", "epochs: 20", "epochs: 21")
    clone.run(f'git switch -qc "{name}" && git commit -qam Branch')
    printed = clone.run(f'python -m tools.plots main "{name}"')
    return printed, Page((clone.path / "dvc_plots/page.html").read_text("utf-8"))


class TestPage:
    """The page of two revisions, one of them a stranger's branch."""

    def test_it_says_what_it_shows_and_where_it_is(self, compared):
        """In one line, and in the page's title."""
        printed, page = compared

        assert re.fullmatch(
            r"plots of main \(\w{7}\), x';<img/src=x>& \(\w{7}\): /.*/dvc_plots/page.html\n",
            printed,
        )
        assert page.texts["h1"] == page.texts["title"] == ["Plots of main, x';<img/src=x>&"]

    def test_the_verdict_comes_first_and_the_metrics_follow(self, compared):
        """As the review and DVC's diff have them."""
        _, page = compared

        assert page.texts["strong"][0].startswith("No verdict: ")
        assert "train.epochs 20 → 21" in page.texts["code"]
        assert re.fullmatch(r"main \(.+\) to x';<img/src=x>& \(.+\)", page.texts["h2"][0])
        assert page.texts["h2"][1:] == ["Metrics", "Plots", "Pictures"]
        row = page.texts["td"].index("skill")
        assert page.texts["td"][row + 1 : row + 4] == ["−7.899", "−7.800", "+0.099"]
        assert "<script>1" in page.texts["td"]

    def test_every_plot_has_marks_of_both_revisions(self, compared):
        """As Vega draws it."""
        plots = json.loads(compared[1].texts["script"][0])

        assert [plot["title"] for plot in plots] == [
            "Test rows: actual, predicted",
            "Test rows: scatter",
            "Learning curves",
            "Held-out rows: scatter",
        ]
        for plot, layer in zip(plots, ((1,), (1,), (1, 1), (1,)), strict=True):
            drawn = marks(plot, *layer)
            assert len(drawn) in (2 * 173, 2 * 20, 2 * 40, 2 * 401)  # losses with the folds'
            assert {told(mark)["revision"] for mark in drawn} == {"main", "x';<img/src=x>&"}
        assert len(marks(plots[0], 0, 1)) == 173
        assert len(marks(plots[2], 0)) == 20

    def test_it_has_the_pictures_of_both(self, compared):
        """Within itself, in the order of the revisions."""
        images = compared[1].attributes["img"]

        assert [image["alt"] for image in images] == [
            "metrics/predictions.png, main",
            "metrics/predictions.png, x';<img/src=x>&",
        ]
        for image in images:
            kind, data = image["src"].split(",")
            assert kind == "data:image/png;base64"
            assert base64.b64decode(data) == b"metrics/predictions.png"  # what stands in for it

    def test_nothing_is_loaded_and_only_its_own_script_runs(self, compared):
        """As it stands, and as it bids a browser."""
        _, page = compared
        [policy] = [meta["content"] for meta in page.attributes["meta"] if "http-equiv" in meta]
        script = page.texts["script"][1].encode()

        assert page.attributes["script"] == [{"type": "application/json", "id": "plots"}, {}]
        assert policy.startswith("default-src 'none'; img-src data:; ")
        assert f"'sha256-{base64.b64encode(hashlib.sha256(script).digest()).decode()}'" in policy
        assert not {"link", "iframe", "a", "object"} & {*page.attributes}


def test_what_a_stopped_run_has_not_made_is_left_out():
    """Of that revision alone: rows and pictures, not those of what it has made."""
    path, history = "metrics/predictions.csv", "metrics/history.csv"

    def rows(name: str) -> list[dict[str, str]]:
        return [{"rev": rev, "y": name} for rev in ("main", "stopped")]

    def entry(values: list[dict[str, str]]) -> dict:
        content = {"data": {"values": values}}
        return {"type": "vega", "revisions": ["main", "stopped"], "content": content}

    pictures = [{"type": "image", "revisions": [rev], "url": ""} for rev in ("main", "stopped")]
    answer = {
        "data": {
            "through time": [entry(rows(path))],
            history: [entry(rows(history))],
            PNG: pictures,
        }
    }
    table = no_predictions()
    side = Snapshot(Revision(None), {}, {}, table, table, None)
    stopped = side._replace(not_run=("evaluate",), stale=frozenset({path, PNG}))

    left = without_stale(answer, {"main": side, "stopped": stopped}, drawn_from({"plots": DEFINED}))

    drawn = [plot["data"]["values"] for plot in plots_in(left)]
    assert [[row["rev"] for row in values] for values in drawn] == [["main"], ["main", "stopped"]]
    assert left["data"][PNG] == pictures[:1]
    assert not_run({"main": side, "stopped": stopped}) == (
        "- `stopped`: evaluate has not run: what it would make is left out"
    )


def test_text_from_a_branch_stays_text():
    """In a title, a heading, Markdown and the data of a plot."""
    plot = {"mark": "point", "title": HOSTILE, "data": {"values": [{"a": HOSTILE}]}}
    markdown = from_markdown(f"{HOSTILE}\n\n| `{HOSTILE}` |\n|---|")
    made = Page(page(HOSTILE, [(HOSTILE, markdown)], [plot]))

    assert made.texts["h1"] == made.texts["h2"] == [HOSTILE]
    assert made.attributes["img"] == []
    assert len(made.attributes["script"]) == 2
    assert json.loads(made.texts["script"][0])[0]["data"]["values"] == [{"a": HOSTILE}]


def test_a_pipeline_that_grows_without_end_is_refused(clone, monkeypatch):
    """Before DVC reads it, wherever in a branch it lies."""
    doubled = "".join(f"a{n}: &a{n} [{f'*a{n - 1}, ' * 9}]\n" for n in range(1, 30))
    (clone.path / "deep").mkdir()
    (clone.path / "deep/dvc.yaml").write_text("a0: &a0 [lol]\n" + doubled)
    monkeypatch.chdir(clone.path)

    with pytest.raises(
        InputError, match=r"deep/dvc\.yaml in the workspace should hold at most 5000"
    ):
        check_pipelines(Revision(None))


def test_the_wheel_scrolls_the_page():
    """DVC's zoom is left out; the plot takes the width that it is given."""
    plot = through_time(predictions("date", ["2001-01-01"]))

    assert "params" in json.dumps(plot)
    assert "params" not in json.dumps(fitted(plot))
    assert fitted(plot)["width"] == "container"


EXPERIMENTS = """\
rev,Experiment,typ,validation.rmse,prepare.features,train.layers
main,,baseline,100.0,"['pce', 'pop']","[8]"
1,one,branch_base,300.0,"['pce', 'pop']","[4, 4]"
2,two,branch_base,300.1,['pce'],"[4, 4]"
3,three,branch_base,200.0,['pce'],"[64, 32]"
"""


def test_what_is_written_at_the_axes_of_experiments_can_be_read(monkeypatch):
    """Lists as -S takes them, labels only where there is room, and around each a halo."""
    done = subprocess.CompletedProcess([], 0, EXPERIMENTS, "")
    monkeypatch.setattr("tools.plots.parallel.subprocess.run", lambda *_, **__: done)

    (plot,) = parallel_coordinates()

    halos, labels = (marks(plot | {"width": 600}, layer) for layer in (2, 3))
    written = [label.text for label in labels]
    assert sorted(written) == sorted(
        ["[pce, pop]", "[pce]", "[8]", "[4, 4]", "[64, 32]", "100.0", "200.0", "300.1"]
    )
    assert [halo.text for halo in halos] == written
    assert "halo: {" in (ROOT / "tools/plots/page.js").read_text()
    assert plot["layer"][2]["mark"]["style"] == "halo"


def test_an_experiment_is_named_as_dvc_names_it(repository, tmp_path, monkeypatch):
    """Unless two have the name."""
    clone = Clone.of(repository, tmp_path / "clone")
    monkeypatch.chdir(clone.path)
    commit = clone.run("git rev-parse HEAD").strip()
    clone.run(f"git update-ref refs/exps/12/{'3' * 38}/lucky-newt HEAD")

    assert resolve("lucky-newt") == commit
    clone.run(f"git update-ref refs/exps/45/{'6' * 38}/lucky-newt HEAD")
    with pytest.raises(InputError, match="lucky-newt is no revision here"):
        resolve("lucky-newt")
