"""What programmes should do, as a loop over people that anybody can read. It knows no line of steps."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.unit.programmes.bank import World

# A step with its number: they are counted as they are read, those of a branch behind it.
Numbered = tuple[int, Any]


@dataclass
class Stay:
    """A person in a programme: what is before them is a list of steps."""

    entry_id: str
    version: int
    content: dict[str, Any]
    person: str
    entered_at: datetime
    todo: list[Numbered]
    moved_at: datetime
    waits_until: datetime | None = None
    last_message_at: datetime | None = None
    status: str = "inside"
    ended_at: datetime | None = None


@dataclass
class Oracle:
    """All stays and messages; `advance` takes everybody to a day."""

    stays: dict[str, list[Stay]] = field(default_factory=dict)
    newest: dict[str, tuple[int, dict[str, Any]]] = field(default_factory=dict)
    messages: dict[str, tuple[str, str, str, datetime]] = field(default_factory=dict)

    def advance(self, world: World, declared: dict[str, dict[str, Any]]) -> None:
        for name, content in declared.items():
            version, before = self.newest.get(name, (0, None))
            if before != content:
                self.newest[name] = (version + 1, content)
        for name, stays in self.stays.items():
            self._follow(world, stays)
            for stay in stays:
                if stay.status == "inside" and name not in declared:
                    self._end(stay, "taken_away", world)
        for name in declared:
            stays = self.stays.setdefault(name, [])
            self._enter(world, name, stays)
            for stay in stays:
                self._walk(world, stay)

    def _follow(self, world: World, stays: list[Stay]) -> None:
        for stay in stays:
            person = world.became.get(stay.person, stay.person)
            if person != stay.person:
                for key, (_, *rest) in list(self.messages.items()):
                    if key.startswith(stay.entry_id):
                        self.messages[key] = (person, *rest)  # type: ignore[assignment]
            stay.person = person
        inside = sorted(
            (stay for stay in stays if stay.status == "inside"), key=lambda stay: (stay.entered_at, stay.entry_id)
        )
        for place, stay in enumerate(inside):
            if any(other.person == stay.person for other in inside[:place]):
                self._end(stay, "merged", world)

    def _enter(self, world: World, name: str, stays: list[Stay]) -> None:
        version, content = self.newest[name]
        enter = content["enter"]
        for person in reachable(world, content):
            if "segment" in enter:
                came_at = world.now if person in world.members.get(enter["segment"], ()) else None
            else:
                oldest = world.now - timedelta(enter["within_days"])
                came_at = max((at for at in times(world, person, enter["event"]) if at > oldest), default=None)
            if came_at is None or happened(world, person, content.get("stop", {}).get("event", []), came_at):
                continue
            before = [stay for stay in stays if stay.person == person]
            if before:
                again = content.get("again_after_days")
                ended = [stay.ended_at for stay in before if stay.ended_at]
                if (
                    again is None
                    or len(ended) < len(before)
                    or max(ended) + timedelta(again) > world.now
                    or came_at <= max(stay.entered_at for stay in before)
                ):
                    continue
            entry_id = hashlib.md5(f"{name}|{person}|{came_at}".encode()).hexdigest()  # noqa: S324
            stays.append(Stay(entry_id, version, content, person, came_at, numbered(content["steps"], 1), came_at))

    def _walk(self, world: World, stay: Stay) -> None:
        if stay.status != "inside":
            return None
        stop = stay.content.get("stop", {})
        if happened(world, stay.person, stop.get("event", []), stay.entered_at):
            return self._end(stay, "converted", world)
        if stop.get("leaves_segment") and stay.person not in world.members.get(stay.content["enter"]["segment"], ()):
            return self._end(stay, "left_segment", world)
        if stay.person not in reachable(world, stay.content):
            return self._end(
                stay, "suppressed" if is_suppressed(world, stay.person, stay.content) else "withdrawn", world
            )
        while stay.todo:
            number, step = stay.todo[0]
            if step == "end":
                stay.todo = []
                stay.status, stay.ended_at = "completed", world.now
                return None
            if "wait" in step:
                until = stay.waits_until or stay.moved_at + timedelta(**step["wait"])
                if until > world.now:
                    stay.waits_until = until
                    return None
                stay.waits_until, stay.moved_at = None, world.now
                stay.todo = stay.todo[1:]
            elif "message" in step:
                message = step["message"]
                if message["channel"] in world.reach.get(stay.person, ()):
                    key = f"{stay.entry_id}-{number}"
                    assert key not in self.messages
                    self.messages[key] = (stay.person, message["channel"], message["template"], world.now)
                    stay.last_message_at = world.now
                stay.moved_at = world.now
                stay.todo = stay.todo[1:]
            else:
                branch = step["branch"]
                first = number + 1
                then = numbered(branch.get("then", []), first)
                otherwise = numbered(branch.get("else", []), first + length(branch.get("then", [])))
                stay.todo = (then if self._holds(world, stay, branch["when"]) else otherwise) + stay.todo[1:]
        stay.status, stay.ended_at = "completed", world.now
        return None

    def _holds(self, world: World, stay: Stay, when: dict[str, Any]) -> bool:
        if "event" in when:
            last = stay.last_message_at if when["since"] == "last_message" else None
            return happened(world, stay.person, when["event"], last or stay.entered_at)
        score, colour = world.people.get(stay.person, (None, None))
        value = {"score": score, "colour": colour}.get(when["column"])
        if value is None:
            return False
        if "is" in when:
            return bool(value == when["is"])
        return bool(value >= when["at_least"] if "at_least" in when else value < when["below"])

    def _end(self, stay: Stay, status: str, world: World) -> None:
        stay.status, stay.ended_at = status, world.now


def times(world: World, person: str, kinds: list[str]) -> list[datetime]:
    """When such events of a person happened, as far as the day knows."""
    return [at for who, kind, at in world.events if who == person and kind in kinds and at <= world.now]


def happened(world: World, person: str, kinds: list[str], since: datetime) -> bool:
    return any(at >= since for at in times(world, person, kinds))


def reachable(world: World, content: dict[str, Any]) -> set[str]:
    wanted = channels(content["steps"])
    return {
        person for person, given in world.reach.items() if wanted & set(given) and person not in set(world.suppressed)
    }


def is_suppressed(world: World, person: str, content: dict[str, Any]) -> bool:
    """Whether they agreed, and may not be contacted all the same."""
    agreed = {*world.reach.get(person, ()), "email"}
    return person in world.suppressed and bool(agreed & channels(content["steps"]))


def channels(steps: list[Any]) -> set[str]:
    found: set[str] = set()
    for step in steps:
        if step == "end":
            continue
        if "message" in step:
            found.add(step["message"]["channel"])
        for way in ("then", "else"):
            found |= channels(step.get("branch", {}).get(way, []))
    return found


def length(steps: list[Any]) -> int:
    return sum(
        1 if step == "end" else 1 + sum(length(step.get("branch", {}).get(way, [])) for way in ("then", "else"))
        for step in steps
    )


def numbered(steps: list[Any], first: int) -> list[Numbered]:
    found = []
    for step in steps:
        found.append((first, step))
        first += length([step])
    return found
