"""What can be declared, and what each mistake is answered with."""

from datetime import date

import pytest
import yaml

from cardinal.experiments.declaration import (
    OUTCOMES,
    Arm,
    DeclarationError,
    Layer,
    Metric,
    check_layers,
    find_experiment,
    load_experiments,
)
from cardinal.experiments.parsing import parse_experiment
from cardinal.settings import PROJECT_DIR
from tests.identity.macro_runner import MacroRunner
from tests.unit.experiments.samples import an_experiment

GOOD = {
    "experiment": "x",
    "description": "Tries something.",
    "owner": "digital",
    "unit": "user_id",
    "start": date(2024, 2, 1),
    "arms": [{"arm": "control", "weight": 0.4}, {"arm": "new", "weight": 0.6}],
    "metrics": [{"metric": "leads", "kind": "proportion", "outcome": "lead", "window_days": 14}],
}


def parse(tmp_path, **changed):
    path = tmp_path / "x.yml"
    fields = {field: value for field, value in (GOOD | changed).items() if value != "missing"}
    path.write_text(yaml.safe_dump(fields, allow_unicode=True), encoding="utf-8")
    return parse_experiment(path)


def test_a_declaration_says_what_it_is(tmp_path):
    found = parse(
        tmp_path,
        layer={"name": "site", "from": 0.5, "to": 1},
        guardrails=[{"metric": "time", "kind": "mean", "outcome": "engagement_seconds", "tolerance": 0.1}],
    )
    assert found.arms == (Arm("control", 0.4), Arm("new", 0.6))
    assert found.layer == Layer("site", 0.5, 1)
    assert found.metrics == (
        Metric("leads", "proportion", "lead", window_days=14),
        Metric("time", "mean", "engagement_seconds", is_guardrail=True, tolerance=0.1),
    )
    assert (found.hash_seed, found.control.name, found.primary.name) == ("x", "control", "leads")


def test_factors_come_from_the_levels_of_arms(tmp_path):
    arms = [
        {"arm": f"{colour}{size}", "weight": 0.25, "levels": {"colour": colour, "size": size}}
        for colour in ("red", "blue")
        for size in ("s", "l")
    ]
    assert parse(tmp_path, arms=arms).factors == {"colour": ("red", "blue"), "size": ("s", "l")}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"experiment": "y"}, "the file's name"),
        ({"start": "missing"}, "start is None"),
        ({"start": "2024-02-01x"}, "not a day"),
        ({"stop": date(2024, 1, 1)}, "before the start"),
        ({"unit": "browser"}, "one of user_id, user_pseudo_id"),
        ({"arms": [{"arm": "a", "weight": 1}]}, "two at least"),
        ({"arms": [{"arm": "a", "weight": 0.5}, {"arm": "b", "weight": 0.6}]}, "sum to 1.1"),
        ({"arms": [{"arm": "a", "weight": 0.5}, {"arm": "a", "weight": 0.5}]}, "twice: a"),
        ({"arms": [{"arm": "a", "weight": 0.5, "levels": {"f": 1}}, {"arm": "b", "weight": 0.5}]}, "same factors"),
        ({"metrics": []}, "one entry at least"),
        ({"metrics": [{"metric": "m", "kind": "mean", "outcome": "luck"}]}, "counts 'luck'"),
        ({"metrics": [{"metric": "m", "kind": "ratio", "outcome": "lead"}]}, "needs `per`"),
        ({"metrics": [{"metric": "m", "kind": "mean", "outcome": "lead", "window_days": 0}]}, "window_days is 0"),
        ({"metrics": [{"metric": "m", "kind": "mean", "outcome": "lead", "wndow": 1}]}, "has wndow"),
        ({"coverage": 1.5}, "from 0 to 1"),
        ({"layer": {"name": "l", "from": 0.5, "to": 0.5}}, "goes from 0.5 to 0.5"),
        ({"audience": "champions"}, "must be person_id"),
        ({"sample": 3}, "has sample, which nothing reads"),
        ({"power": True}, "power is True"),
    ],
)
def test_a_mistake_is_named_with_file_and_field(tmp_path, changed, words):
    with pytest.raises(DeclarationError, match=r"^experiments/x\.yml: ") as caught:
        parse(tmp_path, **changed)
    assert words in str(caught.value)


def test_what_is_no_yml_is_said(tmp_path):
    (tmp_path / "x.yml").write_text("a: [")
    with pytest.raises(DeclarationError, match="is not yml"):
        parse_experiment(tmp_path / "x.yml")


def test_experiments_of_a_layer_collide_only_at_the_same_time_and_place():
    first = an_experiment(key="first", layer=Layer("site", 0, 0.5))
    beside = an_experiment(key="beside", layer=Layer("site", 0.5, 1))
    later = an_experiment(key="later", layer=Layer("site", 0, 1), start=date(2024, 3, 1), stop=None)
    elsewhere = an_experiment(key="elsewhere", layer=Layer("app", 0, 1))
    check_layers([first, beside, later, elsewhere, an_experiment(key="free")])
    with pytest.raises(DeclarationError, match="take the same people"):
        check_layers([first, an_experiment(key="over", layer=Layer("site", 0.4, 1), start=date(2024, 2, 29))])
    with pytest.raises(DeclarationError, match="units of one kind"):
        check_layers([first, an_experiment(key="cookies", unit="user_pseudo_id", layer=Layer("site", 0.5, 1))])


def test_who_asks_for_an_unknown_one_hears_which_there_are():
    with pytest.raises(DeclarationError, match="declared are: app_home_2026h1"):
        find_experiment(PROJECT_DIR, "nothing")


def test_dbt_takes_the_same_stretches_of_places_as_python():
    import duckdb

    from cardinal.experiments.bucketing import ranges_of

    for experiment in [
        *load_experiments(PROJECT_DIR).values(),
        an_experiment(arms=tuple(Arm(a, 0.1) for a in "abcdefghij")),
    ]:
        with duckdb.connect() as connection:
            rows = MacroRunner(connection).experiment_arms(
                {
                    "experiment": experiment.key,
                    "coverage": experiment.coverage,
                    "arms": [{"arm": arm.name, "weight": arm.weight} for arm in experiment.arms],
                }
            )
        expected = ranges_of([arm.weight for arm in experiment.arms], experiment.coverage)
        assert [(row["bucket_from"], row["bucket_to"]) for row in rows] == expected


def test_the_outcomes_that_can_be_declared_are_those_that_the_mart_knows():
    sql = (PROJECT_DIR / "models/marts/experiments/fct_experiment_outcomes.sql").read_text()
    assert [name for name in OUTCOMES if f"'{name}' as outcome" not in sql] == []
    assert sql.count("' as outcome") == len(OUTCOMES)
