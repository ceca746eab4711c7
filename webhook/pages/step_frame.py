"""What every page of the set-up shows around its step."""

from __future__ import annotations

from typing import Any

from sync.operations import setting_up
from webhook.access import Site


def frame(site: Site, step: str, message: str = "") -> dict[str, Any]:
    """What every page of the set-up shows: the steps, which are done, and which comes behind ``step``."""
    steps, done = list(setting_up.STEPS), setting_up.progress(site.service).done
    following = next((each for each in steps[steps.index(step) + 1 :]), "") if step in steps else ""
    return {
        "steps": setting_up.STEPS, "done": done, "step": step, "following": following, "message": message,
        "bureau": site.service.rules().bureau.name,
    }  # fmt: skip
