"""``/import``: rows of an xlsx or csv from the browser; shown first, then added with one click, once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import flask
from flask import render_template, request

from sync.core.people.permissions import OVERSEERS
from sync.core.sheet.problems import FileProblem
from sync.core.sheet.rows import cell_text
from sync.core.sheet.tabs import Tab
from sync.intake.files import imports
from sync.intake.files.file_rows import Unsure
from sync.intake.files.imports import Preview
from sync.intake.files.mapping import ColumnMap
from sync.ledger.ledger import Busy
from webhook import access
from webhook.access import Site

MOST_SHOWN = 100  # rows of a preview; the number of all stands above
MOST_UPLOAD_BYTES = 10 * 1024 * 1024


def blueprint(site: Site, nudge: Callable[[], None]) -> flask.Blueprint:
    """The page, for who oversees all."""
    routes = flask.Blueprint("imports", __name__)

    @routes.get("/import")
    @access.needs(*OVERSEERS)
    def page() -> str:
        return _page(site)

    @routes.post("/import")
    @access.needs(*OVERSEERS)
    def upload() -> Any:
        file, tab = request.files.get("file"), tabs(site).get(request.form.get("tab", ""))
        if file is None or not file.filename or tab is None:
            return _page(site, problems=["请选一个文件和一个工作表。"]), 400
        content = file.stream.read(MOST_UPLOAD_BYTES + 1)
        if len(content) > MOST_UPLOAD_BYTES:
            return _page(site, problems=["文件太大，最多 10 MB。"], tab=tab.key), 413
        try:
            shown = file_preview(site, file.filename, content, tab)
        except FileProblem as error:
            return _page(site, problems=list(error.problems), tab=tab.key), 422
        return _page(site, preview=shown, tab=tab.key)

    @routes.post("/import/confirm")
    @access.needs(*OVERSEERS)
    def confirm() -> Any:
        service, import_id, update = site.service, request.form.get("id", ""), bool(request.form.get("update"))
        try:
            with service.ticking:
                gateway, by = service.new_gateway(), access.visitor().name
                sentence = imports.confirm(gateway, service.ledger, import_id, by, site.now(), update=update)
        except FileProblem as error:
            return _page(site, problems=list(error.problems), again=import_id if isinstance(error, Unsure) else ""), 422
        except Busy:
            return _page(site, problems=["系统正在更新表格，请过几秒再点一次“导入”。"], again=import_id), 503
        nudge()
        return _page(site, message=sentence)

    return routes


def tabs(site: Site) -> dict[str, Tab]:
    """The tabs that people fill."""
    return {key: tab for key, tab in site.service.templates.items() if any(column.required for column in tab.staff)}


def file_preview(site: Site, name: str, content: bytes, tab: Tab, columns: ColumnMap | None = None) -> Preview:
    """What an upload would bring; ``columns`` where its headers don't say what they are. Raises ``FileProblem``."""
    rules, ledger = site.service.rules(), site.service.ledger
    roster = site.service.roster()
    streets = [*roster.names, *(alias for street in roster.streets for alias in street.aliases)]
    lists = {"streets": streets, **rules.lists}
    gateway = site.service.new_gateway()
    return imports.preview(gateway, ledger, name, content, tab, lists, rules.bureau.zone, site.now(), columns)


def _page(
    site: Site,
    *,
    message: str = "",
    problems: list[str] | None = None,
    preview: Preview | None = None,
    tab: str = "issues",
    again: str = "",
) -> str:
    parts = preview_parts(site, preview) if preview else {}
    return render_template("import.html", message=message, problems=problems or [], tabs=tabs(site), chosen=tab,
                           again=again, **parts)  # fmt: skip


def preview_parts(site: Site, preview: Preview) -> dict[str, Any]:
    """What the page shows of an upload before it is imported."""
    given, zone = preview.incoming.fresh, site.service.rules().bureau.zone
    used = {key for _, row in preview.rows for key in row}
    columns = [column for column in preview.tab.staff if column.key in used]
    rows = [
        (number, [cell_text(row.get(column.key, ""), column.type, zone) for column in columns])
        for number, row in given[:MOST_SHOWN]
    ]
    return {
        "preview": preview, "columns": columns, "rows": rows, "count": len(given), "changes": _changes(preview, zone),
    }  # fmt: skip


def _changes(preview: Preview, zone: ZoneInfo) -> list[dict[str, Any]]:
    """Cells of rows that are there already and differ in the file: its row, the sheet's row, column, old and new."""
    columns = preview.tab.by_key
    return [
        {"number": change.number, "row": change.row, "header": columns[key].header,
         "old": cell_text(change.old[key], columns[key].type, zone), "new": cell_text(new, columns[key].type, zone)}
        for change in preview.incoming.amended
        for key, new in change.new.items()
    ]  # fmt: skip
