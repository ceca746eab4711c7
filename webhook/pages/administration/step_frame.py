"""What every page of the set-up shows around its step."""

from __future__ import annotations

from typing import Any

from sync.operations import setting_up
from webhook.access import Site


def frame(site: Site, step: str, message: str = "") -> dict[str, Any]:
    """What every page of the set-up shows: the steps, which are done, and at which ``step`` it is."""
    done, name = setting_up.progress(site.service).done, site.service.rules().bureau.name
    return {"steps": setting_up.STEPS, "done": done, "step": step, "message": message, "bureau": name}
