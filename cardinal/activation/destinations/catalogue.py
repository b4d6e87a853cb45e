"""Which destinations there are, by the `type` that syncs.yml names them by."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from cardinal.activation.declaration import Sync, SyncError
from cardinal.activation.destination import Destination, Nature
from cardinal.settings import Settings

# Type -> class; a module is loaded when a sync needs it, since some need an extra to be installed.
TYPES = {
    "email": "mail.Mail",
    "folder": "folder.Folder",
    "google_conversions": "google_conversions.GoogleConversions",
    "google_conversions_csv": "google_csv.ConversionsCsv",
    "google_customer_match": "google_customer_match.GoogleCustomerMatch",
    "google_customer_match_csv": "google_csv.CustomerMatchCsv",
    "google_sheet": "google_sheet.GoogleSheet",
    "hubspot": "hubspot.HubSpot",
    "line_audience": "line_audience.LineAudience",
    "line_message": "line_message.LineMessage",
    "meta": "meta.MetaAudience",
    "meta_conversions": "meta_conversions.MetaConversions",
    "personalisation": "personalisation.Personalisation",
    "s3": "s3.S3",
    "salesforce": "salesforce.Salesforce",
    "sftp": "sftp.Sftp",
    "sms": "sms.Sms",
    "prebid_segments": "prebid.PrebidSegments",
    "the_trade_desk": "the_trade_desk.TheTradeDesk",
    "webhook": "webhook.Webhook",
}
_GOOGLE = ("account_id", "login_account_id", "secret", "url")
# What may be said of each beside its type: a setting that is misspelt would be the default, without a word.
SETTINGS: dict[str, tuple[str, ...]] = {
    "email": (
        "host", "port", "tls", "user", "secret", "from", "template", "why", "unsubscribe_url", "unsubscribe_secret",
    ),
    "folder": ("path", "format"),
    "google_conversions": (*_GOOGLE, "conversion_action_id", "event_source"),
    "google_conversions_csv": ("path", "conversion_name"),
    "google_customer_match": (*_GOOGLE, "user_list_id", "terms"),
    "google_customer_match_csv": ("path",),
    "google_sheet": ("spreadsheet", "tab", "url"),
    "hubspot": ("object", "id_property", "membership", "null_clears", "secret", "url"),
    "line_audience": ("secret", "url", "files_url"),
    "line_message": ("secret", "template", "why", "url"),
    "meta": ("audience_id", "secret", "app_secret", "extern_secret", "url"),
    "meta_conversions": (
        "dataset_id", "event_name", "action_source", "secret", "app_secret", "extern_secret", "url",
    ),
    "personalisation": ("path",),
    "prebid_segments": ("source", "segment", "fewest_ids", "path"),
    "s3": ("bucket", "region", "prefix", "access_key_id", "secret", "format", "url"),
    "salesforce": ("url", "client_id", "secret", "object", "external_id", "membership", "null_clears"),
    "sftp": ("host", "port", "user", "secret", "host_key", "path", "format"),
    "sms": ("url", "user", "secret", "from", "template", "why", "most_segments", "status_callback"),
    "the_trade_desk": ("advertiser_id", "segment", "secret", "data_provider_id", "data_provider_secret", "url"),
    "webhook": ("url", "secret"),
}  # fmt: skip
# By what each reaches people: consent, caps and quiet hours of a table are those of its channel. Those that aren't here
# take any channel's.
CHANNELS = {
    "email": ("email",),
    "google_conversions": ("ads",),
    "google_conversions_csv": ("ads",),
    "google_customer_match": ("ads",),
    "google_customer_match_csv": ("ads",),
    "line_audience": ("line", "ads"),
    "line_message": ("line",),
    "meta": ("ads",),
    "meta_conversions": ("ads",),
    "personalisation": ("web", "push"),
    "prebid_segments": ("ads", "web"),
    "sms": ("sms",),
    "the_trade_desk": ("ads",),
}
# Those that disturb somebody.
MESSAGES = ("email", "line_message", "sms")


def open_destination(sync: Sync, settings: Settings) -> Destination:
    """Make the destination that a sync names.

    Raises:
        SyncError: There is none of that type, or its settings are wrong.
    """
    destination: Destination = _adapter(sync).declared(sync, settings)
    return destination


def nature_of(sync: Sync, target: Destination | None = None) -> Nature:
    """Return the nature of the destination that a sync names, or of the one that is open.

    One that lapses has a constant, `refresh_days`; one that knows people by what two may share a function, `known_by`;
    one that may be declared so that it can remove nobody another, `takes_back`.

    Raises:
        SyncError: There is none of that type, or it knows no such setting.
    """
    adapter: Any = target or _adapter(sync)
    known_by = adapter.known_by(sync) if hasattr(adapter, "known_by") else ()
    takes_back = bool(adapter.takes_back(sync)) if hasattr(adapter, "takes_back") else True
    return Nature(hasattr(adapter, "finish"), getattr(adapter, "refresh_days", None), known_by, takes_back)


def _adapter(sync: Sync) -> Any:
    kind = str(sync.destination["type"])
    if kind not in TYPES:
        raise SyncError(f"sync {sync.name}: destination.type: {kind} is none of {', '.join(TYPES)}")
    for setting in sync.destination:
        if setting not in ("type", *SETTINGS[kind]):
            raise SyncError(f"sync {sync.name}: destination.{setting} is none of {', '.join(SETTINGS[kind])}")
    module, name = TYPES[kind].split(".")
    return getattr(import_module(f"cardinal.activation.destinations.{module}"), name)
