"""Runbooks: notebooks with parameters, listed, shown and run by papermill. Needs the extra `runbooks`.

What a runbook does is in the notebook and in the package that it calls. Here is who may run it with
which parameters, in which interpreter, and where the results lie.
"""

from __future__ import annotations

import ast
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gmailsync.errors import BadInput, GmailSyncError, NotFound
from gmailsync.evidence import Evidence
from gmailsync.report import EVIDENCE_FILE, REPORT_FILE

if TYPE_CHECKING:
    from jupyter_client.manager import AsyncKernelManager

Value = str | int | float | bool

OUTPUT = "output"
"""The parameter that tells a notebook where to write; it is set by `run` and by nobody else."""

_PACKAGE = Path(__file__).parent
_IN_WHEEL = _PACKAGE / "notebooks"
_IN_CHECKOUT = _PACKAGE.parent / "notebooks"


class RunbookRefused(BadInput):
    """The notebook itself refused a parameter, in its own words."""

    def __init__(self, message: str) -> None:
        GmailSyncError.__init__(self, message)
        self.field, self.value, self.allowed = "parameters", "", ""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter with the default and the comment that stand in the notebook."""

    name: str
    default: Value
    help: str


@dataclass(frozen=True, slots=True)
class Runbook:
    """A notebook that can be run. `title` and `purpose` are its first heading and the paragraph below it."""

    name: str
    path: Path
    title: str
    purpose: str


@dataclass(frozen=True, slots=True)
class RunbookResult:
    """How a run ended. `failure` is what the notebook stopped with, or empty; evidence is None where it wrote none."""

    notebook: Path
    report: Path | None
    evidence_file: Path | None
    evidence: Evidence | None
    failure: str = ""

    @property
    def ok(self) -> bool:
        """True when every cell ran and the evidence, if any, is good."""
        return not self.failure and (self.evidence is None or self.evidence.ok)

    @property
    def files(self) -> list[tuple[str, Path]]:
        """Return what was written, with a word for each."""
        written = [
            ("executed notebook", self.notebook),
            ("HTML report", self.report),
            ("evidence", self.evidence_file),
        ]
        return [(word, path) for word, path in written if path is not None]


# --- Listing and showing ---------------------------------------------------------------------


def notebooks() -> Path:
    """Return where the notebooks lie: in the installed package, or beside it in a checkout."""
    return _IN_WHEEL if _IN_WHEEL.is_dir() else _IN_CHECKOUT


def list_runbooks() -> list[Runbook]:
    """Return every runbook by name."""
    return [_described(path) for path in sorted(notebooks().glob("*.ipynb"))]


def find(name: str) -> Runbook:
    """Return the runbook of this name, or raise `NotFound` with the names there are."""
    known = {runbook.name: runbook for runbook in list_runbooks()}
    if name not in known:
        raise NotFound("runbook", name, f"one of: {', '.join(known) or 'none are installed'}")
    return known[name]


def parameters(runbook: Runbook) -> list[Parameter]:
    """Return what may be set, in the order of the notebook's parameters cell."""
    with _extra_needed():
        import papermill  # here, since only runbooks need it, and it takes a second

    told = papermill.inspect_notebook(str(runbook.path))
    return [
        Parameter(name, ast.literal_eval(entry["default"]), entry["help"])
        for name, entry in told.items()
        if name != OUTPUT
    ]


def _described(path: Path) -> Runbook:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    lines = "".join(next((cell["source"] for cell in cells if cell["cell_type"] == "markdown"), "")).splitlines()
    title = next((line.lstrip("# ") for line in lines if line.startswith("#")), path.stem)
    paragraph = "\n".join(line for line in lines if not line.startswith("#")).strip().split("\n\n")[0]
    return Runbook(path.stem, path, title, " ".join(paragraph.split()))


@contextmanager
def _extra_needed() -> Iterator[None]:
    try:
        yield
    except ImportError as error:
        raise BadInput("extra", "runbooks", "is not installed; run: pip install 'gmailsync[runbooks]'") from error


# --- Running ---------------------------------------------------------------------------------


def run(name: str, given: Mapping[str, Value], output: Path) -> RunbookResult:
    """Run a notebook with these parameters and write what comes of it into the directory `output`.

    Texts are read as the parameter's own type, so that `-p messages 12` is a number. Raises `NotFound` for another
    name, `BadInput` for an unknown parameter or one that the notebook refuses; nothing has been run then, or nothing
    that matters. A notebook that stops is a result that is not `ok`.
    """
    runbook = find(name)
    values = checked(given, parameters(runbook))
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput("output", str(output), f"a directory that can be made ({error.strerror})") from error
    output = output.absolute()
    for left_over in (EVIDENCE_FILE, REPORT_FILE):  # of an earlier run: it would be taken for this one's
        (output / left_over).unlink(missing_ok=True)
    executed = output / runbook.path.name
    failure = _execute(runbook.path, executed, {**values, OUTPUT: str(output)})
    return _result(executed, output, failure)


