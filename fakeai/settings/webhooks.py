"""The settings of webhooks."""

import re

from pydantic import Field, SecretStr, field_validator, model_validator

from fakeai.settings.group import Group, Seconds

_URL = re.compile(r"https?://[^/?#\s@]+(/[^#\s]*)?")


class Webhooks(Group):
    """Where events are sent besides the endpoints that projects have made, and how."""

    urls: str = Field(
        default="", description="Addresses that are told of all events of all projects, separated by spaces."
    )
    secret: SecretStr | None = Field(
        default=None,
        min_length=8,
        description="Secret that what goes to `urls` is signed with: `whsec_` and base64, or any text of 8 characters.",
    )
    allow_private: bool = Field(
        default=False,
        description="Send to `http` addresses, and to hosts that are not on the public internet, such as this machine.",
    )
    timeout_s: Seconds = Field(
        default=10.0, description="Real seconds that a receiver may take to answer, before it is tried again later."
    )

    @field_validator("urls")
    @classmethod
    def _are_urls(cls, urls: str) -> str:
        for url in urls.split():
            if not _URL.fullmatch(url):
                raise ValueError("should be http or https URLs without user, such as 'https://example.com/hook'")
        return urls

    @model_validator(mode="after")
    def _has_secret(self) -> "Webhooks":
        if self.urls.split() and self.secret is None:
            raise ValueError("'urls' need a 'secret' that what is sent to them is signed with")
        return self
