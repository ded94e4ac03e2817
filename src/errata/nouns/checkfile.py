"""``errata.yaml``: the checks that a new version must pass, as people read and review them.

    version: 1
    checks:
      - name: night in the dark
        slice: contrast < 0.4 and source = 'night'
        metric: error
        criterion: "<= 0.05"

``slice`` is ``all`` and ``metric`` is ``error`` unless said; ``positive`` beside ``version`` names the class that fpr
and fnr are about, or in a check, where each has its own. A file without a version is of version 1, and the list of
checks may stand alone. Nothing else may stand in it, each name once, so that a slip of the pen is found, not ignored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NoReturn

from errata.core.errors import ErrataError, FileError, GrammarError, InputError, UsageError, ValueFault
from errata.core.names import nearest
from errata.nouns.verdict import CheckSpec

BAD_FILE = "bad-checks-file"
MAX_SIZE = 2_000_000
_TOP = ("version", "positive", "checks")
_CHECK = ("name", "slice", "metric", "criterion", "positive")
_HEAD = "# What a new version must pass: errata gate FILE --checks errata.yaml"
_EXAMPLE = """version: 1
checks:
  - name: everything
    slice: all
    metric: error
    criterion: "<= baseline + 0.01\""""


@dataclass(frozen=True, slots=True)
class CheckFile:
    """The checks of a file, in order, and the class that fpr and fnr are about."""

    checks: tuple[CheckSpec, ...]
    positive: str | None = None

    @staticmethod
    def of(checks: Sequence[CheckSpec]) -> CheckFile:
        """These checks; a class that is positive for all of them that name one stands once, at the top."""
        named = {check.positive for check in checks if check.positive is not None}
        if len(named) != 1:
            return CheckFile(tuple(checks))
        return CheckFile(tuple(replace(check, positive=None) for check in checks), named.pop())


def read_checkfile(text: str, name: str) -> CheckFile:
    """Read the text of a checks file called ``name``.

    Raises FileError, GrammarError, UsageError or ValueFault, with ``name`` and the line.
    """
    return _Reading(name).file(text)


def write_checkfile(file: CheckFile) -> str:
    """The file's text, which reads back as the same checks."""
    lines = [_HEAD, "version: 1"]
    if file.positive is not None:
        lines.append(f"positive: {_scalar(file.positive)}")
    lines.append("checks:" if file.checks else "checks: []")
    for check in file.checks:
        values = [(key, _scalar(value)) for key in _CHECK if (value := getattr(check, key)) is not None]
        lines += [f"  {'- ' if key == 'name' else '  '}{key}: {value}" for key, value in values]
    return "\n".join(lines) + "\n"


def _scalar(text: str) -> str:
    import yaml

    plain = str(yaml.safe_dump(text, allow_unicode=True, width=10**6)).removesuffix("\n").removesuffix("\n...")
    if plain.startswith("'"):
        # Slices hold single quotes: in double quotes they stand as they are.
        plain = str(yaml.safe_dump(text, allow_unicode=True, width=10**6, default_style='"')).removesuffix("\n")
    return plain


