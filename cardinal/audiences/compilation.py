"""Compilation: the dbt models, the seed and the exposures that follow from the declared audiences.

`python -m cardinal.audiences` writes them; a test fails while they aren't current.
"""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

from cardinal.audiences.declaration import FOLDER, Audience, customer_columns, read_audiences

MODELS = Path("models") / "activation"
MEMBERS = MODELS / "audience_members.sql"
SEED = Path("seeds") / "activation" / "audiences.csv"
EXPOSURES = Path("models") / "exposures" / "activation.yml"
# What stands before the addresses and the columns that go along.
PROOF = (
    ("person_id", "varchar", "The person.", "pseudonymous"),
    ("audience", "varchar", "The audience.", "none"),
    ("purpose", "varchar", "What they agreed to.", "none"),
    ("channel", "varchar", "By what they are reached.", "none"),
    ("experiment_key", "varchar", "Experiment of which one arm gets it; null for none.", "none"),
    ("arm", "varchar", "That arm.", "none"),
    ("consent_since_at", "timestamp", "Since when they have agreed (UTC).", "pseudonymous"),
    ("time_zone", "varchar", "IANA time zone in which the quiet hours are meant.", "none"),
    ("quiet_from_hour", "integer", "From this full hour nothing is sent; null for none.", "none"),
    ("quiet_to_hour", "integer", "Until this one.", "none"),
)


def render(project_dir: Path) -> dict[Path, str]:
    """Return the text of each file that follows from a project's declarations.

    Raises:
        AudienceError: A declaration can't be used.
    """
    audiences = read_audiences(project_dir)
    types = {column["name"]: column for column in customer_columns(project_dir)}
    files = {MEMBERS: _members(audiences), SEED: _seed(audiences), EXPOSURES: _exposures(audiences)}
    for audience in audiences:
        files[MODELS / f"{audience.model}.sql"] = _sync(audience)
        files[MODELS / f"{audience.model}.yml"] = _contract(audience, types)
    return files


def write(project_dir: Path) -> list[Path]:
    """Write them, take away models of audiences that are gone, and return what changed."""
    files = render(project_dir)
    gone = [path for path in (project_dir / MODELS).glob("sync_*") if path.relative_to(project_dir) not in files]
    for path in gone:
        path.unlink()
    changed = list(gone)
    for relative, text in files.items():
        path = project_dir / relative
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            changed.append(path)
    return changed


def _members(audiences: list[Audience]) -> str:
    parts = [f"-- Written by `make docs` from {FOLDER}/*.yml: change those.\nwith\n"]
    for audience in audiences:
        union = "\n        union\n".join(
            f"        select person_id from {{{{ ref('seg_{segment}') }}}}" for segment in audience.any_of
        )
        joins = "".join(
            f"    {kind} join {{{{ ref('seg_{segment}') }}}} as {segment}"
            f"\n        on candidates.person_id = {segment}.person_id\n"
            for kind, segments in (("semi", audience.all_of), ("anti", audience.none_of))
            for segment in segments
        )
        parts.append(
            f"\n{audience.name} as (\n\n    select\n        '{audience.name}' as audience,"
            f"\n        candidates.person_id\n    from (\n{union}\n    ) as candidates\n{joins}\n),\n"
        )
    all_of_them = "\n    union all\n".join(f"    select * from {audience.name}" for audience in audiences)
    parts.append(f"\nfinal as (\n\n{all_of_them}\n\n)\n\nselect * from final\n")
    return "".join(parts)


def _seed(audiences: list[Audience]) -> str:
    names = (
        "name",
        "description",
        "owner",
        "purpose",
        "channel",
        "destination",
        "priority",
        "holdout_rate",
        "experiment",
        "arm",
    )
    output = io.StringIO()
    writer = csv.writer(output, lineterminator="\n")
    writer.writerow(("audience", *names[1:]))
    writer.writerows([getattr(audience, name) for name in names] for audience in audiences)
    return output.getvalue()


def _sync(audience: Audience) -> str:
    columns = [
        *(f"decisions.{name}" for name in ("person_id", "audience", "purpose", "channel")),
        *(f"decisions.{name}" for name in ("experiment_key", "arm", "consent_since_at")),
        "'{{ setting(\"timezone\") }}' as time_zone",
        "rules.quiet_from_hour",
        "rules.quiet_to_hour",
        *(f"addresses.{name}" for name in audience.addresses),
        *(f"people.{name}" for name in audience.columns),
    ]
    people = (
        "people as (\n\n    select * from {{ ref('customer_360') }}\n\n),\n\n",
        "\n    left join people on decisions.person_id = people.person_id",
    )
    imported, joined = people if audience.columns else ("", "")
    return (
        f"-- Written by `make docs` from {FOLDER}/{audience.name}.yml: change that.\nwith\n\ndecisions as (\n\n"
        "    select * from {{ ref('audience_decisions') }}\n"
        f"    where audience = '{audience.name}' and is_chosen\n\n),\n\n"
        "addresses as (\n\n    select * from {{ ref('audience_addresses') }}\n\n),\n\n"
        "rules as (\n\n    select * from {{ ref('contact_rules') }}\n\n),\n\n"
        f"{imported}final as (\n\n    select\n        " + ",\n        ".join(columns) + "\n    from decisions\n"
        "    inner join addresses on decisions.person_id = addresses.person_id\n"
        f"    inner join rules on decisions.channel = rules.channel{joined}\n\n)\n\nselect * from final\n"
    )


def _contract(audience: Audience, types: dict[str, dict[str, Any]]) -> str:
    described = list(PROOF)
    described += [
        (
            name,
            "varchar",
            {
                "email": "E-mail, normalised.",
                "phone": "Mobile number, E.164.",
                "line_user_id": "LINE user id.",
                "user_id": "Login of site and app.",
                "device_id": "Device seen last that is theirs alone.",
            }[name],
            "personal" if name in ("email", "phone") else "pseudonymous",
        )
        for name in audience.addresses
    ]
    described += [
        (name, types[name]["data_type"], types[name]["description"], types[name]["config"]["meta"]["pii"])
        for name in audience.columns
    ]
    lines = []
    for name, data_type, words, pii in described:
        tests = {"person_id": ", data_tests: [unique, not_null]"}.get(name, "")
        lines.append(
            f"      - {{name: {name}, data_type: {json.dumps(data_type)},"
            f" description: {json.dumps(words, ensure_ascii=False)}, config: {{meta: {{pii: {pii}}}}}{tests}}}\n"
        )
    description = f"One row per person who may get it, consent applied. {audience.description}"
    return (
        f"# Written by `make docs` from {FOLDER}/{audience.name}.yml: change that.\nmodels:\n"
        f"  - name: {audience.model}\n    description: {json.dumps(description, ensure_ascii=False)}\n"
        f"    config:\n      group: {audience.owner}\n    data_tests:\n      - leaves_by_the_rules\n    columns:\n"
        + "".join(lines)
    )


def _exposures(audiences: list[Audience]) -> str:
    parts = [f"# Written by `make docs` from {FOLDER}/*.yml: change those.\nexposures:\n"]
    parts += [
        f"  - name: {audience.model.removeprefix('sync_')}\n    label: {audience.name} by {audience.channel}"
        f"\n    type: application\n    maturity: medium"
        f"\n    description: {json.dumps(audience.description, ensure_ascii=False)}"
        f"\n    owner: {{name: {audience.owner}}}\n    depends_on:\n      - ref('{audience.model}')\n"
        for audience in audiences
    ]
    return "".join(parts)
