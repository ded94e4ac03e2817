"""The command line as a whole: what it lists, what it loads, and how it ends when something stops it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import errata
from errata.cli import COMMANDS, root
from errata.cli.options import catalog_options, role_options, roles_from, split_names
from errata.nouns.roles import Roles

PROBE = '''
import errno, sys, time
import click
from errata.core.errors import ColumnError

@click.command()
@click.argument("what")
@click.option("--json", "as_json", is_flag=True)
def command(what, as_json):
    """Stop in the way that WHAT says."""
    if what == "column":
        raise ColumnError("no-such-column", "no column 'lable'", expected="label", next="--truth label")
    if what == "bug":
        raise RuntimeError("the sum came out negative")
    if what == "full":
        raise OSError(errno.ENOSPC, "No space left on device", "out.html")
    if what == "folder":
        open("/no/such/folder/out.html", "w")
    if what == "extra":
        raise ModuleNotFoundError("No module named 'fastapi'", name="fastapi")
    if what == "gate":
        click.get_current_context().exit(3)
    if what == "wait":
        print("waiting", flush=True)
        time.sleep(60)
    if what == "lines":
        for n in range(200_000):
            click.echo(n)
'''


def command_line(tmp_path: Path, *words: str) -> list[str]:
    """A real process of the real root with one more command, ``probe``."""
    (tmp_path / "probe.py").write_text(PROBE)
    start = "from errata.cli import COMMANDS, root; COMMANDS['probe'] = 'probe:command'; root.main()"
    return [sys.executable, "-c", start, *words]


def run(tmp_path: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "TMPDIR": str(tmp_path), **env}
    return subprocess.run(
        command_line(tmp_path, *words), capture_output=True, text=True, env=environment, timeout=60, check=False
    )


def modules_after(code: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return set(done.stdout.split())


HEAVY = {
    "numpy", "pyarrow", "numba", "duckdb", "pandas", "polars", "scipy", "sqlalchemy", "pydantic", "sqlglot", "rich",
    "altair", "fastapi", "httpx", "yaml", "sklearn", "PIL", "alembic",
}  # fmt: skip


def test_version_is_the_package_s() -> None:
    done = CliRunner().invoke(root, ["--version"])
    assert done.exit_code == 0
    assert done.output == f"errata {errata.__version__}\n"


def test_help_lists_every_command_that_exists_and_no_other() -> None:
    done = CliRunner().invoke(root, ["--help"])
    assert done.exit_code == 0
    folder = Path(errata.__file__).parent / "cli"
    there = {path.stem for path in folder.iterdir()}
    listed = {line.split()[0] for line in done.output.splitlines() if line.startswith("  ") and line.strip()}
    for name, target in COMMANDS.items():
        module = target.partition(":")[0].rpartition(".")[2]
        assert (name in listed) == (module in there), name


def test_every_command_that_exists_has_help() -> None:
    with click.Context(root) as ctx:
        names = root.list_commands(ctx)
    for name in names:
        done = CliRunner().invoke(root, [name, "--help"])
        assert done.exit_code == 0, name
        assert f"{name} [OPTIONS]" in done.output


def test_importing_the_command_line_loads_click_and_nothing_heavy() -> None:
    loaded = modules_after("import errata.cli")
    ours = {"click", "errata"}
    plain = modules_after("import click")
    third = {name.partition(".")[0] for name in loaded - plain} - set(sys.stdlib_module_names)
    assert third <= ours
    assert "click" in loaded


def test_importing_errata_loads_nothing_heavy() -> None:
    assert not HEAVY & modules_after("import errata")


def test_help_loads_nothing_heavy() -> None:
    loaded = modules_after(
        "from errata.cli import root\ntry:\n root.main(['--help'])\nexcept SystemExit as stop:\n assert stop.code == 0"
    )
    assert not HEAVY & loaded


def test_a_user_s_mistake_exits_2_with_words_and_no_traceback(tmp_path: Path) -> None:
    done = run(tmp_path, "probe", "column")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == ("error[no-such-column]: no column 'lable'\n  expected: label\n  next:     --truth label\n")


def test_with_json_the_same_mistake_is_a_problem_document(tmp_path: Path) -> None:
    done = run(tmp_path, "probe", "column", "--json")
    assert done.returncode == 2
    assert json.loads(done.stderr) == {
        "type": "urn:errata:error:no-such-column",
        "title": "no column 'lable'",
        "status": 422,
        "code": "no-such-column",
        "kind": "ColumnError",
        "expected": "label",
        "next": "--truth label",
    }


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["probe", "full"], 2, "error[disk-full]: the disk is full\n  where:    out.html\n"),
        (["probe", "folder"], 2, "error[file-unusable]: cannot use /no/such/folder/out.html\n"),
        (["probe", "extra"], 2, "  next:     pip install 'errata[serve]'\n"),
        (["probe", "column", "--jsn"], 2, "error[usage]: No such option '--jsn'"),
        (
            ["prob", "column"],
            2,
            "error[no-such-command]: there is no command 'prob'\n  expected: one of probe, job, profile\n",
        ),
        (["probe", "gate"], 3, ""),
        (["probe", "nothing"], 0, ""),
        ([], 2, "Usage: "),
    ],
)
def test_each_end_has_its_exit_code(tmp_path: Path, words: list[str], code: int, said: str) -> None:
    done = run(tmp_path, *words)
    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_our_own_bug_exits_70_and_says_where_its_traceback_lies(tmp_path: Path) -> None:
    done = run(tmp_path, "probe", "bug")
    assert done.returncode == 70
    assert "error[internal]: a mistake of ours, not yours: RuntimeError: the sum came out negative" in done.stderr
    assert "Traceback" not in done.stderr
    (kept,) = tmp_path.glob("errata-*.txt")
    assert str(kept) in done.stderr
    text = kept.read_text()
    assert text.startswith(f"errata {errata.__version__}, Python ")
    assert "RuntimeError: the sum came out negative" in text


def test_errata_debug_shows_the_traceback_itself(tmp_path: Path) -> None:
    done = run(tmp_path, "probe", "bug", ERRATA_DEBUG="1")
    assert done.returncode == 70
    assert "Traceback (most recent call last)" in done.stderr


def test_ctrl_c_ends_in_one_line_and_130(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    with subprocess.Popen(
        command_line(tmp_path, "probe", "wait"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "waiting\n"
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert said == "Interrupted.\n"


def test_a_reader_that_leaves_is_no_error_to_speak_of(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    with subprocess.Popen(
        command_line(tmp_path, "probe", "lines"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "0\n"
        process.stdout.close()
        assert process.stderr is not None
        said = process.stderr.read()
        process.wait(timeout=30)
    assert process.returncode == 141
    assert said == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, which Linux has")
def test_a_full_disk_under_stdout_is_said(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            command_line(tmp_path, "probe", "lines"),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
            timeout=60,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr.startswith("error[disk-full]: the disk is full\n")


def options_of(*words: str) -> dict[str, object]:
    kept: dict[str, object] = {}

    @click.command()
    @role_options
    @catalog_options
    def command(**options: object) -> None:
        kept.update(options)

    done = CliRunner().invoke(command, list(words), env={"ERRATA_CATALOG": "c/.errata", "ERRATA_PROJECT": None})
    assert done.exit_code == 0, done.output
    return kept


def test_roles_not_given_stay_unset() -> None:
    assert roles_from(options_of()) == Roles()


def test_roles_given_are_read() -> None:
    options = options_of(
        *("--truth", "label", "--prediction", "pred", "--scores", "p_*", "--factors", 'a, "b,c"', "--factors", "d,a"),
        *("--exclude", "e", "--failed", "latency_ms > 500", "--allow-unknown"),
    )
    assert roles_from(options) == Roles(
        truth="label",
        prediction="pred",
        scores="p_*",
        factors=("a", "b,c", "d"),
        exclude=("e",),
        failed="latency_ms > 500",
    )
    assert options["allow_unknown"] is True
    assert options["quarantine"] is False


def test_scores_by_name_keep_their_order() -> None:
    assert roles_from(options_of("--scores", "p_no,p_yes")).scores == ("p_no", "p_yes")


def test_the_environment_sets_the_catalog() -> None:
    options = options_of()
    assert options["catalog"] == "c/.errata"
    assert options["project"] is None
    assert options_of("--catalog", "here")["catalog"] == "here"


def test_names_split_at_commas_once_each() -> None:
    assert split_names(["a,b", "b , c", ""]) == ("a", "b", "c")
