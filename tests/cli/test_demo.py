"""``errata demo``: the default seed's story, told once; that its commands do what it did; where it may write."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from errata.cli.demo import pictures, place, recipe
from errata.cli.demo.ending import four_lines
from errata.cli.demo.story import Story, open_cases, tell
from errata.cli.demo.telling import Telling, command_lines
from errata.core.errors import UsageError
from tests.schemas import agrees_by_name

pytest.importorskip("sklearn", reason="the demo needs the extra 'demo'")
pytest.importorskip("PIL", reason="the demo needs the extra 'demo'")
# The demo is told once for all of them.
pytestmark = pytest.mark.xdist_group("demo")


def errata(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "errata.cli", *words]
    return subprocess.run(line, cwd=folder, capture_output=True, text=True, check=False)


def asked(folder: Path, *words: str) -> Any:
    done = errata(folder, *words, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of a demo with the default seed, and what it printed."""
    folder = tmp_path_factory.mktemp("told")
    done = errata(folder, "demo")
    assert (done.returncode, done.stderr) == (0, "")
    return folder, done.stdout


@pytest.mark.slow
def test_the_default_seeds_story(told: tuple[Path, str]) -> None:
    folder, printed = told

    cases = asked(folder, "case", "list", "--catalog", "demo")["cases"]
    assert [(case["key"], case["slice"], case["title"], case["state"]) for case in cases] == [
        ("DIG-1", "shift >= 0.83", "Shifted digits are misread", "closed"),
        ("DIG-2", "rotation >= 19", "Rotated digits are misread", "reopened"),
        ("DIG-3", "contrast < 0.58", "Faded digits are misread", "remediated"),
    ]
    assert "✓ pass · 3 checks pass · run:4 against run:3" in printed
    assert "✓ DIG-1 is closed by the verdict in gate:2" in printed
    assert "✓ DIG-2 is closed by the verdict in gate:3" in printed
    assert "● fail · 1 of 4 checks fails · run:5 against run:4" in printed
    assert "▲ DIG-2 came back: rotation >= 19" in printed
    assert "✓ DIG-3 holds on digits@3" in printed


@pytest.mark.slow
def test_it_ends_with_four_lines_for_whoever_owns_the_product(told: tuple[Path, str]) -> None:
    told_at_the_end = " ".join(told[1].split("\n\n")[-2].split())

    for part in (
        "digits@1 misreads 1.95 % [0.95, 3.97] of 359 clean pictures",
        "shifted, rotated and faded digits above all.",
        "on digits new to it: DIG-1 and DIG-2 are closed. Faded ones got worse, which no check guarded.",
        "digits@3 is better on the whole",
        "yet rotated digits fail again: DIG-2 came back.",
        "So digits@2 may go out, digits@3 may not; whatever comes next is asked the same.",
    ):
        assert part in told_at_the_end


@pytest.mark.slow
def test_the_evidence_of_a_case_is_its_failed_pictures(told: tuple[Path, str]) -> None:
    case = asked(told[0], "case", "show", "DIG-2", "--evidence", "--catalog", "demo")

    samples = case["evidence"]["samples"]
    assert len(samples) == case["figures"]["failed"] == case["samples"]
    assert all(one["failed"] and one["values"]["rotation"] >= 19 for one in samples)
    assert {one["image"]["media_type"] for one in samples[:200]} == {"image/png"}


@pytest.mark.slow
def test_the_plan_promises_a_ceiling_and_what_came_is_measured_on_other_digits(told: tuple[Path, str]) -> None:
    plan = asked(told[0], "plan", "show", "DIG-7", "--catalog", "demo")

    assert plan["cases"] == ["DIG-1", "DIG-2"]
    assert plan["uses"] == 719
    assert plan["predicted"]["ceiling"] is True and plan["predicted"]["grouped"] is True
    everything = plan["measured"]["slices"][0]
    assert everything["rows"] == 3960 and plan["measured"]["left_out"] == 0
    assert 0 < everything["low"] < everything["gain"] < plan["predicted"]["errors"]


