"""The `cardinal` command: its verbs, and one line instead of a traceback for what a person can put right."""

from __future__ import annotations

import sys
from importlib.metadata import version
from typing import Annotated, NoReturn

import typer

from cardinal.cli import (
    activate,
    audiences,
    bank,
    experiments,
    identity,
    imports,
    ingest,
    jobs,
    lookalike,
    metrics,
    models,
    personas,
    privacy,
    programmes,
    publish,
    quality,
    receive,
    status,
    uplift,
    value,
)
from cardinal.cli.output import say, say_error
from cardinal.errors import CardinalError

FAILED = 1
INTERRUPTED = 130

app = typer.Typer(
    name="cardinal",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=(
        "Exit codes: 0 done (rows that broke a contract are reported and kept), 1 failed, 2 wrong usage,"
        " 3 done, but whole files were refused, 4 done, but cells of a list are to be put right."
    ),
)
app.command("generate")(bank.generate)
app.command("ingest")(ingest.ingest)
app.add_typer(imports.app, name="import")
app.command("demo")(bank.demo)
app.command("publish")(publish.publish)
app.add_typer(activate.app, name="activate")
app.command("receive")(receive.receive)
app.add_typer(metrics.app, name="metrics")
app.command("train")(models.train)
app.command("score")(models.score)
app.add_typer(models.app, name="models")
app.add_typer(personas.app, name="personas")
app.add_typer(uplift.app, name="uplift")
app.add_typer(experiments.app, name="experiments")
app.command("lookalike")(lookalike.lookalike)
app.add_typer(value.app, name="value")
app.add_typer(audiences.app, name="audiences")
app.add_typer(privacy.app, name="privacy")
app.add_typer(programmes.app, name="programmes")
app.add_typer(quality.app, name="quality")
app.command("status")(status.status)
app.command("run")(jobs.run)
app.add_typer(identity.app, name="identity")


def _show_version(wanted: bool) -> None:
    if wanted:
        say(f"cardinal {version('cardinal')}")
        raise typer.Exit


@app.callback()
def cardinal(
    _: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and end."),
    ] = False,
) -> None:
    """The open-source customer data platform for banks.

    State lies in CARDINAL_HOME (default: data in the project). The market is set by CARDINAL_COUNTRY,
    CARDINAL_CURRENCY and CARDINAL_TIMEZONE.
    """


def run() -> NoReturn:
    """Run the command line; what is expected to go wrong ends in one line and exit code 1."""
    try:
        app()
    except CardinalError as error:
        say_error(str(error))
    except RuntimeError as error:
        # DuckDB's word for Ctrl-C within a query.
        if "interrupted" not in str(error).lower():
            raise
        say_error("interrupted: what was finished stays; run the same command again to go on")
        sys.exit(INTERRUPTED)
    except OSError as error:
        # A full disk, a folder that can't be written: the operating system says it best.
        say_error(f"{error.filename or ''}: {error.strerror or error}".removeprefix(": "))
    sys.exit(FAILED)
