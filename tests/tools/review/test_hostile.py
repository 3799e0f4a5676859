"""A branch under review is data: whatever it holds, it is told in one line or in a report."""

import json
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from regression import errors
from regression.errors import printable
from tests.project import Clone
from tools.review import __main__ as review

MARKUP = "<img src=x> @someone https://example.com #1 `b` **c**"
CONTROLS = "\x1b[2J\x9b31m\u202egnp.exe\u2066\x07"
LAUGHS = "\n".join(
    ["a0: &a0 [lol]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12))]
)
MERGES = "\n".join(
    [
        "m0: &m0 {x: 1}",
        *(f"m{n}: &m{n} {{!!merge x: [*m{n - 1}, *m{n - 1}]}}" for n in range(1, 40)),
    ]
)
METRICS, PREDICTIONS = "metrics/metrics.json", "metrics/predictions.csv"


def write(path: str, content: str | bytes) -> Callable[[Path], None]:
    """Put this in place of a file."""

    def spoil(root: Path) -> None:
        data = content if isinstance(content, bytes) else content.encode()
        (root / path).write_bytes(data)

    return spoil


def add(path: str, content: str) -> Callable[[Path], None]:
    return lambda root: write(path, (root / path).read_text() + content)(root)


def replace(path: str, before: str, after: str) -> Callable[[Path], None]:
    def spoil(root: Path) -> None:
        text = (root / path).read_text()
        assert before in text
        write(path, text.replace(before, after, 1))(root)

    return spoil


def link(path: str, target: str) -> Callable[[Path], None]:
    def spoil(root: Path) -> None:
        (root / path).unlink()
        (root / path).symlink_to(target)

    return spoil


def fill(folder: str, count: int) -> Callable[[Path], None]:
    def spoil(root: Path) -> None:
        for k in range(count):
            (root / folder / f"m{k}.py").write_text(str(k))

    return spoil


def metric(name: str, value: str) -> Callable[[Path], None]:
    return replace(METRICS, '"skill":', f'"{name}": {value},\n  "skill":')


REFUSED = {
    "a tiny number": (metric("a", "1e-999999999"), "numbers of at most 15 digits before the deci"),
    "a huge number": (metric("a", "1e999999999"), "numbers of at most 15 digits before the deci"),
    "an endless integer": (metric("a", "9" * 100_000), "numbers of at most 15 digits before the "),
    "an endless fraction": (metric("a", "0." + "1" * 99_000), "numbers of at most 15 digits bef"),
    "an exponent beyond Decimal": (metric("a", "1e" + "9" * 30), "should hold finite numbers"),
    "deep JSON": (metric("a", '{"a":' * 200 + "1" + "}" * 200), "should be nested at most 20"),
    "JSON without a floor": (write(METRICS, '{"a":' * 40_000), "is no JSON: it is nested too deep"),
    "many metrics": (
        write(METRICS, json.dumps({f"k{n}": n for n in range(20_000)})),
        "metrics/metrics.json in ",
    ),
    "a metric with a name without end": (metric("n" * 9_999, "1"), "names of at most 250 charac"),
    "a list of metrics": (metric("a", "[[1], 2]"), "should hold finite numbers, found a: a list"),
    "a metric that is no number": (metric("a", "true"), "should hold finite numbers, found a: T"),
    "large metrics": (write(METRICS, b" " * 60_000_000), "at most 250000 bytes, found 60000000"),
    "large predictions": (write(PREDICTIONS, b"0" * 60_000_000), "at most 40000000 bytes, found 6"),
    "large code": (write("stages/train.py", b"#" * 60_000_000), "at most 40000000 bytes, found 60"),
    "a large lock": (write("dvc.lock", b"#" * 60_000_000), "at most 250000 bytes, found 60000000"),
    "large requirements": (write("requirements.txt", b"#" * 60_000_000), "at most 40000000 bytes"),
    "many files": (fill("regression/table", 2_001), "should have at most 2000 files"),
    "aliases that multiply": (add("params.yaml", f"\n{LAUGHS}\n"), "at most 5000 values"),
    "aliases of a long text": (
        add("params.yaml", f"\na: &a {'x' * 9_999}\nb: [{'*a, ' * 999}1]\n"),
        "at most 5000 values",
    ),
    "merges that multiply": (add("params.yaml", f"\n{MERGES}\n"), "params.yaml in "),
    "an alias of itself": (add("params.yaml", "\na: &a [*a]\n"), "should be nested at most 20"),
    "a word for an integer": (add("params.yaml", "\na: !!int twenty\n"), "is not what its tag sa"),
    "a word for a number": (add("params.yaml", "\na: !!float twenty\n"), "is not what its tag s"),
    "a word for a time": (add("params.yaml", "\na: !!timestamp noon\n"), "is not what its tag s"),
    "a word for a boolean": (add("params.yaml", "\na: !!bool maybe\n"), "is not what its tag says"),
    "a call of Python": (add("params.yaml", "\na: !!python/object/apply:os.abort []\n"), "could "),
    "a list for a name": (add("params.yaml", "\n? [a]\n: 1\n"), "a list cannot be a name"),
    "many parameters": (add("params.yaml", "".join(f"\nk{n}: 1" for n in range(20_000))), "at mos"),
    "deep YAML": (add("params.yaml", "\na: " + "[" * 3_000), "is not YAML"),
    "an integer of 5,000 digits": (add("params.yaml", f"\na: {'9' * 5_000}\n"), "is not YAML: a "),
    "a seed that is a truth": (replace("params.yaml", "seed: 0", "seed: true"), "a whole number t"),
    "a seed beyond NumPy's": (replace("params.yaml", "seed: 0", f"seed: {9**99}"), "below 4294967"),
    "a command that is none": (replace("dvc.yaml", "cmd: python", "cmd: {}\n    x: y"), "is damag"),
    "a stage that is a number": (replace("dvc.yaml", "  split:", "  1:"), "dvc.yaml in "),
    "a dependency that is empty": (replace("dvc.yaml", "- stages/train.py", "- {}"), "is damaged"),
    "a dependency that is a list": (replace("dvc.yaml", "- stages/train.py", "- []"), "is damaged"),
    "a lock with a list for a path": (
        replace("dvc.lock", "- path: requirements.txt", "- path: []"),
        "each entry should have a path",
    ),
    "a lock without a path": (
        replace("dvc.lock", "- path: requirements.txt", "- part: requirements.txt"),
        "each entry should have a path",
    ),
    "stages that are a list": (write("dvc.lock", "stages: [1]\n"), "dvc.lock in "),
    "a pointer to nothing": (write("data/table.csv.dvc", "outs: []\n"), "should have one outp"),
    "a pointer to two": (
        write("data/table.csv.dvc", "outs:\n- {path: a, md5: b}\n- {path: c, md5: d}\n"),
        "data/table.csv.dvc in ",
    ),
    "a pointer without a hash": (
        write("data/table.csv.dvc", "outs:\n- path: table.csv\n"),
        "should have one output",
    ),
    "two rows of dates": (add("metrics/summary.csv", "date,1,0,,,a,,,,b\n"), "have one row date"),
    "a summary of one long row": (write("metrics/summary.csv", "," * 100_000), "one row for each"),
    "a summary with a long cell": (write("metrics/summary.csv", "x" * 200_000), "is no table"),
    "a summary without columns": (write("metrics/summary.csv", "date\ndate\n"), "have a column "),
    "an empty summary": (write("metrics/summary.csv", ""), "is no table"),
    "many columns": (
        write(PREDICTIONS, ",".join(f"c{n}" for n in range(100_000)) + "\n"),
        "at most 2000 columns",
    ),
    "figures beyond squares": (replace(PREDICTIONS, "2944.0", "1e300"), "one line of numbers for"),
    "a quote without end": (replace(PREDICTIONS, "2944.0", '"'), "metrics/predictions.csv in "),
    "controls in a cell": (replace(PREDICTIONS, "1967-07-01", CONTROLS), "found in line 2: "),
    "predictions without text": (write(PREDICTIONS, b"\xff\xfe\x00"), "is no table"),
    "two columns of one name": (
        replace(PREDICTIONS, "date,actual", "date,date"),
        "should have the columns date (or row), actual",
    ),
    "patterns that take for ever": (write(".dvcignore", "*a" * 40 + "\n"), "at most 50 patterns"),
    "many patterns": (write(".dvcignore", "a\n" * 9_999), "should have at most 50 patterns"),
    "a folder in place of a file": (
        lambda root: [(root / "dvc.yaml").unlink(), (root / "dvc.yaml").mkdir(),
                      (root / "dvc.yaml/x").write_text("")],
        "dvc.yaml is missing in ",
    ),
    "a link to a password": (link("params.yaml", "/etc/passwd"), "params.yaml is missing in"),
}  # fmt: skip

TOLD = {
    "controls in a metric": metric(json.dumps(CONTROLS)[1:-1], "1"),
    "half a character": metric("\\ud800", "1"),
    "markup in a metric": metric(MARKUP, "1"),
    "a bar after a backslash": metric("a\\\\|<img src=x> @someone", "1"),
    "infinity": add("params.yaml", "\na: .inf\nb: -.inf\nc: .nan\n"),
    "a date, bytes and a set": add(
        "params.yaml", "\na: !!timestamp 2001-01-01\nb: !!binary aGk=\nc: !!set {d, e}\n"
    ),
    "controls in a parameter": add("params.yaml", f"\n{json.dumps(CONTROLS)}: 1\n"),
    "half a character in a parameter": add("params.yaml", '\na: "\\ud800"\n'),
    "markup in a parameter": add("params.yaml", f"\na: {json.dumps(MARKUP)}\n"),
    "markup in a stage": replace("dvc.yaml", "  split:", f"  {json.dumps(MARKUP)}:"),
    "controls in a stage": replace("dvc.yaml", "  split:", f"  {json.dumps(CONTROLS)}:"),
    "markup in a command": replace("dvc.yaml", "python -m stages.split", json.dumps(MARKUP)),
    "a long command": replace("dvc.yaml", "python -m stages.split", "x" * 99_999),
    "markup in a target": replace("params.yaml", "target: unemploy", f"target: {MARKUP!r}"),
    "a list for a target": replace("params.yaml", "target: unemploy", "target: [unemploy]"),
    "many parameters of a stage": replace(
        "dvc.yaml", "    - split\n", "    - split\n" + "".join(f"    - k{n}\n" for n in range(4000))
    ),
    "many metrics with long names": write(
        METRICS, json.dumps({f"{n}{'−' * 90}": n for n in range(500)}, ensure_ascii=False)
    ),
    "markup in a version": add("requirements.txt", f"\nx=={MARKUP}\n"),
    "another file's name": lambda root: (root / "regression/table" / MARKUP[:11]).mkdir()
    or (root / "regression/table" / MARKUP[:11] / "a.py").write_text(""),
    "a name that is no UTF-8": lambda root: Path(
        os.fsdecode(os.fsencode(root / "regression/table") + b"/\xff\x1b[2J.py")
    ).write_text(""),
    "a name of two lines": lambda root: (root / "regression/table/a\n# b.py").write_text(""),
}  # fmt: skip


@pytest.fixture
def tell(clone, monkeypatch, capsys):
    """Commit what spoils a clone, and review it: exit code, report, complaint."""
    monkeypatch.chdir(clone.path)
    monkeypatch.setattr("regression.files.PROJECT", clone.path)

    def run(spoil, *options: str) -> tuple[int, str, str]:
        spoil(clone.path)
        clone.run("git add -A && git commit -q --allow-empty -m Change")
        monkeypatch.setattr(sys, "argv", ["review", "HEAD~1", "HEAD", *options])
        with pytest.raises(SystemExit) as ended:
            errors.run(review.main)
        return (int(ended.value.code or 0), *capsys.readouterr())

    return run


def seen(text: str) -> bool:
    """Whether all of a text is shown, and nothing obeyed by a terminal."""
    return all(char.isprintable() or char == "\n" for char in text)


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_one_line(tell, name):
    """Exit code 2, no traceback, no controls, and no more than a line of it."""
    spoil, message = REFUSED[name]

    code, printed, complaint = tell(spoil)

    assert (code, printed) == (2, "")
    assert message in complaint
    assert complaint.count("\n") == 1
    assert seen(complaint)
    assert len(complaint) <= 1_001


@pytest.mark.parametrize("name", TOLD)
def test_what_can_be_read_is_shown_and_not_obeyed(tell, name):
    """No markup, no mention, no controls, no more than a comment holds; and JSON that is valid."""
    code, printed, complaint = tell(TOLD[name])
    html = MarkdownIt("commonmark", {"html": True}).enable("table").render(printed)
    outside = re.sub("<code>.*?</code>", "", html, flags=re.DOTALL)

    assert (code, complaint) == (0, "")
    assert seen(printed)
    assert len(printed) < 65_536
    assert re.match(r"\*\*(No verdict: |No difference|Not comparable)", printed)
    assert printed.rstrip().endswith(").")
    assert "<img" not in html
    assert r"\\|" not in printed  # GitHub may read it as a backslash and the end of a cell
    for text in ("someone", "example.com", "#1", "<strong>c"):
        assert text not in outside
    json.loads(tell(lambda root: None, "--json")[1], parse_constant=pytest.fail)


@pytest.mark.parametrize("name", ["x';>owned;'", "$(touch${IFS}owned)", "a\u202eb", "-", "@{u}"])
def test_a_branch_may_be_called_anything(clone, monkeypatch, capsys, name):
    """Git allows more than a shell does."""
    monkeypatch.chdir(clone.path)
    monkeypatch.setattr("regression.files.PROJECT", clone.path)
    monkeypatch.setattr(sys, "argv", ["review", "--", "HEAD", name])
    quoted = name.replace("'", "'\\''")
    clone.run(f"git update-ref 'refs/heads/{quoted}' HEAD || true")

    with pytest.raises(SystemExit) as ended:
        errors.run(review.main)

    printed, complaint = capsys.readouterr()
    assert ended.value.code in (0, 2)
    assert seen(printed + complaint)
    assert not (clone.path / "owned").exists()


def test_an_author_may_be_called_anything(clone, monkeypatch, capsys):
    """The name is the branch's own."""
    monkeypatch.chdir(clone.path)
    monkeypatch.setattr("regression.files.PROJECT", clone.path)
    clone.environment["GIT_AUTHOR_NAME"] = f"{MARKUP} {CONTROLS}"
    clone.run("git commit -q --allow-empty -m Change")
    monkeypatch.setattr(sys, "argv", ["review", "HEAD", "HEAD"])

    with pytest.raises(SystemExit):
        errors.run(review.main)

    printed = capsys.readouterr().out
    html = MarkdownIt("commonmark", {"html": True}).enable("table").render(printed)
    assert seen(printed)
    assert "<img" not in html


def test_other_tools_show_controls_too(clone):
    """What is out of step is told by a branch's own words."""
    name = json.dumps(CONTROLS)
    replace("dvc.yaml", "  split:", f"  {name}:")(clone.path)

    message = clone.run("python -m tools.check_lock", returncode=1)

    assert seen(message)
    assert printable(CONTROLS) in message
    Clone(clone.path).edit("dvc.yaml", f"  {name}:", "  split: [")
    assert seen(clone.run("python -m tools.check_lock", returncode=2))
