"""The house rules that a program can check: directions, the one commit, where SQL and CRS live."""

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "gridsvc"
FILES = sorted(SOURCE.rglob("*.py"))

#: Rooms and house files, highest first; each may import its own line and those below.
#: What stands on one line is beside each other and may not import one another.
STOREYS: tuple[tuple[str, ...], ...] = (
    ("cli",),
    ("backup", "commands"),
    ("serving",),
    ("connect",),
    ("app", "console"),
    ("pressure", "observing"),
    ("web", "health", "metrics", "town"),
    ("exchange", "privacy", "batches"),
    ("briefing",),
    ("maps",),
    ("outreach", "appraisal"),
    ("registers",),
    ("dispatch",),
    ("events",),
    ("feed", "drafts"),
    ("notices",),
    ("people", "ledger"),
    ("mandates", "roads"),
    ("grids",),
    ("accounts",),
    ("problems",),
    ("audit",),
    ("planning", "migrations"),
    ("postgis", "jobs"),
    ("geo", "db", "codes", "keyring", "outbound", "client_keys"),
    ("errors", "progress", "config", "logs", "masking", "plain_text"),
)
STOREY = {room: number for number, rooms in enumerate(STOREYS) for room in rooms}
#: Imports that go up or across, each with its reason; every one must still be needed.
EXCEPTIONS = {
    ("migrations", "appraisal"): "alembic compares every room's tables",
    ("migrations", "ledger"): "alembic compares every room's tables",
    ("migrations", "dispatch"): "alembic compares every room's tables",
    ("migrations", "events"): "alembic compares every room's tables",
    ("migrations", "people"): "alembic compares every room's tables",
    ("migrations", "mandates"): "alembic compares every room's tables",
    ("migrations", "roads"): "alembic compares every room's tables",
    ("migrations", "accounts"): "alembic compares every room's tables",
    ("migrations", "audit"): "alembic compares every room's tables",
    ("migrations", "briefing"): "alembic compares every room's tables",
    ("migrations", "grids"): "alembic compares every room's tables",
    ("migrations", "registers"): "alembic compares every room's tables",
    ("migrations", "outreach"): "alembic compares every room's tables",
    ("migrations", "drafts"): "alembic compares every room's tables",
    ("migrations", "notices"): "alembic compares every room's tables",
}


