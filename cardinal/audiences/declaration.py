"""Declarations: one yml an audience says who is in it, for what, by which channel, and where it goes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from cardinal.errors import CardinalError
from cardinal.experiments.declaration import load_experiments
from cardinal.yaml_files import read_yaml

FOLDER = "audiences"
PURPOSES = ("marketing", "analytics", "personalisation", "third_party_sharing", "credit_offers")
# What each channel reaches a person at: columns of audience_addresses.
ADDRESSES = {
    "email": ("email",),
    "sms": ("phone",),
    "push": ("user_id",),
    "line": ("line_user_id",),
    "phone": ("phone",),
    "ads": ("email", "phone"),
    "web": ("user_id",),
}
# Where audiences of ads go that are made of devices and not of people: DSPs, ad servers, the site itself.
DEVICES = "devices"
NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_REQUIRED = {"description", "owner", "purpose", "channel", "destination", "any"}
_FIELDS = _REQUIRED | {"all", "none", "priority", "holdout_rate", "experiment", "arm", "columns"}


class AudienceError(CardinalError):
    """A declaration can't be used; the message names file and field and says what to do."""


@dataclass(frozen=True)
class Audience:
    """A declared audience.

    Attributes:
        name: Its file without `.yml`.
        description: Who is in it, in words.
        owner: A dbt group of `models/_groups.yml`.
        purpose: What persons have to have agreed to.
        channel: By what they are reached.
        destination: Where it is sent, the middle of the model's name `sync_<destination>__<name>`.
        any_of: Segments of which persons are in at least one.
        all_of: Segments that they have to be in as well, each.
        none_of: Segments that they may not be in.
        priority: Lower numbers go first where persons have contacts for some audiences only.
        holdout_rate: Share of its persons that is kept free of it, 0 to 1.
        experiment: An experiment on a segment (`experiments/*.yml`) of which only one arm gets it.
        arm: That arm.
        columns: Columns of customer_360 that go along.
    """

    name: str
    description: str
    owner: str
    purpose: str
    channel: str
    destination: str
    any_of: tuple[str, ...]
    all_of: tuple[str, ...] = ()
    none_of: tuple[str, ...] = ()
    priority: int = 100
    holdout_rate: float = 0.0
    experiment: str | None = None
    arm: str | None = None
    columns: tuple[str, ...] = ()

    @property
    def model(self) -> str:
        """The dbt model that says what may leave the house for it."""
        return f"sync_{self.destination}__{self.name}"

    @property
    def addresses(self) -> tuple[str, ...]:
        """At what it reaches persons: columns of audience_addresses. Who gets devices gets nothing else of them."""
        return ("device_id",) if self.destination == DEVICES else ADDRESSES[self.channel]


def read_audiences(project_dir: Path) -> list[Audience]:
    """Read all declarations of a project in the order of their names.

    Raises:
        AudienceError: A declaration can't be used, or there is none.
    """
    groups = {group["name"] for group in read_yaml(project_dir / "models" / "_groups.yml")["groups"]}
    segments = {path.stem.removeprefix("seg_") for path in (project_dir / "models" / "segments").glob("seg_*.sql")}
    people = {column["name"]: column for column in customer_columns(project_dir)}
    arms = {
        experiment.key: {arm.name for arm in experiment.arms}
        for experiment in load_experiments(project_dir).values()
        if experiment.audience
    }
    files = sorted((project_dir / FOLDER).glob("*.yml"))
    if not files:
        raise AudienceError(f"{FOLDER}/ holds no audience: write one (docs/audiences.md)")
    return [_read(path, groups, segments, people, arms) for path in files]


def customer_columns(project_dir: Path) -> list[dict[str, Any]]:
    """Return the columns of customer_360 as its contract has them."""
    path = project_dir / "models" / "marts" / "core" / "customer_360.yml"
    columns: list[dict[str, Any]] = read_yaml(path)["models"][0]["columns"]
    return columns


