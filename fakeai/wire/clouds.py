"""Keys and storage that an organization has at somebody else's cloud."""

from typing import Annotated, Literal, NotRequired, TypeAlias

from annotated_types import MaxLen, MinLen
from pydantic import Field
from typing_extensions import TypedDict

from fakeai.wire.base import Omittable, Wire, shown_as

Cloud: TypeAlias = Literal["aws", "azure", "gcp", "oci"]
Purpose: TypeAlias = Literal["ekm", "psp_decryption"]
_Text: TypeAlias = Annotated[str, MaxLen(1_024)]
_Given: TypeAlias = Annotated[str, MinLen(1), MaxLen(1_024)]


class ExternalKeyCreate(Wire):
    """Body of `POST /organization/external_keys`: the fields of one cloud, which `services/external_keys.py` tells apart."""

    model_config = shown_as(
        {
            "name": "ours",
            "type": "aws",
            "external_id": "1",
            "kms_arn": "arn:aws:kms:eu-west-1:1:key/1",
            "role_arn": "arn:aws:iam::1:role/ours",
        }
    )

    name: _Given
    type: Cloud
    purpose: Omittable[Purpose] = None
    audience: Omittable[_Text] = None
    external_id: Omittable[_Text] = None
    key_name: Omittable[_Text] = None
    key_ocid: Omittable[_Text] = None
    key_version: Omittable[_Text] = None
    key_version_ocid: Omittable[_Text] = None
    kms_arn: Omittable[_Text] = None
    kms_key_location: Omittable[_Text] = None
    kms_key_name: Omittable[_Text] = None
    kms_key_ring_name: Omittable[_Text] = None
    kms_key_version: Omittable[_Text] = None
    kms_project_id: Omittable[_Text] = None
    region: Omittable[_Text] = None
    role_arn: Omittable[_Text] = None
    tenant_id: Omittable[_Text] = None
    vault_ocid: Omittable[_Text] = None
    vault_uri: Omittable[_Text] = None
    workload_identity_pool_id: Omittable[_Text] = None
    workload_identity_project_number: Omittable[_Text] = None
    workload_identity_provider_id: Omittable[_Text] = None


class ExternalKey(TypedDict):
    """A key in a cloud's key management, with that cloud's fields beside these."""

    id: str
    object: str
    name: str
    type: str
    created_at: int
    workspace_id: str
    api_project_ids: list[str]
    purpose: NotRequired[Purpose]


class ExternalKeyChecked(TypedDict):
    """Whether a key could be used."""

    status: str


class AwsBucket(Wire):
    """A bucket at Amazon's."""

    type: Literal["aws"]
    bucket: _Given
    role_arn: _Given


class AzureContainer(Wire):
    """A container at Microsoft's."""

    type: Literal["azure"]
    account_name: _Given
    container: _Given
    resource_group: _Given
    subscription_id: _Given
    tenant_id: _Given


class GcpBucket(Wire):
    """A bucket at Google's."""

    type: Literal["gcp"]
    bucket: _Given
    workload_identity_pool_id: _Given
    workload_identity_project_number: _Given
    workload_identity_provider_id: _Given


class OciBucket(Wire):
    """A bucket at Oracle's."""

    type: Literal["oci"]
    bucket: _Given
    region: _Given
    tenancy_ocid: _Given


class ExternalStorageCreate(Wire):
    """Body of `POST /organization/external_storage`."""

    model_config = shown_as(
        {
            "project_id": "proj_fakeai",
            "provider": {"type": "aws", "bucket": "ours", "role_arn": "arn:aws:iam::1:role/ours"},
        }
    )

    project_id: _Given
    provider: Annotated[AwsBucket | AzureContainer | GcpBucket | OciBucket, Field(discriminator="type")]


class AwsProvider(TypedDict):
    """A bucket at Amazon's, and what its role has to trust."""

    type: Literal["aws"]
    account_id: str
    bucket: str
    external_id: str
    region: str
    role_arn: str


class AzureProvider(TypedDict):
    """A container at Microsoft's."""

    type: Literal["azure"]
    account_name: str
    container: str
    region: str
    resource_group: str
    subscription_id: str
    tenant_id: str


class GcpProvider(TypedDict):
    """A bucket at Google's."""

    type: Literal["gcp"]
    audience: str
    bucket: str
    region: str
    workload_identity_pool_id: str
    workload_identity_project_number: str
    workload_identity_provider_id: str


class OciProvider(TypedDict):
    """A bucket at Oracle's."""

    type: Literal["oci"]
    bucket: str
    region: str
    tenancy_ocid: str


class ExternalStorage(TypedDict):
    """Where the files of a project would be kept."""

    id: str
    object: Literal["organization.external_storage"]
    project_id: str
    created_at: int
    geography: str
    status: Literal["pending", "validated", "degraded", "unhealthy"]
    provider: AwsProvider | AzureProvider | GcpProvider | OciProvider
