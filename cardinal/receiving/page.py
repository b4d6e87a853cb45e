"""The pages of a link that unsubscribes: no cookies, no scripts, nothing from elsewhere, no word of who it is."""

from __future__ import annotations

HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self';"
    " frame-ancestors 'none'; base-uri 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex",
}
_FRAME = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font-family: system-ui, sans-serif; max-width: 32rem; margin: 4rem auto; padding: 0 1rem; line-height: 1.5 }}
button {{ font: inherit; padding: 0.6rem 1.2rem }}
</style>
</head>
<body>
<h1>{title}</h1>
{content}
</body>
</html>
"""
ASK = _FRAME.format(
    title="Unsubscribe / ยกเลิกการรับข่าวสาร",
    content="""<p>You will get no more messages of this kind. / คุณจะไม่ได้รับข้อความประเภทนี้อีก</p>
<form method="post"><button>Unsubscribe / ยกเลิก</button></form>""",
)
DONE = _FRAME.format(
    title="Done / เรียบร้อยแล้ว",
    content="<p>You get no more messages of this kind. / คุณจะไม่ได้รับข้อความประเภทนี้อีก</p>",
)
