"""What environments are furnished with: said of a template, of an environment, or of an environment made of a template.

Templates tell of skills and files as they were said; an environment has looked them up.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from fakeai.core.call import Call
from fakeai.core.chance import Ids
from fakeai.core.clock import off_loop
from fakeai.core.errors import BadRequest, NotFound
from fakeai.services.agents.workspace import MOST, check_path, decoded
from fakeai.services.files import Files
from fakeai.services.skill_bundles import zipped
from fakeai.services.skills import Skills
from fakeai.store.base import Blobs, Object
from fakeai.wire.agents import environments as wire

PLAIN: Mapping[str, Any] = MappingProxyType(
    {
        "capability_directories": [],
        "desktop": {"enabled": False},
        "files": [],
        "network": {"access": "enabled", "allowed_domains": []},
        "packages": {"npm": [], "python": [], "system": []},
        "plugins": [],
        "skills": [],
    }
)
"""What an environment has of which nothing was said. Any: JSON."""

_MOST = 100
"""Skills, plugins, commands, packages or domains."""
_BROADER = ("disabled", "restricted", "enabled")
_DOMAIN = re.compile(r"(?=.{1,253}$)[a-zA-Z0-9]([a-zA-Z0-9-]{0,62})(\.[a-zA-Z0-9]([a-zA-Z0-9-]{0,62}))*")


class Inline(NamedTuple):
    """A file's bytes, and where they are to go."""

    path: str
    data: bytes


class Furnisher:
    """Looks up and checks what environments are to have."""

    def __init__(self, files: Files, skills: Skills, blobs: Blobs, ids: Ids) -> None:
        self._files = files
        self._skills = skills
        self._blobs = blobs
        self._ids = ids

    async def said(self, body: wire.Furnished, *, easy: bool, where: str = "") -> Object:
        """What was said, as templates tell it; what was not, or is null, is not there.

        Bytes of files are kept in blobs, which `_data` names by path. Raises BadRequest.
        """
        if not easy:
            await off_loop(check, body, where)
        made = plainly(body)
        if body.files is not None:
            made["files"], made["_data"] = await self._kept(body.files, easy=easy, where=where)
        return made

    async def furnished(self, call: Call, spec: Object) -> tuple[Object, list[Inline]]:
        """A template's skills and files looked up: what an environment tells of them, and the bytes of the files.

        Raises NotFound for what is not the caller's.
        """
        skills = []
        for skill in spec["skills"]:
            if skill["type"] == "skill_reference":
                version = await self._skills.version(call, skill["skill_id"], skill["version"])
                named = {name: version[name] for name in ("skill_id", "version", "name", "description")}
                skills.append({"type": "skill_reference", **named})
            else:
                skills.append(skill)
        files, contents = [], []
        for file in spec["files"]:
            if file["type"] == "file_id":
                data = await self._files.content(await self._files.get(call, file["file_id"]))
            else:
                data = await self._inline(spec, file["path"])
            files.append({"id": self._ids.make("envfile_"), **file, "size_bytes": len(data)})
            contents.append(Inline(file["path"], data))
        return {**spec, "skills": skills, "files": files}, contents

    async def _inline(self, spec: Object, path: str) -> bytes:
        try:
            return await self._blobs.read(spec["_data"][path])
        except KeyError:
            raise NotFound(f"The template's file '{path}' was replaced meanwhile.") from None

    async def _kept(
        self, files: "list[wire.KnownFile | wire.InlineFile]", *, easy: bool, where: str
    ) -> tuple[list[Object], Mapping[str, str]]:
        told: list[Object] = []
        keys: dict[str, str] = {}
        for number, file in enumerate(files):
            if isinstance(file, wire.KnownFile):
                told.append({"type": "file_id", "file_id": file.file_id, "path": file.path})
                continue
            data = await decoded(file.data, f"{where}files[{number}].data", easy=easy)
            keys[file.path] = self._ids.make("blob-")
            await self._blobs.put(keys[file.path], data)
            told.append({"type": "inline", "path": file.path, "size_bytes": len(data)})
        return told, keys


