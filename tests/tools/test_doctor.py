"""What DVC keeps is read to the last byte, and what is damaged comes back."""

import hashlib
import shutil

import pytest

from tests.project import Clone
from tools.doctor import examine_records

SOUND = "every file that DVC keeps is sound\n"
STORE, CACHE = ".dvc/store", ".dvc/cache"


@pytest.fixture
def clone(small, tmp_path) -> Clone:
    """A clone with its cache, in which the pipeline has run."""
    return small.copy(tmp_path / "clone")


def kept(clone: Clone, path: str, place: str = CACHE) -> str:
    """Where DVC keeps a file that lies in the workspace as it should."""
    md5 = hashlib.md5((clone.path / path).read_bytes()).hexdigest()
    return f"{place}/files/md5/{md5[:2]}/{md5[2:]}"


def damage(clone: Clone, path: str) -> None:
    """Cut a file in two, as a full disk does; its mode and its times stay as DVC knows them."""
    file = clone.path / path
    status = file.stat()
    content = file.read_bytes()
    file.unlink()
    file.write_bytes(content[: len(content) // 2])
    shutil.copymode(clone.path / "dvc.yaml", file)
    file.chmod(status.st_mode)


def test_everything_that_is_damaged_is_named_and_mended(clone):
    """Here, in the cache, in the store and in metrics/: afterwards every byte is as before."""
    before = clone.outputs()
    paths = ["data/table.csv", "data/train.csv", "data/prepared.csv"]
    raw, train, prepared = (kept(clone, path) for path in paths)
    store = kept(clone, "data/table.csv", STORE)
    other = f"{CACHE}/files/md5/ab/cdefabcdefabcdefabcdefabcdefab"
    (clone.path / other).parent.mkdir(exist_ok=True)
    (clone.path / other).write_text("an older experiment\n")
    damaged = [raw, train, store, other, "data/test.csv", "metrics/metrics.json"]
    for path in damaged[:3] + damaged[4:]:
        damage(clone, path)
    missing = [prepared, "models/model.json"]
    for path in [*missing, "data/train.csv"]:
        (clone.path / path).unlink()

    told = clone.run("python -m tools.doctor", returncode=1)
    clone.run("make mend")

    assert {line.split()[0].strip(",") for line in told.splitlines()[:-1]} == {*damaged, *missing}
    assert clone.outputs() == before
    assert clone.run("make doctor") == SOUND
    assert clone.run("git status --short") == ""
    assert "up to date" in clone.run("dvc status")


def test_the_command_beside_a_fault_mends_it(clone):
    """Run by hand, in the shell."""
    damage(clone, kept(clone, "data/test.csv"))

    line, _ = clone.run("python -m tools.doctor", returncode=1).splitlines()
    clone.run(line.partition(": ")[2])

    assert clone.run("make doctor") == SOUND


def test_a_folder_where_a_file_should_be_is_mended_and_the_reverse(clone):
    """Of an output, of metrics/, of the cache and of the store; with something in it."""
    before = clone.outputs()
    test, train = kept(clone, "data/test.csv"), kept(clone, "data/train.csv")
    store = kept(clone, "data/table.csv", STORE)
    folders = ["data/prepared.csv", "metrics/metrics.json", test, store]
    for path in folders:
        (clone.path / path).unlink()
        (clone.path / path / "inside").mkdir(parents=True)
    group = (clone.path / train).parent
    shutil.rmtree(group)
    group.write_text("no folder\n")
    (clone.path / "data/train.csv").unlink()

    told = clone.run("python -m tools.doctor", returncode=1)
    clone.run("make mend")

    assert all(path in told for path in [*folders, str(group.relative_to(clone.path))])
    assert clone.outputs() == before
    assert clone.run("make doctor") == SOUND


def test_a_raw_table_that_was_changed_is_left_alone(clone):
    """It may be the next one: which of both is right only its owner knows."""
    table = clone.path / "data/table.csv"
    table.write_bytes(table.read_bytes() + b"\n")

    told = clone.run("python -m tools.doctor --mend", returncode=1)

    assert told.startswith("data/table.csv is not the one that data/table.csv.dvc names: ")
    assert "dvc add data/table.csv, or to undo the change: rm" in told
    assert table.read_bytes().endswith(b"\n\n")


def test_a_table_that_is_nowhere_is_told(clone):
    """Nothing is removed for it."""
    for path in [kept(clone, "data/table.csv", STORE), kept(clone, "data/table.csv")]:
        damage(clone, path)
    clone.run("git commit -qam 'Damage the store' && rm data/table.csv")

    told = clone.run("python -m tools.doctor --mend", returncode=1)

    assert told.startswith("no copy of data/table.csv is what data/table.csv.dvc names: ")


def test_a_damaged_file_of_the_default_remote_is_replaced(clone, tmp_path):
    """`dvc push` leaves what is there alone; what is not there yet is no fault."""
    clone.run(f"dvc remote add -q -d models {tmp_path}/models && dvc push -q models/model.json")
    model = kept(clone, "models/model.json", f"{tmp_path}/models")
    before = (clone.path / model).read_bytes()
    damage(clone, model)

    told = clone.run("python -m tools.doctor", returncode=1)
    clone.run("make mend")

    assert told.startswith(f"{model}, of models/model.json, is damaged: rm -f {model} && dvc push")
    assert (clone.path / model).read_bytes() == before


def test_a_damaged_lock_has_its_way_back_in_the_message(clone):
    """It is told before DVC is started, and before anything is looked for."""
    before = clone.outputs()
    clone.run("{ head -n 9 dvc.lock; printf md5; } > half && mv half dvc.lock")

    told = clone.run("make table", returncode=2)
    assert clone.run("python -m tools.doctor", returncode=2) in told
    clone.run(told.splitlines()[0].rpartition(": ")[2])

    assert clone.outputs() == before
    assert clone.run("git status --short") == ""


def test_what_dvc_goes_by_is_missed(clone, monkeypatch):
    """Half a dvc.lock that is still one, a pointer that is cut, empty or gone; no traceback."""
    lock, pointer = clone.path / "dvc.lock", clone.path / "data/table.csv.dvc"
    whole, half = lock.read_text(), lock.read_text().partition("  train:")[0]
    lock.write_text(half)
    assert "dvc.lock has lost train, evaluate: git restore dvc.lock" in clone.run(
        "python -m tools.doctor --mend", returncode=1
    )
    lock.write_text(whole)
    monkeypatch.chdir(clone.path)
    for content in (pointer.read_text()[:20], "", None):
        pointer.unlink(missing_ok=True)
        if content is not None:
            pointer.write_text(content)
        (fault,) = examine_records()
        told = "data/table.csv.dvc has lost table.csv: git restore data/table.csv.dvc"
        assert str(fault).startswith(told)
    clone.run("git restore data/table.csv.dvc")
    (clone.path / ".dvc/config").write_text("[core")
    assert "DVC cannot read its own files: " in clone.run("python -m tools.doctor", returncode=2)
