"""The warehouse knows messages in doubt by the words of the sender."""

from cardinal.activation.journal import IN_DOUBT
from cardinal.settings import PROJECT_DIR


def test_the_model_of_what_was_sent_asks_for_the_reason_that_the_sender_gives() -> None:
    model = PROJECT_DIR / "models" / "intermediate" / "campaigns" / "int_campaigns__sender_events.sql"
    assert f"reason = '{IN_DOUBT}'" in model.read_text(encoding="utf-8")
