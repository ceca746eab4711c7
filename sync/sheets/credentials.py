"""The service account with which Google's sheets are read and written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sync.settings import SettingsError

if TYPE_CHECKING:
    from google.oauth2.service_account import Credentials

SCOPES = (
    "https://www.googleapis.com/auth/spreadsheets",
    "https://www.googleapis.com/auth/drive.metadata.readonly",
)


def read_credentials(file: str) -> Credentials:
    """The credentials in a service account's file. Raises ``SettingsError`` for a file that holds none."""
    from google.auth.exceptions import GoogleAuthError
    from google.oauth2.service_account import Credentials

    try:
        return Credentials.from_service_account_file(file, scopes=SCOPES)  # type: ignore[no-untyped-call, no-any-return]
    except OSError as error:
        reason = error.strerror
    except (ValueError, TypeError, AttributeError, GoogleAuthError):  # whatever JSON somebody pointed at
        reason = "不是 Google 的服务账号密钥（JSON）"
    raise SettingsError(f"服务账号文件 {file} 用不了：{reason}。请检查 GOOGLE_APPLICATION_CREDENTIALS。")
