"""Certificates of an organization, for mutual TLS."""

from typing import Annotated, Literal, NotRequired

from annotated_types import MaxLen, MinLen
from typing_extensions import TypedDict

from fakeai.wire.base import Items, Omittable, Wire, shown_as

_Name = Annotated[str, MaxLen(256)]


class CertificateCreate(Wire):
    """Body of `POST /organization/certificates`."""

    model_config = shown_as({"certificate": "-----BEGIN CERTIFICATE-----\n…\n-----END CERTIFICATE-----\n"})

    certificate: str
    name: Omittable[_Name] = None


class CertificateUpdate(Wire):
    """Body of `POST /organization/certificates/{certificate_id}`."""

    name: Omittable[_Name] = None


class CertificatesChosen(Wire):
    """Body of `POST …/certificates/activate` and `…/deactivate`."""

    certificate_ids: Annotated[Items[Annotated[str, MaxLen(256)]], MinLen(1), MaxLen(10)]


class CertificateDetails(TypedDict):
    """How long a certificate counts, in epoch seconds, and the certificate itself where that was asked for."""

    valid_at: int
    expires_at: int
    content: NotRequired[str]


class Certificate(TypedDict):
    """A certificate. `active` is told in lists, and by what changes it."""

    id: str
    object: Literal["certificate", "organization.certificate", "organization.project.certificate"]
    name: str | None
    created_at: int
    certificate_details: CertificateDetails
    active: NotRequired[bool]


class CertificateDeleted(TypedDict):
    """A certificate is gone."""

    id: str
    object: Literal["certificate.deleted"]


class CertificatesChanged(TypedDict):
    """Certificates that are, or are not, active from now on."""

    object: str
    data: list[Certificate]
