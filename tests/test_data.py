"""The raw table: in the clone's own store, and how it is replaced."""

import re

from tests.project import ROOT, Clone


def test_months_can_be_added(small, stays_green, tmp_path):
    """The documented path ends in a commit that a second clone pulls and finds up to date."""
    text = (ROOT / "data/README.md").read_text().partition("## Add rows")[2]
    commands = re.findall(r"^    ([^#\n]+)", text.partition("\n## ")[0], re.MULTILINE)
    hub = Clone.of(small, tmp_path / "hub", "--bare")
    author = small.copy(tmp_path / "author")
    author.run(f"git remote set-url origin {hub.path}")
    author.set({"split.seed": 41})
    author.run("git add params.yaml")
    edit = "echo 2015-05-01,12200.1,321085,5.2,11.6,8674 >>"
    printed = {}
    for command in map(str.strip, commands):
        if command.startswith("dvc push"):
            unpushed = author.run("make table", returncode=2)
        printed[command] = author.run(command.replace("$EDITOR", edit))

    reviewer = Clone.of(hub, tmp_path / "reviewer", "-b new-rows")
    reviewer.run("dvc pull data/table.csv.dvc")

    assert unpushed.splitlines()[0] == (
        "data/table.csv: .dvc/store lacks the table that data/table.csv.dvc names: "
        "dvc push data/table.csv.dvc, then commit .dvc/store"
    )
    assert "test rows that both sides share" in printed["make review"]
    assert "use the same `split`" not in printed["make review"]  # new rows draw others
    assert author.run("git status --short") == ""
    assert reviewer.run("tail -n 1 data/table.csv").startswith("2015-05-01")
    assert "data/table.csv" in reviewer.run("dvc diff origin/main")
    assert "\n+date,575,0," in reviewer.run("git diff origin/main -- metrics/summary.csv")
    stays_green(reviewer)


def test_an_edited_table_is_told_before_it_is_overwritten(small, tmp_path):
    """`make repro` does not take or lose an edit; DVC alone takes it, and prepare tells its MD5."""
    clone = small.copy(tmp_path / "clone")
    clone.run("sed -i 's/,2944$/,2954/' data/table.csv")

    message = clone.run("make repro", returncode=2)

    assert "data/table.csv: changed since dvc add" in message
    assert ",2954" in clone.run("head -n 2 data/table.csv")

    before = clone.run("cat data/table.csv.dvc")
    told = re.search(
        r"\nprepare: data/table.csv \(MD5 (\w{8})\): 574 ", clone.run("dvc repro prepare")
    )
    assert told
    assert f"- md5: {told[1]}" in clone.run("cat data/table.csv.dvc")
    assert f"- md5: {told[1]}" not in before
