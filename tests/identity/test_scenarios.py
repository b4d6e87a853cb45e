"""Twenty-seven stories of how people show up, each as a first full stitching and three batches on top of it."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.identity.engine import Engine
from tests.identity.oracle import Limit, Link, stitch

# One user id a person, ever; the other identifiers may come in any number.
TYPES = {"u": 1, "a": 2, "b": 3, "c": 4, "d": 5}
LIMITS = {1: Limit(1)}


@dataclass(frozen=True)
class Story:
    """Four batches of records, each record the identifiers it shows; and who is who after the last.

    Records are numbered from 1 in the order of telling; `expected` lists the groups by their numbers.
    """

    batches: tuple[list[str], list[str], list[str], list[str]]
    expected: str


LONG = [f"a{n} a{n + 1}" for n in range(40)]
STORIES = {
    "simple": Story((["u1 a1"], ["u1 a2"], [], ["a2"]), "1 2 3"),
    "chain": Story((["a1 a2"], ["a2 a3"], ["a3 a4"], ["a4 a5"]), "1 2 3 4"),
    "fanin": Story((["a1", "a2", "a3"], ["a1 u1"], ["a2 u1"], ["a3 u1"]), "1 2 3 4 5 6"),
    "fanout": Story((["u1 a1"], ["u1 a2"], ["u1 a3"], ["a1", "a2", "a3"]), "1 2 3 4 5 6"),
    "diamond": Story((["a1 a2"], ["a1 a3"], ["a2 a4"], ["a3 a4"]), "1 2 3 4"),
    "disjoint": Story((["u1 a1"], ["u2 a2"], ["u3 a3"], ["a1", "a2"]), "1 4|2 5|3"),
    "longchain": Story((LONG[0:10], LONG[10:20], LONG[20:30], LONG[30:40]), " ".join(str(n) for n in range(1, 41))),
    "altchain": Story((["a1 b1"], ["b1 c1"], ["c1 a2"], ["a2 b2"]), "1 2 3 4"),
    "mergeonly": Story((["a1 b1", "a2 b2"], [], ["a1 a2"], []), "1 2 3"),
    "remap": Story((["u1 d1"], ["u2 d1"], ["d1"], ["u2"]), "1 3|2 4"),
    "multiid": Story((["u1 a1 b1 c1"], ["b1"], ["c1 d1"], ["d1"]), "1 2 3 4"),
    "uid_conflict": Story((["u1 a1"], ["u2 a1"], ["u3 a1"], ["a1"]), "1 4|2|3"),
    "late": Story((["u1 a2"], ["a1"], ["u1 a1"], []), "1 2 3"),
    "stable": Story((["u1 a1", "u2 a2"], [], [], []), "1|2"),
    "reobserve": Story((["u1 a1"], ["u1 a1"], ["u1 a1"], ["u1 a1"]), "1 2 3 4"),
    "selfbridge": Story((["a1 b1"], ["a1 b1"], ["b1 a1"], ["a1"]), "1 2 3 4"),
    "rapid_remerge": Story((["a1", "a2", "a3", "a4"], ["a1 a2"], ["a3 a4"], ["a2 a3"]), "1 2 3 4 5 6 7"),
    "highfanin": Story(
        ([f"a{n}" for n in range(50)], [f"u1 a{n}" for n in range(20)], [f"u1 a{n}" for n in range(20, 50)], ["u1"]),
        " ".join(str(n) for n in range(1, 102)),
    ),
    "bridge_creates": Story((["a1 a2"], ["u1 a1"], ["a2"], ["a2 b1"]), "1 2 3 4"),
    "three_way_bridge": Story((["a1", "a2", "a3"], ["a1 a2 a3"], [], []), "1 2 3 4"),
    "cross_batch_triple": Story((["a1 b1"], ["b1 c1"], ["c1 a1"], ["a1 b1 c1"]), "1 2 3 4"),
    "shared_identifier_collision": Story((["u1 a1", "u2 a2"], ["u1 d1"], ["u2 d1"], ["d1"]), "1 3 5|2 4"),
    "late_merge": Story((["u1 a1", "a2"], ["a2"], ["a2"], ["u1 a2"]), "1 2 3 4 5"),
    "reverse_chain": Story((["a4 a5"], ["a3 a4"], ["a2 a3"], ["a1 a2"]), "1 2 3 4"),
    "merge_then_uid": Story((["a1", "a2"], ["a1 a2"], ["u1 a1"], ["u2 a2"]), "1 2 3 4|5"),
    "interleaved_merge": Story((["a1 b1", "a2 b2"], ["b1 c1", "b2 c2"], ["c1 c2"], ["a1", "a2"]), "1 2 3 4 5 6 7"),
    "deep_single_batch": Story((LONG, [], [], []), " ".join(str(n) for n in range(1, 41))),
}


def told(story: Story) -> list[list[Link]]:
    """Return the links of each batch: strongest type first, then the earlier batch, then the record."""
    batches, record = [], 0
    for number, batch in enumerate(story.batches):
        links = []
        for shown in batch:
            record += 1
            for identifier in shown.split():
                type_no = TYPES[identifier[0]]
                value = type_no * 1000 + int(identifier[1:])
                rank = ((type_no * 10 + number) * 1000 + record) * 10_000 + value
                links.append(Link(record, value, type_no, "person", rank))
        batches.append(links)
    return batches


@pytest.mark.parametrize("name", STORIES)
def test_story(name: str) -> None:
    story = STORIES[name]
    engine, so_far = Engine(), []
    for links in told(story):
        so_far += links
        engine.show(so_far, LIMITS)
        found = engine.restitch({link.record for link in links})
        engine.stitch()
        assert engine.rows("held_clusters") == engine.rows("clusters"), "incremental differs from full"
        assert engine.rows("held_refused") == engine.rows("refused"), "incremental differs from full"
        assert found.person == stitch(so_far, LIMITS).person
    groups: dict[int, list[int]] = {}
    for record, person in sorted(found.person.items()):
        groups.setdefault(person, []).append(record)
    assert "|".join(" ".join(map(str, group)) for group in groups.values()) == story.expected
