# SPDX-License-Identifier: Apache-2.0
"""The commands of the development kit: `python -m devkit COMMAND`."""

import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from devkit.batch.number_columns import DecimalSign
from devkit.lint.finding import Strength
from devkit.lint.report import Format

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_show_locals=False)


@app.callback()
def kit() -> None:
    """What a developer or a curious user runs on their own machine."""


@app.command()
def demo(
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Play the decisions instead of asking.")] = False,
    picture: Annotated[Path | None, typer.Option(help="Keep what is printed as an SVG file.")] = None,
    pages: Annotated[
        Path | None, typer.Option(help="Only write one form and its mail there, as pages for a browser.")
    ] = None,
) -> None:
    """Real purchases through the shipped workflow, on the real engine, with the plugin as a process."""
    if pages is not None:
        from devkit.demo.pages import write_pages  # noqa: PLC0415 - the engine takes a second to load

        for path in write_pages(pages):
            typer.echo(f"{path}: written")
        return
    from devkit.demo.command import run_demo  # noqa: PLC0415 - the engine takes a second to load

    run_demo(play_decisions=yes, picture=picture)


@app.command()
def package(
    target: Annotated[Path, typer.Argument(help="Where to write the package.")] = Path(
        "dist/approvals.difypkg"
    ),
) -> None:
    """The plugin package for Dify's "Install from local package file", and workflows that name it."""
    from devkit.package.command import package as build  # noqa: PLC0415 - loads what only it needs

    raise typer.Exit(build(target))


@app.command()
def desk(*, port: Annotated[int, typer.Option(help="0 for a free one.")] = 8898) -> None:
    """The desk with the requests of a made-up company, over HTTP on 127.0.0.1."""
    from devkit.desk.served import show  # noqa: PLC0415 - loads what only it needs

    raise typer.Exit(show(port))


@app.command()
def desk_pictures() -> None:
    """Take the pictures of docs/desk.md, in Chromium, of a desk with sample requests."""
    from devkit.desk.pictures import take_pictures  # noqa: PLC0415 - loads what only it needs

    raise typer.Exit(take_pictures())


@app.command()
def precheck(
    *, install: Annotated[bool, typer.Option(help="Also start the package as the marketplace does.")] = True
) -> None:
    """What the marketplace's published checks would say of the package."""
    from devkit.precheck.command import precheck as check  # noqa: PLC0415 - loads what only it needs

    raise typer.Exit(check(install=install))


@app.command()
def sign(
    package: Annotated[Path | None, typer.Argument(help="The package to sign.")] = None,
    *,
    key: Annotated[Path | None, typer.Option(help="The private key, as PEM.")] = None,
    new_keys: Annotated[
        Path | None, typer.Option(help="Make NAME.private.pem and NAME.public.pem instead.")
    ] = None,
) -> None:
    """Sign a package, so that a Dify which holds the public key installs it without weakening its checks."""
    from devkit.package import signature  # noqa: PLC0415 - loads what only it needs

    try:
        if new_keys is not None:
            for file in signature.new_keys(new_keys):
                typer.echo(f"{file}: written")
            return
        if package is None or key is None:
            raise signature.SignatureError("give a package and --key, or --new-keys NAME")
        typer.echo(f"{signature.sign(package, key, int(time.time()))}: signed")
    except (ValueError, OSError) as error:
        typer.echo(f"sign: {error}", err=True)
        raise typer.Exit(1) from None


@app.command()
def verify(
    package: Annotated[Path, typer.Argument(help="A signed package.")],
    *,
    key: Annotated[Path, typer.Option(help="The public key, as PEM.")],
) -> None:
    """Whether a package is as its owner signed it."""
    from devkit.package import signature  # noqa: PLC0415 - loads what only it needs

    try:
        signed_at = datetime.fromtimestamp(signature.verify(package, key), UTC)
    except (ValueError, OSError) as error:
        typer.echo(f"verify: {error}", err=True)
        raise typer.Exit(1) from None
    typer.echo(f"{package}: signed at {signed_at:%Y-%m-%d %H:%M} UTC with the key of {key}")


