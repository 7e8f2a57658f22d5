"""Environments where a session's commands run, templates of them, and what is in them."""

from typing import Annotated, Literal, NotRequired, TypeAlias

from annotated_types import MaxLen, MinLen
from pydantic import Field
from typing_extensions import TypedDict

from fakeai.wire.agents.tools import Words
from fakeai.wire.base import Items, Omittable, Wire

Access: TypeAlias = Literal["enabled", "disabled", "restricted"]
Size: TypeAlias = Literal["small", "medium", "large"]
Status: TypeAlias = Literal["pending", "ready", "connected", "disconnected", "suspended", "expired", "failed"]
Path: TypeAlias = Annotated[str, MinLen(1), MaxLen(4_096)]
Data: TypeAlias = Annotated[str, MaxLen(48 * 2**20)]
"""Bytes in base64."""


class KnownFile(Wire):
    """A file of the files API, and where it is put."""

    type: Literal["file_id"]
    file_id: Annotated[str, MinLen(1), MaxLen(128)]
    path: Path


class InlineFile(Wire):
    """A file's bytes, and where they are put."""

    type: Literal["inline"]
    data: Data
    path: Path


FileWanted: TypeAlias = Annotated[KnownFile | InlineFile, Field(discriminator="type")]


class Archive(Wire):
    """A zip in base64."""

    type: Literal["base64"]
    media_type: Literal["application/zip"]
    data: Annotated[str, MinLen(1)]


class PluginWanted(Wire):
    """A plugin in a zip."""

    type: Literal["inline"]
    name: Annotated[str, MinLen(1), MaxLen(256)]
    description: str
    source: Archive


class KnownSkill(Wire):
    """A skill that is kept."""

    type: Literal["skill_reference"]
    skill_id: Annotated[str, MinLen(1), MaxLen(64)]
    version: str | None = None


class InlineSkill(PluginWanted):
    """A skill in a zip."""


SkillWanted: TypeAlias = Annotated[KnownSkill | InlineSkill, Field(discriminator="type")]


class SetupCommand(Wire):
    """A command that is run before anything else; nobody is told of it."""

    command: Annotated[str, MinLen(1)]
    cwd: str | None = None


class DesktopWanted(Wire):
    """Whether there is a desktop."""

    enabled: bool


class NetworkWanted(Wire):
    """What can be reached."""

    access: Access
    allowed_domains: Items[str] | None = None
    blocked_domains: Items[str] | None = None


class PackagesWanted(Wire):
    """What is installed."""

    npm: Items[str] | None = None
    python: Items[str] | None = None
    system: Items[str] | None = None


class Furnished(Wire):
    """What a hosted environment is furnished with, be it one or a template."""

    capability_directories: Items[str] | None = None
    desktop: DesktopWanted | None = None
    env: Words | None = None
    files: Items[FileWanted] | None = None
    network: NetworkWanted | None = None
    packages: PackagesWanted | None = None
    plugins: Items[PluginWanted] | None = None
    setup_commands: Items[SetupCommand] | None = None
    skills: Items[SkillWanted] | None = None


class TemplateCreate(Furnished):
    """Body of `POST /agents/environments/templates`, and of a template's change."""

    name: Annotated[str, MaxLen(256)] | None = None


class HostedAhead(Furnished):
    """An environment that is made before its session."""

    type: Literal["openai_hosted"]
    environment_template_id: Omittable[str] = None


class Hosted(HostedAhead):
    """A session's own environment, or one that was made ahead."""

    container_size: Omittable[Size] = None
    environment_id: Omittable[str] = None


class NoneWanted(Wire):
    """A session that needs none."""

    type: Literal["none"]


class SelfHosted(Wire):
    """An environment of the application's own."""

    type: Literal["self_hosted"]
    workspace_directory: Path
    capability_directories: Items[str] | None = None


EnvironmentWanted: TypeAlias = Annotated[NoneWanted | Hosted | SelfHosted, Field(discriminator="type")]


