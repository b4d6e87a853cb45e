"""The steps of a programme, laid out in one line: who is at step 3 goes on to a later one, never back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from cardinal.audiences.declaration import ADDRESSES, NAME

# What disturbs nobody is no message.
CHANNELS = tuple(channel for channel in ADDRESSES if channel not in ("ads", "web"))
SINCE = ("entering", "last_message")
COMPARISONS = ("is", "at_least", "below")

Refusal = Callable[[str], Exception]


@dataclass(frozen=True)
class Happened:
    """Whether one of these events happened since entering, or since the last message (entering, if there was none)."""

    events: tuple[str, ...]
    since: str

    def __str__(self) -> str:
        """The question in words."""
        return f"{' or '.join(self.events)} since {self.since.replace('_', ' ')}"


@dataclass(frozen=True)
class Holds:
    """Whether a column of customer_360 is a value, at least it, or below it; what is unknown holds nothing."""

    column: str
    comparison: str
    value: str | float | bool

    def __str__(self) -> str:
        """The question in words."""
        return f"{self.column} {self.comparison.replace('_', ' ')} {self.value}"


@dataclass(frozen=True)
class Step:
    """One step.

    Attributes:
        number: Its place, from 1.
        kind: wait, message, branch or end.
        next: The step after it; of a branch, where the condition holds. One more than there are is the end.
        otherwise: Of a branch: the step where it doesn't hold.
        hours: Of a wait.
        channel: Of a message: by what it goes.
        template: Of a message: the folder in activation/templates.
        condition: Of a branch.
    """

    number: int
    kind: str
    next: int
    otherwise: int = 0
    hours: int = 0
    channel: str = ""
    template: str = ""
    condition: Happened | Holds | None = None

    def __str__(self) -> str:
        """What it does, in words."""
        if self.kind == "wait":
            days, hours = divmod(self.hours, 24)
            return "wait " + " ".join(
                f"{n} {unit}{'s' if n > 1 else ''}" for n, unit in ((days, "day"), (hours, "hour")) if n
            )
        if self.kind == "message":
            return f"message {self.template} by {self.channel}"
        return f"ask: {self.condition}" if self.kind == "branch" else "end"


def lay_out(declared: Any, refuse: Refusal) -> tuple[Step, ...]:
    """Return the steps of a declaration in one line; raises what `refuse` makes of the reason."""
    if not isinstance(declared, list) or not declared:
        raise refuse("steps has to be a list with at least one step")
    steps = _lay(declared, 1, 1 + _length(declared, refuse), refuse)
    if not any(step.kind == "message" for step in steps):
        raise refuse("steps has no message: then it is no programme")
    for step in steps:
        if step.kind == "message" and _reaches_message(steps, step.next):
            raise refuse(f"between message {step.template} and the next one there has to be a wait on every way")
    return tuple(steps)


def _reaches_message(steps: Sequence[Step], number: int) -> bool:
    """Whether a message is reached from a step on without a wait."""
    if number > len(steps) or steps[number - 1].kind in ("wait", "end"):
        return False
    step = steps[number - 1]
    return step.kind == "message" or any(_reaches_message(steps, way) for way in (step.next, step.otherwise))


def _length(declared: Any, refuse: Refusal) -> int:
    if not isinstance(declared, list):
        raise refuse("then and else have to be lists of steps")
    return sum(1 + _length_of_branches(step, refuse) for step in declared)


def _length_of_branches(step: Any, refuse: Refusal) -> int:
    branch = step.get("branch") if isinstance(step, dict) else None
    if not isinstance(branch, dict):
        return 0
    return _length(branch.get("then", []), refuse) + _length(branch.get("else", []), refuse)


def _lay(declared: Sequence[Any], number: int, after: int, refuse: Refusal) -> list[Step]:
    """Lay out steps from a number on; `after` is where the last of them leads."""
    steps: list[Step] = []
    for place, step in enumerate(declared):
        length = 1 + _length_of_branches(step, refuse)
        following = number + length if place + 1 < len(declared) else after
        kind, content = _kind(step, refuse)
        if kind == "end":
            steps.append(Step(number, kind, after))
        elif kind == "wait":
            steps.append(Step(number, kind, following, hours=_hours(content, refuse)))
        elif kind == "message":
            channel, template = _message(content, refuse)
            steps.append(Step(number, kind, following, channel=channel, template=template))
        else:
            fields = known(content, {"when"}, {"then", "else"}, "branch", refuse)
            then, otherwise = fields.get("then", []), fields.get("else", [])
            first, second = number + 1, number + 1 + _length(then, refuse)
            steps.append(
                Step(
                    number,
                    kind,
                    first if then else following,
                    otherwise=second if otherwise else following,
                    condition=_condition(fields["when"], refuse),
                )
            )
            steps += _lay(then, first, following, refuse) + _lay(otherwise, second, following, refuse)
        number += length
    return steps


def _kind(step: Any, refuse: Refusal) -> tuple[str, Any]:
    if step == "end":
        return "end", None
    if isinstance(step, dict) and len(step) == 1:
        ((kind, content),) = step.items()
        if kind in ("wait", "message", "branch"):
            return kind, content
    raise refuse("each step has to be wait, message, branch or end")


def _hours(content: Any, refuse: Refusal) -> int:
    fields = known(content, set(), {"days", "hours"}, "wait", refuse)
    days, hours = (whole(fields.get(unit, 0), f"wait.{unit}", refuse) for unit in ("days", "hours"))
    if not days + hours:
        raise refuse("wait has to be days or hours, above nought")
    return 24 * days + hours


def _message(content: Any, refuse: Refusal) -> tuple[str, str]:
    fields = known(content, {"channel", "template"}, set(), "message", refuse)
    if fields["channel"] not in CHANNELS:
        raise refuse(f"message.channel has to be one of {', '.join(CHANNELS)}")
    if not NAME.fullmatch(str(fields["template"])):
        raise refuse("message.template has to be of small letters, digits and single underscores")
    return fields["channel"], fields["template"]


def _condition(content: Any, refuse: Refusal) -> Happened | Holds:
    if isinstance(content, dict) and "event" in content:
        fields = known(content, {"event"}, {"since"}, "when", refuse)
        since = fields.get("since", "last_message")
        if since not in SINCE:
            raise refuse(f"when.since has to be one of {', '.join(SINCE)}")
        return Happened(events(fields["event"], "when.event", refuse), since)
    fields = known(content, {"column"}, set(COMPARISONS), "when", refuse)
    given = [comparison for comparison in COMPARISONS if comparison in fields]
    if len(given) != 1 or not NAME.fullmatch(str(fields["column"])):
        raise refuse(f"when has to be an event, or a column and one of {', '.join(COMPARISONS)}")
    value = fields[given[0]]
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not (is_number or (given[0] == "is" and isinstance(value, str | bool))):
        raise refuse(f"when.{given[0]} has to be a number{', a text, true or false' if given[0] == 'is' else ''}")
    return Holds(fields["column"], given[0], value)


def events(value: Any, field: str, refuse: Refusal) -> tuple[str, ...]:
    """Read one kind of event or a list of them."""
    kinds = [value] if isinstance(value, str) else value
    if not isinstance(kinds, list) or not kinds or not all(NAME.fullmatch(str(kind)) for kind in kinds):
        raise refuse(f"{field} has to be a kind of event of customer_timeline, or a list of them")
    return tuple(kinds)


def known(content: Any, needed: set[str], other: set[str], part: str, refuse: Refusal) -> dict[str, Any]:
    """Return the fields of a part, which has all that are needed and none that nobody knows."""
    if not isinstance(content, dict):
        raise refuse(f"{part} has to have fields: {', '.join(sorted(needed | other))}")
    for field in sorted(needed - set(content)):
        raise refuse(f"{part}: the field {field} is missing")
    for field in sorted(set(map(str, content)) - needed - other):
        raise refuse(f"{part}: there is no field {field}; there are {', '.join(sorted(needed | other))}")
    return content


def whole(value: Any, field: str, refuse: Refusal) -> int:
    """Read a whole number, 0 or more."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise refuse(f"{field} has to be a whole number, 0 or more")
