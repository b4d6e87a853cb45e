"""How many parts a text message takes: 160 letters of GSM 03.38, else 70 of UCS-2; 153 or 67 each where it is split."""

from __future__ import annotations

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
# Behind an escape: two places each.
EXTENDED = frozenset("\f^{}\\[~]|€")
BEYOND_ONE_UNIT = 0xFFFF


def count_segments(text: str) -> int:
    """Return the number of parts; what takes two places is never cut in two."""
    if all(sign in BASIC or sign in EXTENDED for sign in text):
        sizes, single, each = [2 if sign in EXTENDED else 1 for sign in text], 160, 153
    else:
        sizes, single, each = [2 if ord(sign) > BEYOND_ONE_UNIT else 1 for sign in text], 70, 67
    if sum(sizes) <= single:
        return 1 if text else 0
    parts, room = 1, each
    for size in sizes:
        if size > room:
            parts, room = parts + 1, each
        room -= size
    return parts