@app.command()
def export(
    request_id: Annotated[
        str, typer.Argument(help="May be left out with --expect-head, which then compares all.")
    ] = "",
    folder: Annotated[Path, typer.Argument(help="Where to write the files.")] = Path(),
    *,
    store_url: Annotated[str, typer.Option(envvar="STORE_URL", help="The plugin's store_url.")] = "",
    answer: Annotated[Path | None, typer.Option(help="What find_approvals answered, as JSON.")] = None,
    key_file: Annotated[
        Path | None, typer.Option(help="The keys of the setting ledger_key, to verify with.")
    ] = None,
    expect_head: Annotated[
        Path | None, typer.Option(help="Heads kept outside of the store: log lines or JSON.")
    ] = None,
) -> None:
    """One request's record and ledger, as JSON and as a page for an auditor. Exit code 1: a ledger does not verify."""
    from devkit.export.printing import run  # noqa: PLC0415 - loads what only it needs

    raise typer.Exit(
        run(
            request_id,
            folder,
            store_url=store_url,
            answer=answer,
            key_file=key_file,
            expect_head=expect_head,
        )
    )


@app.command()
def move(
    folder: Annotated[
        Path | None, typer.Argument(help="The plugin daemon's storage folder, or a copy of it.")
    ] = None,
    *,
    answers: Annotated[
        Path | None, typer.Option(help="Instead: saved answers of find_approvals, a file or a folder.")
    ] = None,
    store_url: Annotated[
        str, typer.Option(envvar="STORE_URL", help="Where to: the plugin's store_url.")
    ] = "",
    workspace: Annotated[str, typer.Option(help="Dify's id of the workspace, where there are several.")] = "",
    key_file: Annotated[
        Path | None, typer.Option(help="The keys of the setting ledger_key, to verify with.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be moved.")] = False,
) -> None:
    """Everything that the plugin keeps in Dify's storage, into a database. See docs/databases.md."""
    from devkit.move import MoveError  # noqa: PLC0415 - loads what only it needs
    from devkit.move.command import move_to, report, source_of  # noqa: PLC0415

    try:
        summary = move_to(store_url, source_of(folder, answers, workspace), key_file, dry_run=dry_run)
    except MoveError as error:
        typer.echo(f"move: {error}", err=True)
        raise typer.Exit(2) from None
    typer.echo(report(summary, dry_run=dry_run))
    if not summary.complete:
        raise typer.Exit(1)


@app.command()
def lint(
    files: Annotated[list[Path], typer.Argument(help="Dify workflow files (.yml).")],
    *,
    strength: Annotated[Strength, typer.Option(help="What to ask of them.")] = Strength.DIFY,
    bundle: Annotated[bool, typer.Option("--bundle", help="The same as --strength bundle.")] = False,
    output: Annotated[Format, typer.Option("--format", help="How to print what is found.")] = Format.TEXT,
) -> None:
    """What is wrong with workflow files: the schema, then the rules that a schema cannot say."""
    from devkit.lint.command import lint_files  # noqa: PLC0415 - loads what only it needs

    raise typer.Exit(lint_files(files, Strength.BUNDLE if bundle else strength, output))


@app.command()
def batch(  # noqa: PLR0913 - one parameter for each option
    file: Annotated[Path, typer.Argument(help="A table: .csv, .xlsx, .jsonl or .json.")],
    *,
    out: Annotated[Path, typer.Option(help="Where to write the table and the report.")] = Path(),
    policy: Annotated[Path | None, typer.Option(help="A policy file; else the plugin's own.")] = None,
    requester: Annotated[str, typer.Option(help="Who asks, where a row names nobody.")] = "",
    currency: Annotated[str, typer.Option(help="Of amounts, where the file does not say.")] = "",
    maps: Annotated[
        list[str] | None, typer.Option("--map", help="FIELD=COLUMN, where a column has another name.")
    ] = None,
    decimal: Annotated[
        DecimalSign | None, typer.Option(help="The decimal sign, where no value shows it.")
    ] = None,
    preview: Annotated[bool, typer.Option("--preview", help="Only show what the file is taken for.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Analyse without asking.")] = False,
) -> None:
    """Every request of a file analysed: a CSV with the analyses, and a one-page report."""
    from devkit.batch.command import Options, columns_given  # noqa: PLC0415 - loads what only it needs
    from devkit.batch.command import batch as run  # noqa: PLC0415
    from devkit.batch.source import Given  # noqa: PLC0415
    from devkit.decoding import FileUnreadableError  # noqa: PLC0415

    try:
        given = Given(requester, currency.upper(), columns_given(maps or ()), decimal)
    except FileUnreadableError as error:
        typer.echo(f"batch: {error}", err=True)
        raise typer.Exit(1) from None
    ask = sys.stdin.isatty() and not yes
    raise typer.Exit(run(file, out, Options(given, policy, ask=ask, only_preview=preview)))