def _read(
    path: Path,
    groups: set[str],
    segments: set[str],
    people: Mapping[str, dict[str, Any]],
    arms: Mapping[str, set[str]],
) -> Audience:
    place = f"{FOLDER}/{path.name}"

    def refuse(what: str) -> AudienceError:
        return AudienceError(f"{place}: {what}")

    try:
        content = read_yaml(path)
    except yaml.YAMLError as error:
        raise refuse(f"is no yml: {str(error).splitlines()[0]}") from error
    if not isinstance(content, dict):
        raise refuse("holds no fields")
    if not NAME.fullmatch(path.stem):
        raise refuse("its name has to be of small letters, digits and single underscores")
    for field in sorted(_REQUIRED - set(content)):
        raise refuse(f"the field {field} is missing")
    for field in sorted(set(map(str, content)) - _FIELDS):
        raise refuse(f"there is no field {field}; there are {', '.join(sorted(_FIELDS))}")
    for field in ("description", "owner", "purpose", "channel", "destination"):
        if not isinstance(content[field], str) or not content[field].strip():
            raise refuse(f"{field} has to be a text")
    listed = {field: _names(content.get(field, []), field, refuse) for field in ("any", "all", "none", "columns")}
    if not listed["any"]:
        raise refuse("any has to name at least one segment")
    for segment in (*listed["any"], *listed["all"], *listed["none"]):
        if segment not in segments:
            raise refuse(f"there is no segment {segment}; there are {', '.join(sorted(segments))}")
    if content["owner"] not in groups:
        raise refuse(f"owner {content['owner']} is no group of models/_groups.yml")
    if content["purpose"] not in PURPOSES:
        raise refuse(f"purpose has to be one of {', '.join(PURPOSES)}")
    if content["channel"] not in ADDRESSES:
        raise refuse(f"channel has to be one of {', '.join(ADDRESSES)}")
    if not NAME.fullmatch(content["destination"]):
        raise refuse("destination has to be of small letters, digits and single underscores")
    check_columns(listed["columns"], content["channel"], people, refuse)
    if content["destination"] == DEVICES and (content["channel"], content["purpose"]) != ("ads", "third_party_sharing"):
        raise refuse(f"destination {DEVICES} needs channel ads and purpose third_party_sharing")
    experiment, arm = content.get("experiment"), content.get("arm")
    if (experiment is None) != (arm is None):
        raise refuse("experiment and arm belong together")
    if experiment is not None and experiment not in arms:
        raise refuse(f"there is no experiment {experiment} on a segment; there are {', '.join(sorted(arms)) or 'none'}")
    if experiment is not None and arm not in arms[experiment]:
        raise refuse(f"experiment {experiment} has no arm {arm}; it has {', '.join(sorted(arms[experiment]))}")
    priority, rate = content.get("priority", 100), content.get("holdout_rate", 0.0)
    if isinstance(priority, bool) or not isinstance(priority, int) or priority < 0:
        raise refuse("priority has to be a whole number, 0 or more")
    if isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 <= rate < 1:
        raise refuse("holdout_rate has to be a share from 0 to below 1")
    return Audience(
        path.stem, content["description"].strip(), content["owner"], content["purpose"], content["channel"],
        content["destination"], listed["any"], listed["all"], listed["none"], priority, float(rate), experiment, arm,
        listed["columns"],
    )  # fmt: skip


def _names(value: Any, field: str, refuse: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise refuse(f"{field} has to be a list of names")
    if len(set(value)) != len(value):
        raise refuse(f"{field} names something twice")
    return tuple(value)


def check_columns(columns: tuple[str, ...], channel: str, people: Mapping[str, dict[str, Any]], refuse: Any) -> None:
    """Attributes that the law protects leave the house for nobody; others' systems of ads learn nothing of a person."""
    if columns and channel == "ads":
        raise refuse("columns go to no ads platform: it gets addresses to match and nothing else")
    for column in columns:
        if column not in people:
            raise refuse(f"customer_360 has no column {column}")
        if column in ("person_id", "email", "phone"):
            raise refuse(f"column {column} goes along by itself where the channel needs it")
        if people[column]["config"]["meta"].get("is_protected"):
            raise refuse(f"column {column} is a protected attribute and may not leave the house")