class EnvironmentCreate(Wire):
    """Body of `POST /agents/environments`."""

    environment: HostedAhead
    vault_ids: Annotated[Items[str], MaxLen(10)] | None = None


class EnvironmentFileCreate(Wire):
    """Body of `POST /agents/environments/{environment_id}/files`: the id of a file, or bytes in base64."""

    type: Literal["file_id", "inline"]
    path: Path
    file_id: Omittable[Annotated[str, MinLen(1), MaxLen(128)]] = None
    data: Omittable[Data] = None


class KnownFileTold(TypedDict):
    """A file of the files API in an environment."""

    id: str
    type: Literal["file_id"]
    file_id: str
    path: str
    size_bytes: int


class InlineFileTold(TypedDict):
    """A file in an environment."""

    id: str
    type: Literal["inline"]
    path: str
    size_bytes: int


class TemplateFileKnown(TypedDict):
    """A file of the files API that each environment will get."""

    type: Literal["file_id"]
    file_id: str
    path: str


class TemplateFileInline(TypedDict):
    """A file that each environment will get."""

    type: Literal["inline"]
    path: str
    size_bytes: int


class Plugin(TypedDict):
    """A plugin, or a skill that nobody keeps."""

    type: Literal["inline"]
    name: str
    description: str


class SkillTold(TypedDict):
    """A skill that is kept, in one version."""

    type: Literal["skill_reference"]
    skill_id: str
    version: str
    name: str
    description: str


class TemplateSkill(TypedDict):
    """A skill that is looked up for each environment."""

    type: Literal["skill_reference"]
    skill_id: str
    version: str | None


class Network(TypedDict):
    """What can be reached."""

    access: Access
    allowed_domains: list[str]


class Packages(TypedDict):
    """What is installed."""

    npm: list[str]
    python: list[str]
    system: list[str]


class Desktop(TypedDict):
    """Whether there is a desktop."""

    enabled: bool


class Template(TypedDict):
    """What each session's environment is made of."""

    id: str
    object: Literal["agent.environment.template"]
    created_at: int
    updated_at: int
    name: str | None
    capability_directories: list[str]
    files: list[TemplateFileKnown | TemplateFileInline]
    network: Network
    packages: Packages
    plugins: list[Plugin]
    skills: list[TemplateSkill | Plugin]
    desktop: Desktop


class Environment(TypedDict):
    """An environment and what is installed there."""

    id: str
    object: Literal["agent.environment"]
    type: Literal["openai_hosted", "self_hosted"]
    status: Status
    files: list[KnownFileTold | InlineFileTold]
    plugins: list[Plugin]
    skills: list[SkillTold | Plugin]


class Failure(TypedDict):
    """Why an environment could not be prepared."""

    code: str
    message: str
    type: str


class EnvironmentState(TypedDict):
    """An environment as a session's events tell of it."""

    id: str
    type: str
    status: Status
    error: Failure | None


class EnvironmentFile(TypedDict):
    """A file that is in an environment now."""

    object: Literal["agent.environment.file"]
    environment_id: str
    path: str
    size_bytes: int


class NoEnvironment(TypedDict):
    """A session's environment that is none."""

    type: Literal["none"]


class HostedEnvironment(TypedDict):
    """A session's hosted environment."""

    id: str
    type: Literal["openai_hosted"]
    capability_directories: list[str]
    files: list[KnownFileTold | InlineFileTold]
    network: Network
    packages: Packages
    plugins: list[Plugin]
    skills: list[SkillTold | Plugin]
    container_size: NotRequired[Size]
    desktop: Desktop


class SelfHostedEnvironment(TypedDict):
    """A session's environment that the application hosts, and where it is to connect."""

    id: str
    type: Literal["self_hosted"]
    capability_directories: list[str]
    remote_url: str
    workspace_directory: str


SessionEnvironment: TypeAlias = NoEnvironment | HostedEnvironment | SelfHostedEnvironment