def plainly(body: wire.Furnished) -> Object:
    """What was said, without files; what was not, or is null, is not there."""
    plain = {
        "capability_directories": body.capability_directories,
        "desktop": body.desktop and {"enabled": body.desktop.enabled},
        "network": body.network and _network(body.network),
        "packages": body.packages and _packages(body.packages),
        "plugins": None if body.plugins is None else [_plugin(plugin) for plugin in body.plugins],
        "skills": None if body.skills is None else [_skill(skill) for skill in body.skills],
        "_setup": None if body.setup_commands is None else [command.command for command in body.setup_commands],
    }
    return {name: value for name, value in plain.items() if value is not None}


def laid(over: Object, template: Object) -> Object:
    """A template with what was said beside it. Raises BadRequest for a network that is wider than the template's."""
    made = {**PLAIN, "_setup": [], "_data": {}, **template, **over}
    mine, base = made["network"], template.get("network")
    if base is not None and "network" in over and _BROADER.index(mine["access"]) > _BROADER.index(base["access"]):
        raise BadRequest(
            f"The template's network access is '{base['access']}', which cannot be made wider.",
            param="environment.network.access",
        )
    return made


def blobs_of(spec: Object) -> list[str]:
    """The keys of the bytes that a template owns."""
    return list(spec.get("_data", {}).values())


def check(body: wire.Furnished, where: str) -> None:
    """What the types do not say. Raises BadRequest."""
    many: tuple[tuple[str, Any, int], ...] = (
        ("files", body.files, MOST),
        ("skills", body.skills, _MOST),
        ("plugins", body.plugins, _MOST),
        ("setup_commands", body.setup_commands, _MOST),
        ("capability_directories", body.capability_directories, _MOST),
        ("env", body.env, _MOST),
    )
    for name, given, most in many:
        if given is not None and len(given) > most:
            raise BadRequest(f"Invalid '{where}{name}': there may be {most} at most.", param=f"{where}{name}")
    paths = [file.path for file in body.files or ()]
    for number, path in enumerate(paths):
        check_path(path, f"{where}files[{number}].path")
    if len(set(paths)) < len(paths):
        raise BadRequest(f"Invalid '{where}files': two of them have the same path.", param=f"{where}files")
    for name, archives in (("plugins", body.plugins or ()), ("skills", body.skills or ())):
        for number, archive in enumerate(archives):
            if not isinstance(archive, wire.KnownSkill):
                _check_archive(archive.source, f"{where}{name}[{number}].source.data")
    if body.network is not None:
        _check_network(body.network, f"{where}network")


def _check_archive(source: wire.Archive, param: str) -> None:
    from base64 import b64decode
    from binascii import Error

    try:
        zipped(b64decode(source.data, validate=True))
    except Error:
        raise BadRequest(f"Invalid '{param}': it is not base64.", param=param) from None
    except BadRequest as error:
        raise BadRequest(error.message, param=param) from None


def _check_network(network: wire.NetworkWanted, param: str) -> None:
    allowed, blocked = network.allowed_domains or [], network.blocked_domains or []
    if allowed and blocked:
        raise BadRequest("Give either 'allowed_domains' or 'blocked_domains', and not both.", param=param)
    if (allowed or blocked) and network.access != "restricted":
        raise BadRequest("Domains are for 'restricted' access only.", param=f"{param}.access")
    for name, domains in (("allowed_domains", allowed), ("blocked_domains", blocked)):
        if len(domains) > _MOST or not all(_DOMAIN.fullmatch(domain) for domain in domains):
            raise BadRequest(
                f"Invalid '{param}.{name}': expected {_MOST} domains at most, without wildcards.",
                param=f"{param}.{name}",
            )


def _network(said: wire.NetworkWanted) -> wire.Network:
    return {"access": said.access, "allowed_domains": said.allowed_domains or []}


def _packages(said: wire.PackagesWanted) -> wire.Packages:
    return {"npm": said.npm or [], "python": said.python or [], "system": said.system or []}


def _plugin(said: wire.PluginWanted) -> wire.Plugin:
    return {"type": "inline", "name": said.name, "description": said.description}


def _skill(said: wire.KnownSkill | wire.InlineSkill) -> wire.TemplateSkill | wire.Plugin:
    if isinstance(said, wire.KnownSkill):
        return {"type": "skill_reference", "skill_id": said.skill_id, "version": said.version}
    return _plugin(said)
