"""Uplift tasks: for each kind of campaign with a control group, what it wants, and what people are judged by."""

from __future__ import annotations

from dataclasses import dataclass

from ml.task import Feature, Task, TaskError

MEMBERS = "marts.fct_campaign_members"
MESSAGES = "ftr_customer__messages"
# Where a campaign promotes no product.
NO_PRODUCT = "none"


@dataclass(frozen=True)
class UpliftTask(Task):
    """How the change that one kind of campaign makes is learned.

    Its rows are members of campaigns as they were known at the month end before they were drawn. `label` is SQL of
    campaign_id, person_id and what the member did after; features that the campaign has, not the person, are last.

    Attributes:
        outcome: SQL over a row of the features and `label`: what counts.
        is_yes_or_no: Whether it is 0 or 1.
        campaign_features: Columns of the campaign that count beside the person's.
    """

    outcome: str = "label"
    is_yes_or_no: bool = True
    campaign_features: tuple[Feature, ...] = ()

    @property
    def kind(self) -> str:
        """The kind of campaign, as fct_campaign_members calls it."""
        return self.name.removeprefix("uplift_")

    @property
    def keys(self) -> list[str]:
        """Columns that a frame has before its features."""
        return [*super().keys, "current_id"]

    @property
    def marts(self) -> tuple[str, ...]:
        """Feature marts that its rows are made of."""
        return (self.mart, MESSAGES)

    @property
    def rows(self) -> str:
        """SQL of the mart's rows with the id that each person has today and how they took messages."""
        return f"""(
            select mart.*, messages.* exclude (person_id, month_end_date),
                coalesce(today.current_id, mart.person_id) as current_id
            from marts.{self.mart} as mart
            left join (
                select person_id, arg_max(current_person_id, change_no) as current_id
                from marts.person_id_changes group by person_id
            ) as today on mart.person_id = today.person_id
            left join marts.{MESSAGES} as messages
                on coalesce(today.current_id, mart.person_id) = messages.person_id
                and mart.month_end_date = messages.month_end_date
        )"""


_TOOK_IT = f"""
    select
        members.campaign_id, members.person_id, (count(products.contract_id) > 0)::integer as label
    from {MEMBERS} as members
    left join marts.customer_products as products
        on members.person_id = products.person_id and members.product_code = products.product_code
        and products.opened_date >= members.assigned_date and products.opened_date <= members.assigned_date + 60
    group by members.campaign_id, members.person_id
"""

# Who leaves for good is silent in the fourth month after.
_STAYED = f"""
    select
        members.campaign_id, members.person_id,
        (not coalesce(bool_or(months.is_lost), false) and coalesce(bool_or(months.is_active) filter (
            months.month_end_date = last_day(cast(members.known_month_end_date + interval 4 month as date))
        ), false))::integer as label
    from {MEMBERS} as members
    left join marts.fct_customer_months as months
        on members.person_id = months.person_id
        and months.month_end_date > members.known_month_end_date
        and months.month_end_date <= last_day(cast(members.known_month_end_date + interval 4 month as date))
    group by members.campaign_id, members.person_id
"""

_SPENT = f"""
    select
        members.campaign_id, members.person_id,
        coalesce(sum(case when spent.is_refund then -spent.amount else spent.amount end), 0) as label
    from {MEMBERS} as members
    left join (
        select * from marts.fct_transactions
        where ledger = 'credit_card' and transaction_type in ('purchase', 'refund')
    ) as spent
        on members.person_id = spent.person_id
        and spent.transaction_date > members.assigned_date and spent.transaction_date <= members.assigned_date + 30
    group by members.campaign_id, members.person_id
"""

_USUAL = "card_spend_3m_amount / 3"

_PERSON = (
    Feature("message_12m_count", "messages of campaigns in twelve months", "coalesce(message_12m_count, 0)"),
    Feature("opened_ratio", "messages opened of those sent", "message_opened_12m_ratio"),
    Feature("clicked_ratio", "messages clicked of those sent", "message_clicked_12m_ratio"),
    Feature("promotion_view_3m_count", "promotions viewed in three months"),
    Feature("promotion_click_3m_count", "promotions chosen in three months"),
    Feature("app_login_3m_count", "logins in the app in three months"),
    Feature("web_login_3m_count", "logins on the web site in three months"),
    Feature("search_3m_count", "searches in three months"),
    Feature("tenure_months", "months as a customer"),
    Feature("product_count", "products held"),
    Feature("transaction_count", "money movements in the month"),
    Feature("last_transaction_day_count", "days since the last money movement"),
    Feature("deposit_balance_amount", "deposits"),
    Feature("inflow_3m_amount", "money that came in in three months"),
    Feature("outflow_3m_amount", "money that went out in three months"),
    Feature("salary_amount", "salary credited"),
    Feature("card_spend_3m_amount", "card spending of three months"),
    Feature("card_spend_3m_before_amount", "card spending of the three months before these"),
    Feature("card_utilisation_rate", "share of the card limit that is owed"),
    Feature("revolving_month_12m_count", "months of twelve in which card debt was carried on"),
    Feature("points_balance", "reward points"),
    Feature("complaint_12m_count", "complaints in twelve months"),
)

_NOT_FOR = (
    "granting or refusing a product, a limit or a price: it says whom a campaign changes, not who should have it",
    "campaigns of another kind, channel or offer than those that it learned from",
    "judging an employee or a branch",
)


def _task(
    kind: str, question: str, owner: str, population: str, label: str, horizon_days: int, *,
    outcome: str = "label", is_yes_or_no: bool = True, campaign_features: tuple[Feature, ...] = (),
) -> UpliftTask:  # fmt: skip
    return UpliftTask(
        name=f"uplift_{kind}",
        question=question,
        owner=owner,
        population=population,
        label=label,
        features=(*_PERSON, *campaign_features),
        baseline=("a draw by lot", "0"),
        not_for=_NOT_FOR,
        horizon_days=horizon_days,
        outcome=outcome,
        is_yes_or_no=is_yes_or_no,
        campaign_features=campaign_features,
    )


UPLIFT_TASKS: dict[str, UpliftTask] = {
    task.kind: task
    for task in (
        _task(
            "product", "takes out the product promoted within 60 days", "crm", "product_count > 0", _TOOK_IT, 60,
            campaign_features=(
                Feature("product_code", "product promoted", kind="text"),
                Feature("channel", "channel of the campaign", kind="text"),
            ),
        ),
        _task(
            "retention", "is still a customer who moves money in the fourth month after", "crm", "product_count > 0",
            _STAYED, 120,
        ),
        _task(
            "spending", "spends by credit card in 30 days, in usual months of theirs (three at most)", "cards",
            f"{_USUAL} > 0", _SPENT, 30, outcome=f"least(greatest(label, 0) / ({_USUAL}), 3)", is_yes_or_no=False,
        ),
    )
}  # fmt: skip


def uplift_task_of(kind: str) -> UpliftTask:
    """Return the task of a kind of campaign.

    Raises:
        TaskError: There is none.
    """
    if kind not in UPLIFT_TASKS:
        raise TaskError(f"there is no kind of campaign '{kind}': there are {', '.join(UPLIFT_TASKS)}")
    return UPLIFT_TASKS[kind]