@app.command()
def bundle(
    *,
    policy: Annotated[
        Path | None,
        typer.Option(help="A policy file, for workflows of its own; else those of the repository."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Where to write them; else workflows/, or workflows-NAME/ of the policy file NAME."
        ),
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Only say which are out of date.")] = False,
) -> None:
    """The workflow files: with --policy they offer its kinds of request, write to its people, and hold it in POLICY."""
    from devkit.bundle import command  # noqa: PLC0415 - loads what only it needs

    folder = out or command.ROOT / "workflows"
    if policy is not None:
        raise typer.Exit(command.write_edition(policy, out or Path("workflows-" + policy.stem)))
    raise typer.Exit(command.check(folder) if check else command.write(folder))


@app.command()
def policy(  # noqa: PLR0913 - one for each thing that one may want to know
    file: Annotated[Path, typer.Argument(help="A policy in YAML or JSON.")],
    *,
    tries: Annotated[
        str,
        typer.Option("--try", help="""A request as JSON, such as '{"amount": 1200}': who signs, and why."""),
    ] = "",
    history: Annotated[
        Path | None, typer.Option(help="Stored requests as 'export' wrote them: what would change.")
    ] = None,
    against: Annotated[
        Path | None,
        typer.Option(help="With --try: stored requests, with which it is compared as if it came now."),
    ] = None,
    cases: Annotated[
        Path | None, typer.Option(help="A file of worked cases; else cases/NAME beside the policy.")
    ] = None,
    workflows: Annotated[
        Path | None, typer.Option(help="The folder of workflow files whose forms are compared.")
    ] = None,
    one_line: Annotated[
        bool, typer.Option("--one-line", help="Only print the line that Dify's variable POLICY takes.")
    ] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 for a warning, too.")] = False,
) -> None:
    """What a policy does: faults, warnings, its worked cases, a request tried, stored requests replayed."""
    from devkit.policy.command import WORKFLOWS, Options, check_policy  # noqa: PLC0415 - loads what only it needs

    if against is not None and not tries:
        raise typer.BadParameter("--against goes with --try; --history compares its requests with each other")
    options = Options(tries, history, against, cases, workflows or WORKFLOWS, one_line, strict)
    raise typer.Exit(check_policy(file, options))


@app.command()
def hostile(
    parts: Annotated[
        list[str] | None, typer.Argument(help="attacks, orders, amounts, growth or secrets; all when none.")
    ] = None,
) -> None:
    """Hostile and honest input, and how the plugin takes it, as a table."""
    from devkit.hostile.command import hostile as measure  # noqa: PLC0415 - loads the whole plugin

    raise typer.Exit(measure(parts or ()))


@app.command()
def serve(
    *,
    port: Annotated[int, typer.Option(help="0 for a free one.")] = 8899,
    credentials: Annotated[
        Path | None, typer.Option(help="The provider's credentials as YAML; else a model stub.")
    ] = None,
    api_token: Annotated[str, typer.Option(envvar="API_TOKEN", help="Else one is made up.")] = "",
    signing_secret: Annotated[str, typer.Option(envvar="SIGNING_SECRET", help="As above.")] = "",
    desk_secret: Annotated[str, typer.Option(envvar="DESK_SECRET", help="As above.")] = "",
) -> None:
    """The plugin's endpoints over HTTP on 127.0.0.1, as Dify's daemon serves them."""
    from devkit.serve import command  # noqa: PLC0415 - loads what only it needs

    settings = {"api_token": api_token, "signing_secret": signing_secret, "desk_secret": desk_secret}
    raise typer.Exit(command.serve(port, credentials, settings))


@app.command()
def draw(
    *, check: Annotated[bool, typer.Option("--check", help="Only say which are out of date.")] = False
) -> None:
    """The workflows and the lifecycle as pictures, in docs/pictures."""
    from devkit.draw import command  # noqa: PLC0415 - loads what only it needs

    for name in command.stale() if check else command.draw():
        typer.echo(f"docs/pictures/{name}: {'out of date' if check else 'drawn'}")
        if check:
            raise typer.Exit(1)


if __name__ == "__main__":
    app()
