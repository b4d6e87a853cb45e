"""What may be said of an identifier: enough to recognise it beside the source, too little to use it."""

from __future__ import annotations

HIDDEN = "***"
# A national id stays unsaid even as a hash; must-link and cannot-link values are ours and mean nothing to a person.
UNSAID = {"national_id", "must_link", "cannot_link"}
PARTS_JOINED_BY = "|"
SHORTEST_TOLD = 5
TYPE_NAMES = {
    "email": "e-mail",
    "line_id": "LINE id",
    "must_link": "decision made by hand",
    "name_birth_phone": "name, birth date and phone",
    "name_birth_email": "name, birth date and e-mail",
    "name_phone_email": "name, phone and e-mail",
}


def mask(identifier_type: str, value: str | None) -> str:
    """Return the first letter of a value and three stars; only the stars where a letter would tell too much."""
    if value is None or identifier_type in UNSAID or PARTS_JOINED_BY in value or len(value) < SHORTEST_TOLD:
        return HIDDEN
    first = value.lstrip("+")[:1]
    return f"{first}{HIDDEN}" if first.isalnum() else HIDDEN


def name_type(identifier_type: str) -> str:
    """Return an identifier type as it is named in sentences."""
    return TYPE_NAMES.get(identifier_type, identifier_type.replace("_", " "))


def name_value(identifier_type: str, value: str | None) -> str:
    """Return type and masked value: `e-mail s***`."""
    masked = mask(identifier_type, value)
    return name_type(identifier_type) if masked == HIDDEN else f"{name_type(identifier_type)} {masked}"
