"""The contract as SQL: one query that types every row and says what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cardinal.contracts import Column, TableContract
from cardinal.ingestion.card_numbers import SUSPICION, masked_sql
from cardinal.ingestion.header import Header
from cardinal.ingestion.protection import bare_value, hashed
from cardinal.ingestion.values import exact, not_a, quick_cast, trimmed

# Types in which no card number fits.
_NO_CARD_NUMBER = ("date", "timestamp", "boolean")


@dataclass(frozen=True)
class Field:
    """One column of the file: its place there, and its column of the contract if it has one.

    In the query it has up to three columns: the text as read (c0), the first attempt at its value (q0) and its
    value (v0). A column that the contract lacks is a text.
    """

    place: int
    name: str
    column: Column | None

    @property
    def text(self) -> str:
        """The query's column with the text as read."""
        return f"c{self.place}"

    @property
    def quick(self) -> str:
        """The query's column with the first attempt at the value."""
        return f"q{self.place}"

    @property
    def value(self) -> str:
        """The query's column with the value."""
        return f"v{self.place}"

    @property
    def data_type(self) -> str:
        """The type of its values."""
        return self.column.data_type if self.column else "varchar"

    @property
    def is_protected(self) -> bool:
        """Whether only its keyed hash is kept."""
        return self.column is not None and self.column.protect is not None

    @property
    def is_secret(self) -> bool:
        """Whether it must not be seen in a reject."""
        return self.column is not None and (self.is_protected or self.column.pii == "secret")

    @property
    def may_hold_card_number(self) -> bool:
        """Whether a card number in it rejects the row. A protected value is never kept as it came."""
        exempt = self.column is not None and not self.column.card_number_check
        return not exempt and not self.is_protected and self.data_type not in _NO_CARD_NUMBER


@dataclass(frozen=True)
class _Check:
    """One thing that can be wrong with a row.

    `quick` may be true for a good row but never false for a bad one; it is asked of every row, `exact` only
    of the few for which some quick condition holds.
    """

    column: str
    reason: str
    quick: str
    exact: str

    def finding(self) -> str:
        return f"case when {self.exact} then struct_pack(c := {literal(self.column)}, r := {literal(self.reason)}) end"


def literal(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def fields_of(header: Header, contract: TableContract) -> list[Field]:
    """Pair the file's columns with the contract's."""
    columns = {column.name: column for column in contract.columns}
    return [Field(place, name, columns.get(name)) for place, name in enumerate(header.names)]


def staging_query(
    contract: TableContract, fields: list[Field], rows: str, number: str | None, country: str, project_dir: Path
) -> str:
    """Return the query that types rows and judges them.

    rows: relation with the texts c0, c1, ... of the fields. number: its column with the record's number, if it
    has one. The result has that number, the values v0, v1, ..., and `_reason` (null for a good row),
    `_wrong_columns`, `_line` (masked texts of a bad row), `_is_nulled` (whether a protected value was none) and
    `_is_delete`. Each level is a subquery so that nothing is computed twice.
    """
    carried = [number] if number else []
    texts = [field.text for field in fields]
    odd = f"coalesce(regexp_matches(concat({_searched(fields)}), '{SUSPICION}'), false) as _is_odd"
    quick = [f"{quick_cast(f.text, f.data_type)} as {f.quick}" for f in fields if f.data_type != "varchar"]
    read = f"select {', '.join([*carried, *texts, odd, *quick])} from {rows}"

    values = [f"{_value(field, country, project_dir)} as {field.value}" for field in fields]
    typed = f"select {', '.join([*carried, *texts, '_is_odd', *values])} from ({read})"

    nulled = [f"({f.value} is null and {trimmed(f.text)} is not null)" for f in fields if f.is_protected]
    kept = [f"{hashed(f.value, project_dir)} as {f.value}" if f.is_protected else f.value for f in fields]
    deletes = [f"coalesce({f.value} = 'delete', false)" for f in fields if f.name == "change_type"]
    marks = [f"{' or '.join(nulled) or 'false'} as _is_nulled", f"{' or '.join(deletes) or 'false'} as _is_delete"]
    safe = f"select {', '.join([*carried, *texts, '_is_odd', *kept, *marks])} from ({typed})"

    checks = [check for field in fields for check in _checks(field, contract)]
    any_quick = " or ".join(["_is_odd", *(check.quick for check in checks)])
    findings = f"case when {any_quick} then {_findings(checks, fields)} end as _findings"
    judged = f"select *, {findings} from ({safe})"

    is_bad = "len(_findings) > 0"
    line = ", ".join(
        "case when {0} is not null then '***' end".format(f.text) if f.is_secret else f.text for f in fields
    )
    return f"""
        select
            {", ".join([*carried, *(field.value for field in fields)])},
            _is_nulled,
            _is_delete,
            case when {is_bad} then array_to_string(list_transform(_findings, lambda f: f.c), ', ') end as _wrong_columns,
            case when {is_bad} then array_to_string(list_transform(_findings, lambda f: f.r), '; ') end as _reason,
            case when {is_bad} then list_transform([{line}], lambda t: {masked_sql("t")}) end as _line
        from ({judged})
    """


def _searched(fields: list[Field]) -> str:
    """All texts in which a card number or an odd blank matters, in one, so that one pattern is run a row."""
    texts = [field.text for field in fields if field.may_hold_card_number or field.data_type == "varchar"]
    return ", chr(31), ".join(texts) or "''"


def _value(field: Field, country: str, project_dir: Path) -> str:
    if field.column and field.is_protected:
        return bare_value(field.column, field.text, country, project_dir)
    if field.data_type != "varchar":
        return exact(field.text, field.quick, field.data_type)
    # trim() costs more than reading the field; hardly any needs it.
    needs_trim = f"_is_odd or {field.text} like ' %' or {field.text} like '% '"
    return f"case when {needs_trim} then {trimmed(field.text)} else {field.text} end"


def _checks(field: Field, contract: TableContract) -> list[_Check]:
    column = field.column
    if column is None:
        return []
    checks = []
    is_blank = f"{trimmed(field.text)} is null"
    if field.data_type != "varchar":
        quick = f"({field.value} is null and {field.text} is not null)"
        checks.append(
            _Check(field.name, f"{field.name} is {not_a(field.data_type)}", quick, f"{quick} and not ({is_blank})")
        )
    if field.name in contract.key:
        checks.append(_Check(field.name, f"{field.name} is missing", f"{field.value} is null", is_blank))
    elif column.required:
        missing = f"({field.value} is null and not _is_delete)"
        checks.append(_Check(field.name, f"{field.name} is missing", missing, f"{missing} and {is_blank}"))
    if column.accepted:
        condition = f"{field.value} not in ({', '.join(literal(value) for value in column.accepted)})"
        reason = f"{field.name} is none of {', '.join(column.accepted)}"
        checks.append(_Check(field.name, reason, f"coalesce({condition}, false)", condition))
    return checks


def _findings(checks: list[_Check], fields: list[Field]) -> str:
    found = f"list_filter([{', '.join(check.finding() for check in checks)}], lambda f: f is not null)"
    searched = ", ".join(
        f"struct_pack(c := {literal(field.name)}, t := {field.text})" for field in fields if field.may_hold_card_number
    )
    if not searched:
        return found
    cards = (
        f"case when _is_odd then list_transform(list_filter([{searched}], lambda f: coalesce(holds_card_number(f.t), false)), "
        "lambda f: struct_pack(c := f.c, r := f.c || ' holds what looks like a card number')) else [] end"
    )
    return f"list_concat({cards}, {found})"
