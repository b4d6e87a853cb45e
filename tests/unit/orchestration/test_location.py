"""What the code location holds."""

from __future__ import annotations

import dagster as dg

from cardinal.activation.declaration import load_syncs
from cardinal.settings import PROJECT_DIR
from ml.tasks import TASKS
from ml.uplift_tasks import UPLIFT_TASKS
from tests.unit.orchestration.asset_graph import FILE, graph_text
from tests.unit.orchestration.conftest import TIMEZONE

MODELS = {f"models/{name}" for name in (*TASKS, *(task.name for task in UPLIFT_TASKS.values()), "personas", "value")}
LEARNED = MODELS | {"ml/lookalikes", "ml/lookalike_reaches"}
DELIVERED = {"ml/alerts", "ml/personas", "ml/readouts", "ml/scores", "ml/uplifts", "ml/values"}
WATCHED = {"ml/champions", "ml/drift", "ml/outcomes"}
WRITING = {
    *(
        "build",
        "build_scored",
        "published__snapshot",
        "published__postgres",
        "ml__lookalikes",
        "retained__anonymous_ids",
    ),
    *(key.replace("/", "__") for key in MODELS | DELIVERED),
}
CARDS = dg.AssetKey(["cards", "credit_cards"])
RETAINED = "retained/anonymous_ids"
REPORT = dg.AssetKey(["marts", "business_report_monthly"])


def test_the_asset_graph_is_the_one_that_was_agreed_on(location: dg.Definitions) -> None:
    """A renamed asset loses its history and whatever watches it: that must be seen in review."""
    assert graph_text(location) == FILE.read_text(encoding="utf-8"), (
        "the asset graph changed; if that is meant: python -m tests.unit.orchestration.asset_graph"
    )


def test_jobs_hold_what_they_should(location: dg.Definitions) -> None:
    chosen = {
        job.name: {key.to_user_string() for key in location.resolve_job_def(job.name).asset_layer.selected_asset_keys}
        for job in location.jobs or ()
    }
    everything = {key.to_user_string() for key in location.resolve_asset_graph().materializable_asset_keys}
    sent = {f"sent/{name}" for name in load_syncs(PROJECT_DIR / "activation" / "syncs.yml")}
    assert chosen["daily"] == everything - {"deliveries"} - LEARNED - sent - {RETAINED}
    assert chosen["activate"] == sent
    assert chosen["daily"] >= DELIVERED | WATCHED | {"marts/fraud_alerts", "marts/customer_personas"}
    assert chosen["retrain"] == LEARNED
    assert chosen["retain"] == {RETAINED}
    assert chosen["backfill"] == {"deliveries"}
    assert "core_banking/accounts" in chosen["intake"]
    assert not {name for name in chosen["intake"] if name.startswith(("staging/", "marts/", "ml/"))}
    fresh = {
        name for name in chosen["hourly"] if name.split("/")[0] in {"digital", "website", "messenger", "ecommerce"}
    }
    assert fresh == {"digital/events", "ecommerce/orders", "messenger/leads", "website/registrations"}
    assert {"marts/leads_360", "marts/digital_report_daily", "published/snapshot"} <= chosen["hourly"]
    # Who asked an hour ago stands in the unit's list, with the person that it is found to be, and unscored.
    leads = {"marts/fct_leads", "marts/leads", "marts/leads_in_work", "marts/lead_scores"}
    assert leads | {"marts/customer_products", "intermediate/int_customer__consent_state"} <= chosen["hourly"]
    # What they earned, scores and offers stay those of the night, and the hour stays small.
    night = {"marts/customer_360", "marts/customer_profit_monthly", "marts/customer_next_best_offers"}
    assert not night & chosen["hourly"]
    assert not {name for name in chosen["hourly"] if name.startswith(("ml/", "models/", "staging/stg_ml"))}
    assert len(chosen["hourly"]) < 100
    # Who joins records of persons writes down where ids lead: else ids that readers saw would change without a trace.
    assert {"intermediate/int_identity__persons", "marts/person_id_changes", "marts/identity_health"} <= chosen[
        "hourly"
    ]
    assert not {name for name in chosen["hourly"] if name.startswith(("core_banking/", "staging/stg_core_banking"))}