def checked(given: Mapping[str, Value], allowed: list[Parameter]) -> dict[str, Value]:
    """Return the values as their parameters' types. Raises `BadInput` that names what is allowed."""
    known = {parameter.name: parameter for parameter in allowed}
    for name in given:
        if name not in known:
            raise BadInput("parameter", name, f"one of: {', '.join(known)}")
    return {name: _as_default(known[name], value) for name, value in given.items()}


def _as_default(parameter: Parameter, value: Value) -> Value:
    """Return the value as the type of the parameter's default."""
    field = f"parameter {parameter.name}"
    if isinstance(parameter.default, bool):
        words = {"on": True, "true": True, "yes": True, "off": False, "false": False, "no": False}
        if str(value).lower() not in words:
            raise BadInput(field, value, "on or off")
        return words[str(value).lower()]
    if isinstance(parameter.default, int | float):
        number = type(parameter.default)
        try:
            return number(value)
        except ValueError as error:
            raise BadInput(field, value, "a whole number" if number is int else "a number") from error
    return str(value)


def _execute(notebook: Path, executed: Path, values: Mapping[str, Value]) -> str:
    """Run every cell; return what the notebook stopped with, or nothing."""
    with _extra_needed():
        import papermill
        from papermill.exceptions import PapermillExecutionError

    with tempfile.TemporaryDirectory(prefix="gmailsync-kernel-") as scratch:
        try:
            papermill.execute_notebook(
                str(notebook),
                str(executed),
                parameters=dict(values),
                kernel_manager_class=_own_kernel(Path(scratch)),
                progress_bar=sys.stderr.isatty(),
            )
        except PapermillExecutionError as stopped:
            if stopped.ename in _bad_input_names():
                raise RunbookRefused(stopped.evalue) from None
            return f"{stopped.ename}: {stopped.evalue}"
    return ""


def _own_kernel(scratch: Path) -> type[AsyncKernelManager]:
    """Return a kernel that is this very interpreter, whatever kernels are or are not installed.

    Its files go to `scratch` and its IPython has no profile of the user's, so that a run needs no writable home and
    does the same for everybody.
    """
    from jupyter_client.kernelspec import KernelSpec
    from jupyter_client.manager import AsyncKernelManager

    class OwnKernel(AsyncKernelManager):
        @property
        def kernel_spec(self) -> KernelSpec:
            return KernelSpec(
                # Its log tells people nothing, least of all when Ctrl-C ends it in the middle of a cell.
                argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}", "--log-level=CRITICAL"],
                env={"IPYTHONDIR": str(scratch), "PYTHONPATH": _python_path()},
                display_name="Python",
                language="python",
            )

        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            self.connection_file = str(scratch / "kernel.json")
            if os.name == "posix":  # sockets in a directory that is nobody else's, instead of open loopback ports
                self.transport = "ipc"
                self.ip = str(scratch / "ipc")

    return OwnKernel


def _python_path() -> str:
    """Return where the kernel finds this package: in a checkout that is not installed it would not."""
    inherited = os.environ.get("PYTHONPATH", "")
    if _PACKAGE.parent.name in {"site-packages", "dist-packages"}:
        return inherited
    return os.pathsep.join(part for part in (str(_PACKAGE.parent), inherited) if part)


def _bad_input_names() -> set[str]:
    """Return the names of `BadInput` and what derives from it: of the notebook's error only the name gets here."""
    names: set[str] = set()
    kinds: list[type[BadInput]] = [BadInput]
    while kinds:
        kind = kinds.pop()
        names.add(kind.__name__)
        kinds += kind.__subclasses__()
    return names


def _result(executed: Path, output: Path, failure: str) -> RunbookResult:
    evidence_file, report = output / EVIDENCE_FILE, output / REPORT_FILE
    has_evidence = evidence_file.exists()
    return RunbookResult(
        notebook=executed,
        report=report if report.exists() else None,
        evidence_file=evidence_file if has_evidence else None,
        evidence=Evidence.from_json(json.loads(evidence_file.read_text(encoding="utf-8"))) if has_evidence else None,
        failure=failure,
    )
