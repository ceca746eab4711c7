"""What a worker of many bureaus needs of the web server: where a pushed photo goes, what forgets unfinished uploads."""

from __future__ import annotations

from functools import cache

from sync.bureaus.worker import WebParts
from sync.intake.pushes import StorePhoto
from sync.intake.unfinished import Uploads
from sync.service import Service
from webhook import access, hooks
from webhook.forms.submissions import form_intake, photos_of


def _photo_store(service: Service) -> StorePhoto:
    key = access.key_of(service)
    return hooks.photo_store(service, cache(lambda: form_intake(service, key)))


def _forget_uploads(service: Service) -> None:
    Uploads(photos_of(service)).forget()


PARTS = WebParts(_photo_store, _forget_uploads)
