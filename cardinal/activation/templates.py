"""Templates of messages: Jinja2 files in activation/templates/<name>/, filled with the fields of a row.

`subject.txt`, `body.txt` and `body.html`, of which a channel uses what it has room for. Besides the fields there are
`why` (what somebody gets it for) and `unsubscribe_url`. A sync names one template, in which a field that isn't sent is
an error before anything leaves; or its rows have a field `template`, and each names its own.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, meta
from jinja2.sandbox import ImmutableSandboxedEnvironment

from cardinal.activation.declaration import NAME, Sync, SyncError
from cardinal.audiences.declaration import read_audiences
from cardinal.settings import Settings

FOLDER = "activation/templates"
FIELD = "template"
PARTS = ("subject.txt", "body.txt", "body.html")


class UnfilledError(Exception):
    """A row doesn't fill the template."""


@dataclass(frozen=True)
class Message:
    """A template. `parts` holds what there is of PARTS; `uses` holds the names in each."""

    parts: Mapping[str, Template]
    uses: Mapping[str, Collection[str]]

    def fill(self, fields: Mapping[str, Any]) -> dict[str, str]:
        """Return the texts of all parts.

        Raises:
            UnfilledError: A value isn't what the template makes of it; the message shows no value.
        """
        try:
            return {part: template.render(fields) for part, template in self.parts.items()}
        except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError) as error:
            raise UnfilledError(f"the template can't be filled ({type(error).__name__})") from None


class Templates:
    """The template that a sync names, or those that its rows name."""

    def __init__(self, sync: Sync, load: Callable[[str], Message]) -> None:
        """`load` reads and checks the template of a name.

        Raises:
            SyncError: The one that the sync names can't be used.
        """
        self._load, self._loaded = load, dict[str, Message]()
        self.only: Message | None = None
        if FIELD not in sync.columns:
            self.only = load(str(sync.destination.get(FIELD, "")))
        elif FIELD in sync.destination:
            raise SyncError(f"sync {sync.name}: destination.{FIELD} and a column {FIELD} can't both say which it is")

    def for_row(self, fields: Mapping[str, Any]) -> Message:
        """Return the template of a row.

        Raises:
            UnfilledError: It names one that can't be used.
        """
        if self.only is not None:
            return self.only
        name = str(fields.get(FIELD) or "")
        if name not in self._loaded:
            try:
                self._loaded[name] = self._load(name)
            except SyncError as error:
                raise UnfilledError(str(error)) from None
        return self._loaded[name]


def load_message(sync: Sync, settings: Settings, name: str, parts: Collection[str], given: Collection[str]) -> Message:
    """Read a template.

    `parts` are those that it must have; `given` are names that it may use besides the fields of the sync.

    Raises:
        SyncError: A file is missing or isn't a template, or uses a name that isn't there.
    """
    folder = settings.project_dir / FOLDER / name
    if not NAME.fullmatch(name) or not folder.is_dir():
        where = f"a row's {FIELD}" if FIELD in sync.columns else f"destination.{FIELD}"
        raise SyncError(f"sync {sync.name}: {where} must be the name of a folder in {FOLDER}")
    templates, uses = {}, {}
    for part in PARTS:
        if (folder / part).is_file():
            templates[part], uses[part] = _read(folder / part, f"{FOLDER}/{name}/{part}")
        elif part in parts:
            raise SyncError(f"sync {sync.name}: there is no {FOLDER}/{name}/{part}")
        unknown = set(uses.get(part, ())) - {*sync.columns, *given}
        if unknown:
            raise SyncError(
                f"{FOLDER}/{name}/{part}: {', '.join(sorted(unknown))} is none of the columns of sync {sync.name},"
                f" nor {', '.join(sorted(given))}"
            )
    return Message(templates, uses)


def check_shows(sync: Sync, message: Message, names: Collection[str]) -> None:
    """Check that each body of a message shows these names.

    Raises:
        SyncError: One doesn't.
    """
    for part, uses in message.uses.items():
        missing = set(names) - set(uses) if part != "subject.txt" else set()
        if missing:
            raise SyncError(
                f"sync {sync.name}: {part} of its template must show {' and '.join(sorted(missing))}: whoever gets a"
                " message has to see why, and how to end it"
            )


def why(sync: Sync, settings: Settings) -> str:
    """Return what a message says of why it was sent: `destination.why`, or the audience's description and purpose."""
    said = sync.destination.get("why")
    if said:
        return str(said)
    model = sync.model.partition(".")[2]
    for audience in read_audiences(settings.project_dir):
        if audience.model == model:
            return f"{audience.description} ({audience.purpose.replace('_', ' ')})"
    raise SyncError(
        f"sync {sync.name}: destination.why must say why people get it: no audience is declared for {model}"
    )


def _read(path: Path, place: str) -> tuple[Template, set[str]]:
    """Read one file, with its text escaped where it is HTML; it reaches no file and no attribute of ours."""
    # finalize: who has no name is greeted without one, and not as None.
    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined,
        autoescape=path.suffix == ".html",
        finalize=lambda value: "" if value is None else value,
    )
    text = path.read_text(encoding="utf-8")
    try:
        return environment.from_string(text), meta.find_undeclared_variables(environment.parse(text))
    except TemplateSyntaxError as error:
        raise SyncError(f"{place}, line {error.lineno}: {error.message}") from None
