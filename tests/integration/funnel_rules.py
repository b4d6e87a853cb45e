"""Funnels as the macro compiles them, and the same rules told once more, event by event, in Python."""

from __future__ import annotations

import re
from functools import cache
from types import SimpleNamespace
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa

from tests.identity.macro_runner import MacroRunner

OTHERS = 31


class Event(NamedTuple):
    traveller_id: str | None
    micros: int
    event_kind: str
    channel: str = "web"


class Reached(NamedTuple):
    traveller_id: str
    step_no: int
    entered: int
    previous: int
    reached: int


GIVEN: dict[str, Any] = {}


@cache
def macros() -> MacroRunner:
    """The macros, once: what dbt would give them stands in GIVEN."""
    return MacroRunner(
        duckdb.connect(),
        var=lambda name, default=None: GIVEN["funnels"] if name == "funnels" else default,
        modules=SimpleNamespace(re=re),
        graph=SimpleNamespace(get=lambda _name, _default: GIVEN["nodes"]),
    )


def declared(funnels: Any, kinds: tuple[str, ...] = ()) -> dict[str, Any]:
    """The declarations as `funnels()` understands them; a wrong one raises CompilerError."""
    test = SimpleNamespace(
        resource_type="test",
        column_name="event_kind",
        attached_node="model.cardinal.customer_timeline",
        test_metadata=SimpleNamespace(name="accepted_values", kwargs={"arguments": {"values": list(kinds)}}),
    )
    GIVEN.update(funnels=funnels, nodes={"test": test} if kinds else {})
    found: dict[str, Any] = macros().funnels()
    return found


def compiled(declaration: dict[str, Any], events: list[Event]) -> set[Reached]:
    """What the compiled SQL finds in the events."""
    connection = duckdb.connect()
    columns = {name: [event[place] for event in events] for place, name in enumerate(Event._fields)}
    types = (pa.string(), pa.int64(), pa.string(), pa.string())
    given = pa.table(
        [pa.array(column, kind) for column, kind in zip(columns.values(), types, strict=True)], list(columns)
    )
    connection.register("given", given)
    connection.execute("create table events as select *, make_timestamp(micros) as occurred_at from given")
    sql = macros().funnel("f", declaration, "events", "traveller_id")
    rows = connection.execute(
        f"select traveller_id, step_no, epoch_us(entered_at), epoch_us(previous_at), epoch_us(reached_at) from ({sql})"
    ).fetchall()
    found = {Reached(*row) for row in rows}
    assert len(found) == len(rows)
    return found


def looped(funnel: dict[str, Any], events: list[Event]) -> set[Reached]:
    """What a loop over each traveller's events finds. `funnel`: steps as sets of kinds, window, strict, among."""
    steps, window = funnel["steps"], funnel["window"]
    found = set()
    for traveller in {event.traveller_id for event in events if event.traveller_id is not None}:
        moments: dict[tuple[int, int], set[int]] = {}
        for event in events:
            if event.traveller_id != traveller or event.channel not in funnel["among"]:
                continue
            taken = {number for number, kinds in enumerate(steps, start=1) if event.event_kind in kinds}
            # Events of one moment and one lowest step are one; of such as take other steps too, each may.
            moments.setdefault((event.micros, min(taken, default=OTHERS)), set()).add(sum(1 << n for n in taken))
        entry, step, last = None, 0, None
        for place in sorted(moments):
            takes = moments[place]
            if entry is None:
                if place[1] == 1:
                    entry, step, last = place[0], 1, place[0]
                    found.add(Reached(traveller, 1, entry, entry, entry))
                continue
            assert last is not None
            if place[0] > entry + window or step == len(steps):
                break
            if any(mask >> (step + 1) & 1 for mask in takes):
                step += 1
                found.add(Reached(traveller, step, entry, last, place[0]))
                last = place[0]
            elif funnel["strict"] and any(not mask >> step & 1 for mask in takes):
                break
    return found