def for_each(paths: list[Path]):
    """Make one test of a check that every file must pass; it names all that do not."""

    def make(check):
        def test() -> None:
            faults = []
            for path in paths:
                try:
                    check(path)
                except AssertionError as fault:
                    faults.append(f"{name_of(path)}: {fault}")
            assert paths
            assert not faults, "\n".join(faults)

        return test

    return make


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), path.name)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def room_of(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imported(module: ast.Module) -> set[str]:
    """Dotted names of everything a module imports; ``from a import b`` gives ``a.b``."""
    names: set[str] = set()
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def rooms_imported(path: Path) -> set[str]:
    parts = (name.split(".") for name in imported(tree(path)))
    return {part[1] for part in parts if part[0] == "gridsvc" and part[1] != "__version__"}


@for_each(FILES)
def test_imports_go_down(path):
    own = room_of(path)
    if own == "__init__":
        assert rooms_imported(path) == set()
        return
    for other in rooms_imported(path) - {own}:
        down = STOREY[other] > STOREY[own]
        assert down or (own, other) in EXCEPTIONS, f"{name_of(path)} imports {other}"


def test_every_exception_is_needed():
    used = {(room_of(path), other) for path in FILES for other in rooms_imported(path)}
    assert {pair for pair, reason in EXCEPTIONS.items() if reason != "never"} <= used


def test_no_import_is_hidden_in_a_function():
    hidden = [
        f"{name_of(path)}:{node.lineno}"
        for path in FILES
        for function in ast.walk(tree(path))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert hidden == []


PURE = [*sorted((SOURCE / "planning").glob("*.py")), SOURCE / "dispatch/ranking.py"]
IMPURE = {"sqlalchemy", "fastapi", "os", "pathlib", "asyncpg", "io"}


def reached(path: Path) -> set[Path]:
    """A module and every module of ours it imports, and those they import."""
    seen: set[Path] = set()
    waiting = [path]
    while waiting:
        here = waiting.pop()
        seen.add(here)
        for name in imported(tree(here)):
            for parts in (name.split("."), name.split(".")[:-1]):
                file = ROOT.joinpath(*parts).with_suffix(".py")
                if parts[:1] == ["gridsvc"] and file.is_file() and file not in seen:
                    waiting.append(file)
    return seen


@for_each(PURE)
def test_pure_modules_touch_no_database_web_or_files(path):
    """Neither themselves nor through what they import."""
    for module in reached(path):
        tops = {name.split(".")[0] for name in imported(tree(module))}
        assert not tops & IMPURE, f"{name_of(path)} reaches {tops & IMPURE} by {name_of(module)}"


def test_the_pure_planner_knows_no_other_room():
    for path in (SOURCE / "planning").glob("*.py"):
        assert rooms_imported(path) <= {"planning", "errors", "progress", "geo"}, name_of(path)


def calls(module: ast.Module, *names: str) -> list[int]:
    return [
        node.lineno
        for node in ast.walk(module)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in names
    ]


@for_each(FILES)
def test_only_db_begins_and_commits(path):
    if room_of(path) in {"db", "migrations"}:
        return
    assert calls(tree(path), "commit", "begin", "rollback") == []


def test_db_does_begin():
    """The rule above would also hold in a house that never commits."""
    assert calls(tree(SOURCE / "db.py"), "begin")


_SQL = re.compile(
    r"\b(select\b.+\bfrom|insert\s+into|update\s+\w+\s+set|delete\s+from|create\s+(table|index)"
    r"|alter\s+table|drop\s+table)\b",
    re.IGNORECASE | re.DOTALL,
)


def texts(module: ast.Module) -> list[tuple[int, str]]:
    """Line and value of every text that is no docstring."""
    docs = {
        id(node.body[0].value)
        for node in ast.walk(module)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    return [
        (node.lineno, node.value)
        for node in ast.walk(module)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs
    ]


def may_hold_sql(path: Path) -> bool:
    return path.stem.endswith("queries") or room_of(path) in {"migrations", "postgis"}


@for_each([p for p in FILES if not may_hold_sql(p)])
def test_sql_is_in_queries(path):
    module = tree(path)
    assert [line for line, value in texts(module) if _SQL.search(value)] == []
    if path.name not in {"models.py", "db.py"}:  # partial indexes and checks are written as text
        assert "sqlalchemy.text" not in imported(module)


def test_queries_do_hold_sql():
    found = [path for path in FILES if path.stem.endswith("queries")]
    assert len(found) >= 6
    assert all(any(_SQL.search(value) for _, value in texts(tree(path))) for path in found)


#: A text that is a CRS; a message may speak of one.
_CRS = re.compile(r"^epsg:\d+$|^(4326|4490|3857)$|\+proj=", re.IGNORECASE)


@for_each([p for p in FILES if name_of(p) != "gridsvc/geo.py"])
def test_only_geo_names_a_crs(path):
    module = tree(path)
    named = [line for line, value in texts(module) if _CRS.search(value)]
    numbers = [
        node.lineno
        for node in ast.walk(module)
        if isinstance(node, ast.Constant) and node.value in {4326, 4490, 3857}
    ]
    if may_hold_sql(path):  # the SRID inside SQL is part of the tables' own type
        named, numbers = [], [n for n in numbers if room_of(path) != "migrations"]
    assert named + numbers == []
    assert calls(module, "from_epsg", "from_proj4", "from_string", "from_user_input") == []


@for_each(FILES)
def test_nothing_prints_but_the_command_line(path):
    if room_of(path) in {"cli", "console", "serving"}:
        return
    printed = [
        node.lineno
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and (
            (isinstance(node.func, ast.Name) and node.func.id == "print")
            or (isinstance(node.func, ast.Attribute) and node.func.attr == "echo")
        )
    ]
    assert printed == []


@for_each(FILES)
def test_errors_are_caught_by_name(path):
    broad = [
        node.lineno
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or ast.unparse(node.type) in {"Exception", "BaseException"})
        and not isinstance(node.body[-1], ast.Raise)  # tidying up on the way out is fine
    ]
    assert broad == []


@for_each(FILES)
def test_files_and_functions_are_short(path):
    if "versions" in path.parts:  # generated by alembic, read as a list
        return
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400
    long = [
        f"{node.name}: {node.end_lineno - node.lineno + 1}"
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno - node.lineno + 1 - docstring_lines(node) > 60
    ]
    assert long == []


def docstring_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    first = function.body[0]
    has_one = ast.get_docstring(function) is not None
    return first.end_lineno - first.lineno + 1 if has_one else 0


@for_each(FILES)
def test_every_module_says_what_it_is_for(path):
    if path.stat().st_size:
        assert ast.get_docstring(tree(path))


def test_every_room_has_tests_in_a_folder_of_its_name():
    rooms = {p.name for p in SOURCE.iterdir() if p.is_dir() and (p / "__init__.py").is_file()}
    tested = {p.parent.name for p in (ROOT / "tests").glob("*/test_*.py")}
    assert rooms <= tested


def test_every_test_file_mirrors_a_module_or_is_a_whole():
    """tests/<room>/test_<name>.py stands beside gridsvc/<room>/<name>.py, or says what it spans."""
    spanning = {"flows", "browser", "bench"}
    strays = []
    for path in sorted((ROOT / "tests").glob("*/test_*.py")):
        room, name = path.parent.name, path.stem.removeprefix("test_")
        known = {p.stem for p in (SOURCE / room).glob("*.py")} | {
            room,
            "guards",
            "bad_input",
            "steps",
            "hostile_files",
            "fuzzed_files",
        }
        if room not in spanning and name not in known and "realdata" not in path.read_text():
            strays.append(name_of(path))
    assert strays == []


def test_the_repository_names_no_machine_or_registry():
    elsewhere = re.compile(r"/(work|root)/|/tmp/venv|files\.pythonhosted|registry\.npmjs")
    named = [
        name_of(path)
        for folder in (SOURCE, ROOT / "tests")
        for path in folder.rglob("*.py")
        if path != Path(__file__) and elsewhere.search(path.read_text(encoding="utf-8"))
    ]
    assert named == []
