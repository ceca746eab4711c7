"""The command ``jielu`` (DESIGN section 11).

Exit status: 0 done; 1 done, but there are problems that people must look at; 2 could not run.
"""

from __future__ import annotations

import gc
import os
from typing import Any

import click

from sync.cli import access, bureaus, clock, demo, files, look, months, run, upkeep


class Group(click.Group):
    """Turns what could not run into a sentence and status 2."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (click.exceptions.Exit, click.ClickException, click.Abort):
            raise
        except Exception as error:
            if not isinstance(error, _could_not_run()):
                raise
            click.echo(str(error), err=True)
            ctx.exit(2)


def _could_not_run() -> tuple[type[Exception], ...]:
    """The errors whose sentence says what to do."""
    from sync.core.rules.rules import RulesError
    from sync.core.sheet.problems import FileProblem
    from sync.core.sheet.tabs import TabError
    from sync.core.views.periods.simulate import NotKnown
    from sync.ledger.copying import CopyTrouble
    from sync.ledger.ledger import Busy, Unusable, WrongVersion
    from sync.operations.backups import BackupTrouble
    from sync.outgoing.docx import BadTemplate
    from sync.settings import SettingsError
    from sync.sheets.gateway import Refused, Unknown, Unreachable
    from sync.sheets.set_up import NotEmpty
    from sync.workbook.cells.store import Unavailable

    return (
        SettingsError,
        RulesError,
        TabError,
        Unreachable,
        Refused,
        Unknown,
        Busy,
        Unusable,
        Unavailable,
        WrongVersion,
        FileProblem,
        NotEmpty,
        NotKnown,
        BadTemplate,
        BackupTrouble,
        CopyTrouble,
    )


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """街路长台账：校验、定时限、逐级升级、月度考核、通知，都写回同一个表格。"""
    os.umask(os.umask(0o077) | 0o077)  # names, telephones and keys: what is written is for this user alone
    gc.set_threshold(200_000, 500, 100)  # a look makes many small values that live on: fewer sweeps, a third less time


for command in (
    run.run,
    run.init,
    run.check,
    look.tick,
    look.deliver,
    clock.clock,
    look.explain,
    look.simulate,
    look.restore,
    months.seal,
    months.report,
    months.close,
    months.verify,
    months.archive,
    files.import_file,
    files.export,
    files.letter,
    access.token,
    access.link,
    upkeep.backup,
    upkeep.restore_backup,
    upkeep.purge,
    upkeep.personal,
    demo.demo,
    bureaus.bureaus,
    bureaus.worker,
    bureaus.web,
):
    main.add_command(command)


if __name__ == "__main__":
    main()
