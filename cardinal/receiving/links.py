"""The keys that sign links to unsubscribe: whatever a sync signs by, its readers can end it."""

from __future__ import annotations

from cardinal.activation.declaration import load_syncs
from cardinal.settings import Settings

# By which links of before may have been signed, whatever is declared now.
USUAL = "unsubscribe"


def link_secrets(settings: Settings) -> list[bytes]:
    """Return CARDINAL_SECRET_UNSUBSCRIBE and those that syncs of e-mail name, as far as they are set.

    Raises:
        SyncError: A declaration is wrong.
    """
    path = settings.project_dir / "activation" / "syncs.yml"
    syncs = load_syncs(path).values() if path.exists() else ()
    named = {str(sync.destination["unsubscribe_secret"]) for sync in syncs if "unsubscribe_secret" in sync.destination}
    secrets = (settings.secret(name) for name in sorted({USUAL, *named}))
    return [secret.encode() for secret in secrets if secret is not None]