class _Reading:
    """Walks over the nodes of one file; every complaint has its line."""

    def __init__(self, name: str) -> None:
        self.name = name

    def file(self, text: str) -> CheckFile:
        root = self.root(text)
        # A list alone is all that a file written by hand has to be.
        bare = root.tag == "tag:yaml.org,2002:seq"
        top = {"checks": root} if bare else self.mapping(root, _TOP, "the file")
        version = top.get("version")
        if version is not None and (version.tag != "tag:yaml.org,2002:int" or version.value != "1"):
            self.refuse(
                "checks-file-version", f"version {version.value!r} is not known", version, expected="version: 1"
            )
        if "checks" not in top or top["checks"].tag != "tag:yaml.org,2002:seq":
            node = top.get("checks", 1)
            self.refuse(BAD_FILE, "the file has no list of checks", node, expected=_EXAMPLE)
        positive = self.text(top["positive"], "positive") if "positive" in top else None
        checks: list[CheckSpec] = []
        lines: dict[str, int] = {}
        for node in top["checks"].value:
            check = self.check(node)
            line = _line(node)
            if check.name in lines:
                self.refuse(
                    "repeated-check",
                    f"two checks are called {check.name!r}",
                    node,
                    expected="each name once",
                    found=f"lines {lines[check.name]} and {line}",
                )
            lines[check.name] = line
            checks.append(check)
        return CheckFile(tuple(checks), positive)

    def root(self, text: str) -> Any:
        import yaml

        if len(text) > MAX_SIZE:
            raise FileError(BAD_FILE, f"{self.name} is {len(text):,} characters long", expected=f"at most {MAX_SIZE:,}")
        try:
            # Names for values that stand elsewhere could unfold without end, so there are none.
            for event in yaml.parse(text, yaml.SafeLoader):
                if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                    self.refuse(BAD_FILE, "anchors and aliases (& and *) are not part of the format", event)
            root = yaml.compose(text, yaml.SafeLoader)
        except yaml.MarkedYAMLError as exc:
            self.refuse_yaml(exc, text)
        except yaml.reader.ReaderError as exc:
            raise FileError(
                BAD_FILE, f"{self.name} holds a control character", found=str(exc).splitlines()[0], expected="YAML"
            ) from exc
        if root is None:
            self.refuse(BAD_FILE, "the file is empty", 1, expected=_EXAMPLE)
        return root

    def refuse_yaml(self, exc: Any, text: str) -> NoReturn:
        mark = exc.problem_mark or exc.context_mark
        at = mark.line if mark else 0
        lines = text.splitlines()
        line = lines[min(at, len(lines) - 1)] if lines else ""
        key, _, value = line.partition(":")
        expected = "YAML"
        if value.strip()[:1] in {">", '"', "'", "|", "%", "@", "`"}:
            # `criterion: >= 0.9` is the start of a folded text in YAML.
            quoted = (
                _scalar(value.strip())
                if value.strip()[:1] == ">"
                else f"'{value.strip().replace(chr(39), chr(39) * 2)}'"
            )
            expected = f"the value in quotes\n{key.strip()}: {quoted}"
        self.refuse(BAD_FILE, f"not YAML: {exc.problem or exc.context}", at + 1, expected=expected, found=line.strip())

    def mapping(self, node: Any, keys: tuple[str, ...], what: str) -> dict[str, Any]:
        if node.tag != "tag:yaml.org,2002:map":
            self.refuse(BAD_FILE, f"{what} is not a list of keys and values", node, expected=", ".join(keys))
        found: dict[str, Any] = {}
        for key, value in node.value:
            name = str(key.value)
            if name not in keys:
                close = nearest(name, list(keys), 1)
                self.refuse(
                    "unknown-key",
                    f"{what} knows no {name!r}",
                    key,
                    expected=", ".join(keys),
                    next=f"{close[0]}: …" if close else "",
                )
            if name in found:
                self.refuse("repeated-key", f"{what} says {name!r} twice", key, expected="each key once")
            found[name] = value
        return found

    def check(self, node: Any) -> CheckSpec:
        values = self.mapping(node, _CHECK, "a check")
        for key in ("name", "criterion"):
            if key not in values:
                self.refuse("missing-key", f"a check has no {key}", node, expected=_EXAMPLE.splitlines()[-1].strip())
        texts = {key: self.text(value, key) for key, value in values.items()}
        try:
            return CheckSpec(**texts, where=f"{self.name}, line {_line(node)}")
        except ErrataError as exc:
            culprit = self.culprit(texts)
            place = f"{self.name}, line {_line(values[culprit])}"
            exc.where = f"{place}, {exc.where}" if exc.where else place
            raise

    def culprit(self, texts: dict[str, str]) -> str:
        """Which of a check's values it cannot be made of."""
        good = {"name": "a", "criterion": "<= 0"}
        for key in texts:
            try:
                CheckSpec(**{**good, **{key: texts[key]}})
            except (GrammarError, UsageError, ValueFault):
                return key
        return "criterion"

    def text(self, node: Any, key: str) -> str:
        if not isinstance(node.value, str):
            self.refuse(BAD_FILE, f"{key} is not a text", node, expected=f"{key}: text")
        if node.tag == "tag:yaml.org,2002:null":
            self.refuse(BAD_FILE, f"{key} is empty", node, expected=f"{key}: text")
        return str(node.value)

    def refuse(
        self, code: str, message: str, at: Any, *, expected: str = "", found: str = "", next: str = ""
    ) -> NoReturn:
        line = at if isinstance(at, int) else _line(at)
        kind: type[InputError] = FileError if code == BAD_FILE else UsageError
        where = f"{self.name}, line {line}"
        raise kind(code, message, where=where, expected=expected, found=found, next=next or f"correct {where}")


def _line(node: Any) -> int:
    return int(node.start_mark.line) + 1
