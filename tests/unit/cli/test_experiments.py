"""`cardinal experiments` on small declarations."""

import pytest
import yaml
from typer.testing import CliRunner

from cardinal.cli import experiments
from cardinal.cli.main import app
from cardinal.errors import CardinalError
from cardinal.settings import Settings

DECLARED = {
    "experiment": "x",
    "description": "Tries something.",
    "owner": "digital",
    "unit": "user_id",
    "seed": "seed",
    "start": "2024-02-01",
    "arms": [{"arm": "control", "weight": 0.2}, {"arm": "new", "weight": 0.8}],
    "metrics": [{"metric": "leads", "kind": "proportion", "outcome": "lead"}],
}


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    (tmp_path / "experiments").mkdir()
    text = yaml.safe_dump(DECLARED).replace("'2024-02-01'", "2024-02-01")
    (tmp_path / "experiments/x.yml").write_text(text)
    monkeypatch.setattr(experiments, "load_settings", lambda: Settings(tmp_path / "home", project_dir=tmp_path))
    return tmp_path


def cardinal(*arguments, **options):
    return CliRunner().invoke(app, ["experiments", *arguments], **options)


def test_list_shows_what_is_declared(project):
    done = cardinal("list")
    assert done.exit_code == 0
    assert "control 0.2 / new 0.8" in done.stdout
    (project / "experiments/x.yml").unlink()
    assert "Nothing is declared" in cardinal("list").stdout


def test_assign_writes_the_published_arms(project):
    # By the published hash "a" is at 0.0505 and "b" at 0.2696 under this seed.
    ids = project / "ids.txt"
    ids.write_text("\ufeffa\nb\n\na\n")
    done = cardinal("assign", "x", "--file", str(ids), "--out", str(project / "arms.csv"))
    assert done.exit_code == 0, done.output
    assert (project / "arms.csv").read_text() == "user_id,arm\na,control\nb,new\n"
    piped = cardinal("assign", "x", "--file", "-", input="a\nb\n")
    assert [line.split()[:2] for line in piped.stdout.splitlines()[-3:]] == [
        ["control", "1"],
        ["new", "1"],
        ["takes", "no"],
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["assign", "x"], "has no audience"),
        (["assign", "x", "--segment", "champions"], "draws user_id, a segment holds persons"),
        (["assign", "y"], "there is no experiment 'y'"),
        (["assign", "x", "--file", "-"], "id 2 has a comma"),
    ],
)
def test_what_can_be_put_right_is_said(arguments, words):
    done = cardinal(*arguments, input="a\nb,c\n")
    assert isinstance(done.exception, CardinalError)
    assert words in str(done.exception)