@pytest.mark.slow
def test_every_printed_command_does_what_the_demo_did(
    told: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, printed = told
    (tmp_path / "demo").mkdir()
    for name in (place.PREDICTIONS, place.TRAINING, place.CHECKS):
        (tmp_path / "demo" / name).symlink_to(folder / "demo" / name)
    story, _, after = printed.partition("Look next:")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ERRATA_CATALOG", "demo")
    for words in commands(story):
        assert exit_code(words) in ((0, 1) if words[1] == "gate" else (0,)), shlex.join(words)

    by_hand, by_demo = ({case["key"]: case["state"] for case in listed(at)} for at in (tmp_path, folder))
    assert by_hand == by_demo
    looked = [words for words in commands(after) if words[1] != "serve"]
    assert [(words[1], exit_code(words)) for words in looked] == [("case", 0), ("case", 0), ("analyze", 0), ("gate", 1)]


@pytest.mark.slow
def test_a_second_demo_replaces_the_first_and_leaves_other_files_alone(tmp_path: Path) -> None:
    place.claim(tmp_path / "demo")
    (tmp_path / "demo" / "notes.txt").write_text("mine")
    (tmp_path / "demo" / place.CHECKS).write_text("old")

    summary = asked(tmp_path, "demo", "--seed", "7")
    agrees_by_name(summary)

    assert (tmp_path / "demo" / "notes.txt").read_text() == "mine"
    assert "old" not in (tmp_path / "demo" / place.CHECKS).read_text()
    assert summary["seed"] == 7 and len(summary["summary"]) == 4
    assert set(summary["came_back"]) <= set(summary["closed"]) <= {case["key"] for case in summary["cases"]}


@pytest.mark.slow
def test_when_retraining_brings_nothing_it_says_so(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recipe, "COPIES", 0)  # every version learns from the same pictures

    tell(story)

    assert {name: result.verdict for name, result in story.gates.items()} == {"digits@2": "fail", "digits@3": "fail"}
    assert (story.closed, story.came_back, story.mended) == ([], [], [])
    _, second, third, fourth = four_lines(story)
    assert "makes as many errors as before" in second
    assert second.endswith("that is not enough to close DIG-1 and DIG-2.")
    assert third.endswith("nothing that was mended came back.")
    assert fourth.startswith("So neither of them may go out;")


def test_when_nothing_beats_chance_the_story_ends_there(story: Story) -> None:
    import errata
    from errata.cli.demo.story import first_model, log

    first_model(story)
    story.sets["field@1"] = story.sets["val@1"]  # a field that does nothing to the pictures
    log(story, "digits@1", "field@1")
    story.report = errata.analyze(story.tables["digits@1", "field@1"], group="base")

    assert open_cases(story) is False
    assert four_lines(story)[1:3] == ["No slice stands out, so there was nothing to plan.", "Nothing was retrained."]


@pytest.fixture
def story(tmp_path: Path) -> Story:
    from errata.client.catalog import init_catalog

    place.claim(tmp_path)
    catalog = init_catalog(tmp_path, project="digits", key="DIG")
    return Story(catalog, tmp_path, 0, Telling(width=80, colour=False, silent=True))


def test_no_digit_and_no_level_is_in_two_sets() -> None:
    dealt = pictures.dealt(pictures.scanned(), 0)
    sets = {part: pictures.field(dealt[part], part, 0) for part in ("field@1", "field@2")}
    sets["training"] = pictures.augmented(dealt["train"], dict.fromkeys(recipe.ADJECTIVES, 1), 0)
    sets["val"] = dealt["val"]

    bases = [set(one.base.tolist()) for one in sets.values()]
    assert sum(map(len, bases)) == len(set.union(*bases)) == 1797
    for name in recipe.ADJECTIVES:
        levels = [set(one.levels[name][one.perturbation == name].tolist()) for one in sets.values()]
        assert sum(map(len, levels)) == len(set.union(*levels)) > 100


def test_in_a_field_every_digit_meets_every_factor_alone_under_ids_of_its_own() -> None:
    dealt = pictures.dealt(pictures.scanned(), 3)

    field = pictures.field(dealt["field@2"], "field@2", 3)

    assert len(set(field.ids())) == len(field) == 11 * len(dealt["field@2"])
    away = np.stack([field.levels[name] != (1.0 if name == "contrast" else 0.0) for name in recipe.ADJECTIVES])
    assert set(away.sum(axis=0).tolist()) == {0, 1}
    assert np.unique(field.perturbation, return_counts=True)[1].tolist() == [720, 720, 720, 360, 720, 720]


@pytest.mark.parametrize(
    ("slice_text", "factors"),
    [
        ("rotation >= 19", ["rotation"]),
        ("contrast < 0.58", ["contrast"]),
        ("0.4 <= shift and shift < 0.83", ["shift"]),
        ("perturbation = 'blur'", ["blur"]),
        ("noise >= 0.2 and rotation < 3", ["noise"]),  # rotation < 3 holds pictures that are not rotated
        ("blur < 0.2 and contrast >= 0.8", []),
        ("perturbation = 'none'", []),
        ("noise is null", []),
    ],
)
def test_a_plan_reads_from_a_slice_what_it_is_about(slice_text: str, factors: list[str]) -> None:
    assert recipe.factors_of(slice_text) == factors


def test_a_folder_that_no_demo_made_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")

    done = errata(tmp_path, "demo", "--out", ".")

    assert done.returncode == 2
    assert "error[not-a-demo]" in done.stderr and "thesis.tex" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_file_is_no_place_for_a_demo(tmp_path: Path) -> None:
    (tmp_path / "demo").write_text("")

    with pytest.raises(UsageError, match="is a file") as refused:
        place.claim(tmp_path / "demo")
    assert refused.value.code == "not-a-folder"


def test_without_the_extra_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)
    monkeypatch.chdir(tmp_path)

    assert exit_code(["errata", "demo"]) == 2
    said = capsys.readouterr().err
    assert "error[missing-extra]" in said and "no scikit-learn" in said and "pip install 'errata[demo]'" in said
    assert list(tmp_path.iterdir()) == []


def test_a_long_command_is_wrapped_so_that_it_can_be_pasted() -> None:
    words = ("errata", "plan", "open", "--title", "Retrain with 'odd' digits", "--samples", "demo/training.csv")

    lines = command_lines(words, 60)

    assert len(lines) > 1 and max(map(len, lines)) <= 60
    assert tuple(shlex.split("\n".join(lines).removeprefix("$ ").replace("\\\n", ""))) == words


def exit_code(words: list[str]) -> int:
    """Run a command in this process."""
    from errata.cli import root

    with pytest.raises(SystemExit) as ended:
        root.main(words[1:])
    return int(ended.value.code or 0)


def listed(folder: Path) -> list[dict[str, Any]]:
    return asked(folder, "case", "list", "--catalog", "demo")["cases"]


def commands(printed: str) -> list[list[str]]:
    """The errata commands after $, with their continuation lines, as words."""
    joined = printed.replace("\\\n", "")
    lines = [line.strip() for line in joined.splitlines()]
    return [shlex.split(line[2:]) for line in lines if line.startswith("$ errata ")]
