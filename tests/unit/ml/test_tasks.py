"""Every task keeps the rules of the house."""

from __future__ import annotations

import re

import pytest

from cardinal.settings import PROJECT_DIR
from ml.persona_names import THEMES
from ml.task import Task
from ml.tasks import TASKS, value
from ml.uplift_tasks import UPLIFT_TASKS
from tests.conventions.rules.privacy import PROTECTED_NAMES

EVERY_TASK = (*TASKS.values(), value.TASK, *UPLIFT_TASKS.values())
# Not protected by their names, and yet they tell who has a child, which makes a life stage (docs/life-events.md).
SIGNS_OF_FAMILY = {"card_children_3m_rate", "spending_children_rate", "children_amount", "life_stage", "event_kind"}


def words_of(*expressions: str) -> set[str]:
    return set(re.findall(r"\w+", " ".join(expressions)))


def test_a_lead_is_over_in_the_list_when_its_horizon_is() -> None:
    listed = (PROJECT_DIR / "models/marts/scoring/lead_scores.sql").read_text(encoding="utf-8")
    assert f"as_of_date - {TASKS['lead'].horizon_days} from" in listed
    assert f"<= captured_date + {TASKS['lead'].horizon_days}," in TASKS["lead"].label


@pytest.mark.parametrize("task", EVERY_TASK, ids=lambda task: task.name)
def test_no_protected_attribute_is_a_feature(task: Task) -> None:
    told = (f"{feature.name} {feature.expression}" for feature in task.features)
    # Offers of all families are put in one order: what moves another one up moves credit down.
    is_beside_credit = bool(task.decision) or task.name.startswith("offer_")
    barred = PROTECTED_NAMES | (SIGNS_OF_FAMILY if is_beside_credit else set())
    assert not words_of(*told, task.population, task.baseline[1]) & barred


def test_no_protected_attribute_is_a_theme_of_personas() -> None:
    assert not words_of(*(f"{theme.name} {theme.expression}" for theme in THEMES)) & PROTECTED_NAMES


def test_tasks_of_credit_say_so_by_their_families() -> None:
    deciding = {task.name for task in TASKS.values() if task.decision}
    assert deciding >= {"offer_credit_card", "offer_loan", "upsell_limit", "upsell_card", "upsell_loan", "lead"}


@pytest.mark.parametrize("task", TASKS.values(), ids=lambda task: task.name)
def test_a_task_says_what_it_is_not_for_and_names_each_feature_once(task: Task) -> None:
    assert TASKS[task.name] is task
    assert task.not_for
    assert task.question
    assert len(set(task.names)) == len(task.names)
    assert all(feature.words for feature in task.features)
