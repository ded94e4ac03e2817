"""Every error code that the source can raise, found by reading it."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from errata.core import errors

SOURCE = Path(__file__).resolve().parents[2] / "src" / "errata"
CLASSES = {name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, Exception)}
CODE = re.compile(r"[a-z0-9*]+(-[a-z0-9*]+)*")


@functools.cache
def raised_codes() -> dict[str, str]:
    """Code → where it is raised; ``null-{role}`` is ``null-*``.

    A code is what a class of the error tree is given first, and whatever is given, or assigned, to a ``code``. A name
    stands for the module's constant of that name.
    """
    modules = {path: ast.parse(path.read_text()) for path in sorted(SOURCE.rglob("*.py"))}
    positions = dict.fromkeys(CLASSES, 0) | dict(_taking_codes(modules.values()))
    found: dict[str, str] = {}
    for path, module in modules.items():
        constants = dict(_constants(module))
        for node in ast.walk(module):
            for given in _given(node, positions):
                for code in _texts(given, constants):
                    if CODE.fullmatch(code):
                        found.setdefault(code, f"{path.relative_to(SOURCE)}:{given.lineno}")
    return found


def _taking_codes(modules: Iterable[ast.Module]) -> Iterator[tuple[str, int]]:
    for node in (node for module in modules for node in ast.walk(module)):
        if isinstance(node, ast.FunctionDef):
            names = _parameters(node)
        elif isinstance(node, ast.ClassDef):
            if any(isinstance(base, ast.Name) and base.id in CLASSES for base in node.bases):
                yield node.name, 0
            made = [
                _parameters(line) for line in node.body if isinstance(line, ast.FunctionDef) and line.name == "__init__"
            ]
            names = made[0] if made else [_name(line.target) for line in node.body if isinstance(line, ast.AnnAssign)]
        else:
            continue
        if "code" in names:
            yield node.name, names.index("code")


def _parameters(function: ast.FunctionDef) -> list[str]:
    return [arg.arg for arg in function.args.args if arg.arg not in ("self", "cls")]


def _name(node: ast.expr) -> str:
    return str(getattr(node, "id", getattr(node, "attr", "")))


def _constants(module: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    for node in module.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            yield node.targets[0].id, node.value


def _given(node: ast.AST, positions: dict[str, int]) -> Iterator[ast.expr]:
    if isinstance(node, ast.Assign) and _name(node.targets[0]) == "code":
        yield node.value
    if isinstance(node, ast.Call):
        position = positions.get(_name(node.func))
        if position is not None:
            yield from node.args[position : position + 1]
            yield from (word.value for word in node.keywords if word.arg == "code")


def _texts(given: ast.expr, constants: dict[str, ast.expr]) -> Iterator[str]:
    match given:
        case ast.Constant(value=str(text)):
            yield text
        case ast.IfExp(body=one, orelse=other):
            yield from _texts(one, constants)
            yield from _texts(other, constants)
        case ast.Name(id=name) if name in constants:
            yield from _texts(constants[name], constants)
        case ast.JoinedStr(values=parts):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "*" for part in parts)