def test_the_hour_makes_no_check_of_what_it_does_not_make(location: dg.Definitions) -> None:
    """Publishing waits for the word of each test that is chosen; and what is of the night is older, not wrong."""
    from orchestration.lib.dbt_project import load_manifest

    layer = location.resolve_job_def("hourly").asset_layer
    steps = {data.assets_def.node_def.name for data in layer.data}
    assert {"build", "build_scored"} <= steps
    parents = {node["name"]: node for node in load_manifest()["nodes"].values()}
    made = {key.path[-1] for key in layer.selected_asset_keys}
    chosen = [key for data in layer.data for key in data.assets_def.check_keys if key.asset_key.path[0] != "published"]
    assert len(chosen) > 100
    for key in chosen:
        assert key.asset_key in layer.selected_asset_keys
        if key.name in parents:
            read = {unique_id.split(".")[2] for unique_id in parents[key.name]["depends_on"]["nodes"]}
            assert read <= made, key.name


def test_schedules_go_by_the_banks_clock(location: dg.Definitions) -> None:
    schedules = {str(schedule.name): schedule for schedule in location.schedules or ()}
    assert {schedule.execution_timezone for schedule in schedules.values()} == {TIMEZONE}
    crons = {name: schedule.cron_schedule for name, schedule in schedules.items()}
    assert crons == {
        "daily_schedule": "0 4 * * *",
        "hourly_schedule": "15 7-23 * * *",
        "retrain_schedule": "0 1 * * 0",
        "retain_schedule": "0 22 1 * *",
    }


def test_every_step_that_opens_a_file_of_the_build_waits_for_the_one_writer(location: dg.Definitions) -> None:
    steps = {node.name: node for job in location.jobs or () for node in location.resolve_job_def(job.name).nodes}
    pools = {name: node.definition.pool for name, node in steps.items()}  # type: ignore[attr-defined]
    assert {name for name, pool in pools.items() if pool == "duckdb_writer"} == WRITING
    assert {name for name, pool in pools.items() if pool is None} == {"ingest", "landed", "deliveries", "watched"}
    policies = {node.definition.retry_policy for node in steps.values()}  # type: ignore[attr-defined]
    assert [(policy.max_retries, policy.backoff) for policy in policies] == [(3, dg.Backoff.EXPONENTIAL)]


def test_owners_groups_and_checks_come_from_dbt(location: dg.Definitions) -> None:
    graph = location.resolve_asset_graph()
    assert (graph.get(REPORT).group_name, graph.get(REPORT).owners) == ("finance", ["team:finance"])
    assert (graph.get(CARDS).group_name, graph.get(CARDS).owners) == ("cards", ["team:cards"])
    assert all(
        graph.get(key).group_name != "default" and graph.get(key).owners for key in graph.materializable_asset_keys
    )
    assert dg.AssetCheckKey(REPORT, "not_null_business_report_monthly_month_end_date") in graph.asset_check_keys
    assert dg.AssetCheckKey(CARDS, "landed") in graph.asset_check_keys


def test_the_pool_lets_in_one_and_nothing_is_told_to_anybody(instance: dg.DagsterInstance) -> None:
    assert instance.event_log_storage.get_pool_config().default_pool_limit == 1
    assert instance.get_settings("telemetry") == {"enabled": False}
    assert not instance.nux_enabled


def test_all_that_is_made_says_how_old_it_may_be(location: dg.Definitions) -> None:
    from orchestration.lib.freshness import MONTHLY, NIGHTLY, WEEKLY

    sent = {f"sent/{name}" for name in load_syncs(PROJECT_DIR / "activation" / "syncs.yml")}
    graph = location.resolve_asset_graph()
    limits = {key.to_user_string(): graph.get(key).freshness_policy for key in graph.materializable_asset_keys}
    assert {name for name, limit in limits.items() if limit == WEEKLY} == LEARNED | sent
    assert {name for name, limit in limits.items() if limit not in (NIGHTLY, WEEKLY)} == {"deliveries", RETAINED}
    assert limits[RETAINED] == MONTHLY
    assert limits["deliveries"] is None
    assert (NIGHTLY.deadline_cron, NIGHTLY.timezone) == ("0 6 * * *", TIMEZONE)
