"""Declarations: one yml a programme says who enters, what they get when, and what ends it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from cardinal.audiences.declaration import NAME, PURPOSES, check_columns, customer_columns
from cardinal.errors import CardinalError
from cardinal.programmes.steps import Happened, Holds, Step, events, known, lay_out, whole
from cardinal.yaml_files import read_yaml

FOLDER = "programmes"
TEMPLATES = Path("activation") / "templates"
_REQUIRED = {"description", "owner", "purpose", "enter", "steps"}
_OTHER = {"stop", "again_after_days", "message_days", "priority", "columns"}


class ProgrammeError(CardinalError):
    """A programme can't be used, or not be advanced; the message says what to do."""


@dataclass(frozen=True)
class Programme:
    """A declared programme.

    Attributes:
        name: Its file without `.yml`.
        description: What it is for, in words.
        owner: A dbt group of `models/_groups.yml`.
        purpose: What persons have to have agreed to.
        segment: The segment whose people enter; empty where an event lets them in.
        entry_events: The events that let somebody in; empty where a segment does.
        within_days: How old such an event may be when it is seen first.
        stop_events: Conversions: nothing more is sent after one of them.
        stays_in_segment: Whether leaving the segment ends it.
        again_after_days: So long after its end somebody may enter anew; None for never.
        message_days: So many days a message that can't go out at once may wait.
        priority: Lower numbers go first where persons have contacts for some only.
        columns: Columns of customer_360 that go along with its messages.
        steps: Its steps.
        content: The declaration as it was read, by which versions differ.
    """

    name: str
    description: str
    owner: str
    purpose: str
    segment: str
    entry_events: tuple[str, ...]
    within_days: int
    stop_events: tuple[str, ...]
    stays_in_segment: bool
    again_after_days: int | None
    message_days: int
    priority: int
    columns: tuple[str, ...]
    steps: tuple[Step, ...]
    content: str

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels of its messages."""
        return tuple(sorted({step.channel for step in self.steps if step.kind == "message"}))

    @property
    def kinds(self) -> set[str]:
        """All kinds of events that it looks at."""
        asked = [step.condition.events for step in self.steps if isinstance(step.condition, Happened)]
        return {kind for kinds in (self.entry_events, self.stop_events, *asked) for kind in kinds}

    @property
    def asked_columns(self) -> tuple[str, ...]:
        """The columns of customer_360 that its branches look at."""
        return tuple(sorted({step.condition.column for step in self.steps if isinstance(step.condition, Holds)}))

    @property
    def fingerprint(self) -> str:
        """What tells one version from another."""
        return hashlib.sha256(self.content.encode()).hexdigest()


def audience_of(programme: str, channel: str) -> str:
    """Return the audience that a programme's messages by a channel are decided as."""
    return f"programme_{programme}_{channel}"


def read_programmes(project_dir: Path) -> list[Programme]:
    """Read all declarations of a project in the order of their names.

    Raises:
        ProgrammeError: A declaration can't be used; the message names file and field.
    """
    vocabulary = _Vocabulary(project_dir)
    programmes = []
    for path in sorted((project_dir / FOLDER).glob("*.yml")):
        try:
            content = read_yaml(path)
        except yaml.YAMLError as error:
            raise ProgrammeError(f"{FOLDER}/{path.name}: is no yml: {str(error).splitlines()[0]}") from error
        programme = parse(path.stem, content)
        vocabulary.check(programme)
        programmes.append(programme)
    return programmes


