"""What a change of identifier rules would do, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cardinal.cli.output import format_table, say

if TYPE_CHECKING:
    from cardinal.identity.comparison import Comparison, Moves, Regrouping
    from cardinal.identity.rule_file import RuleChange

MOST_PARTS = 5


def say_simulation(changes: list[RuleChange], comparison: Comparison) -> None:
    """Say which rules differ, and what that would merge, split, admit and refuse."""
    say("Rules that differ from those the warehouse was built with:")
    say(
        format_table(
            ("type", "column", "built", "tried"),
            [(change.identifier_type, change.column, change.before or "-", change.after or "-") for change in changes],
        )
    )
    say()
    rows = [(name, before, after, f"{after - before:+,}") for name, before, after in comparison.totals]
    say(format_table(("", "built", "tried", "change"), rows))
    say()
    _say_moves("persons", comparison.person_moves)
    _say_moves("reaches", comparison.reach_moves)
    _say_examples("Merged, the largest first:", comparison.merged, "would take in")
    _say_examples("Split, the largest first:", comparison.split, "would fall into")
    if comparison.links:
        say()
        say("Links whose outcome would change:")
        say(format_table(("type", "built", "tried", "links"), comparison.links))
    say()
    say("Nothing was touched. To take these rules, put the file in the place of seeds/identity/identifier_rules.csv")
    say("and run `dbt build --full-refresh`.")


def _say_moves(noun: str, moves: Moves) -> None:
    say(f"{moves.merging:,} {noun} would become {moves.merged_into:,} ({moves.merging_records:,} records).")
    say(f"{moves.splitting:,} {noun} would fall into {moves.split_into:,} ({moves.splitting_records:,} records).")
    if moves.renamed:
        say(f"{moves.renamed:,} {noun} would only change their id.")
    if moves.gaining_records or moves.losing_records:
        say(f"{moves.gaining_records:,} records would enter {noun}, {moves.losing_records:,} would leave them.")


def _say_examples(title: str, regroupings: list[Regrouping], verb: str) -> None:
    if not regroupings:
        return
    say()
    say(title)
    for group in regroupings:
        counts = f"{group.record_count:,} records, {group.customer_count:,} customer numbers"
        say(f"  {group.person_id} {verb} {len(group.others):,} ({counts}):")
        for person_id, records, address in group.others[:MOST_PARTS]:
            say(f"    {person_id}: {records:,} records, such as {address}")
        if group.others[MOST_PARTS:]:
            say(f"    and {len(group.others) - MOST_PARTS:,} more")
