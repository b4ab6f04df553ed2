# SPDX-License-Identifier: Apache-2.0
"""`makegood explorer`."""

from __future__ import annotations

import click

from makegood.cli.command import Command
from makegood.cli.indexing import database_option


@click.command(cls=Command)
@database_option
@click.option("--host", default="127.0.0.1", show_default=True, help="Where it listens.")
@click.option(
    "--port", type=click.IntRange(0, 65_535), default=8000, show_default=True, help="0 takes a free one."
)
@click.option(
    "--rate",
    type=click.FloatRange(min=0),
    default=20.0,
    show_default=True,
    help="Requests that a client may make a second, on average; 0 for no limit.",
)
@click.option(
    "--burst", type=click.IntRange(min=1), default=60, show_default=True, help="How many of them at once."
)
@click.option(
    "--stale-after",
    type=click.IntRange(min=0),
    default=180,
    show_default=True,
    metavar="SECONDS",
    help="How old a chain's newest block may be before every page says so; 0 for never.",
)
@click.option(
    "--trust-proxy",
    "proxies",
    multiple=True,
    metavar="ADDRESS",
    help="A reverse proxy whose X-Forwarded-For names the client. May be repeated.",
)
@click.option(
    "--processes",
    type=click.IntRange(0, 64),
    metavar="N",
    help="How many processes make pages beside the one that answers; 0 for none. Else as many as there are "
    "processors, at most four.",
)
@click.option(
    "--holders",
    default="",
    metavar="URL",
    help="Where the desk's bridge says whose keys the desk holds, such as https://bridge.example/holders; "
    "pages then say so too. Else nobody is asked.",
)
def explorer(
    database: str | None,
    host: str,
    port: int,
    rate: float,
    burst: int,
    stale_after: int,
    proxies: tuple[str, ...],
    processes: int | None,
    holders: str,
) -> None:
    """Serve the web pages of an index, in Chinese and English.

    It only reads the index: `makegood index run` keeps it. Put a reverse proxy with TLS in front of it for
    anyone but yourself.

    \b
    Examples:
      makegood explorer
      makegood explorer --database postgresql://explorer@localhost/index --port 8080
    """
    from makegood.console.deployments import data_folder
    from makegood.console.output import Output
    from makegood.errors import UsageError
    from makegood.explorer import Settings
    from makegood.explorer.serving import enough_processes, serve
    from makegood.indexer.store import default_url
    from makegood.serving.ending import until_ended
    from makegood.settings import is_web_address

    if holders and not is_web_address(holders):
        raise UsageError(
            "--holders is no http or https address.", hint="Such as https://bridge.example/holders."
        )
    settings = Settings(
        rate=rate,
        burst=burst,
        stale_after=stale_after,
        trusted_proxies=proxies,
        processes=enough_processes() if processes is None else processes,
        holders=holders,
    )
    with until_ended():
        serve(database or default_url(data_folder()), settings, host, port, Output().say)