def parse(name: str, content: Any) -> Programme:
    """Check a declaration in itself and return it; the project that it is of may have changed since.

    Raises:
        ProgrammeError: It can't be used.
    """

    def refuse(what: str) -> ProgrammeError:
        return ProgrammeError(f"{FOLDER}/{name}.yml: {what}")

    if not NAME.fullmatch(name):
        raise refuse("its name has to be of small letters, digits and single underscores")
    fields = known(content, _REQUIRED, _OTHER, "programme", refuse)
    for field in ("description", "owner"):
        if not isinstance(fields[field], str) or not fields[field].strip():
            raise refuse(f"{field} has to be a text")
    if fields["purpose"] not in PURPOSES:
        raise refuse(f"purpose has to be one of {', '.join(PURPOSES)}")
    enter = known(fields["enter"], set(), {"segment", "event", "within_days"}, "enter", refuse)
    if ("segment" in enter) == ("event" in enter):
        raise refuse("enter has to name either a segment or an event")
    if "segment" in enter and not NAME.fullmatch(str(enter["segment"])):
        raise refuse("enter.segment has to be the name of a segment")
    if "segment" in enter and "within_days" in enter:
        raise refuse("enter.within_days belongs to an event")
    stop = known(fields.get("stop", {}), set(), {"event", "leaves_segment"}, "stop", refuse)
    leaves = stop.get("leaves_segment", False)
    if not isinstance(leaves, bool) or (leaves and "segment" not in enter):
        raise refuse("stop.leaves_segment has to be true or false, and belongs to a programme that a segment enters")
    again = fields.get("again_after_days")
    if again is not None and whole(again, "again_after_days", refuse) == 0:
        raise refuse("again_after_days has to be a whole number of days, above nought")
    message_days = whole(fields.get("message_days", 3), "message_days", refuse)
    if message_days == 0:
        # It would be over on the day that it became due, before a build sees it.
        raise refuse("message_days has to be a whole number of days, above nought")
    columns = fields.get("columns", [])
    if not isinstance(columns, list) or not all(isinstance(column, str) for column in columns):
        raise refuse("columns has to be a list of names")
    return Programme(
        name=name,
        description=fields["description"].strip(),
        owner=fields["owner"],
        purpose=fields["purpose"],
        segment=enter.get("segment", ""),
        entry_events=events(enter["event"], "enter.event", refuse) if "event" in enter else (),
        within_days=whole(enter.get("within_days", 3), "enter.within_days", refuse),
        stop_events=events(stop["event"], "stop.event", refuse) if "event" in stop else (),
        stays_in_segment=leaves,
        again_after_days=again,
        message_days=message_days,
        priority=whole(fields.get("priority", 100), "priority", refuse),
        columns=tuple(columns),
        steps=lay_out(fields["steps"], refuse),
        content=json.dumps(content, sort_keys=True, ensure_ascii=False, default=str),
    )


class _Vocabulary:
    """What a project has that programmes may name."""

    def __init__(self, project_dir: Path) -> None:
        models = project_dir / "models"
        groups = read_yaml(models / "_groups.yml")["groups"]
        self.groups = {group["name"] for group in groups}
        self.segments = {path.stem.removeprefix("seg_") for path in (models / "segments").glob("seg_*.sql")}
        self.people: Mapping[str, dict[str, Any]] = {column["name"]: column for column in customer_columns(project_dir)}
        self.kinds = event_kinds(project_dir)
        self.templates = {path.name for path in (project_dir / TEMPLATES).glob("*") if path.is_dir()}

    def check(self, programme: Programme) -> None:
        """Raise what a programme names that isn't there."""

        def refuse(what: str) -> ProgrammeError:
            return ProgrammeError(f"{FOLDER}/{programme.name}.yml: {what}")

        if programme.owner not in self.groups:
            raise refuse(f"owner {programme.owner} is no group of models/_groups.yml")
        if programme.segment and programme.segment not in self.segments:
            raise refuse(f"there is no segment {programme.segment}; there are {', '.join(sorted(self.segments))}")
        for kind in sorted(programme.kinds - self.kinds):
            raise refuse(f"customer_timeline has no events {kind}")
        # By what the law protects nobody is treated differently.
        check_columns((*programme.asked_columns, *programme.columns), "", self.people, refuse)
        for step in programme.steps:
            if step.kind == "message" and step.template not in self.templates:
                raise refuse(f"there is no template {step.template} in {TEMPLATES}")


def event_kinds(project_dir: Path) -> set[str]:
    """Return the kinds of events of customer_timeline, as its contract has them."""
    path = project_dir / "models" / "marts" / "core" / "customer_timeline.yml"
    (model,) = read_yaml(path)["models"]
    (column,) = (column for column in model["columns"] if column["name"] == "event_kind")
    (test,) = (test for test in column["data_tests"] if "accepted_values" in test)
    return set(test["accepted_values"]["arguments"]["values"])
