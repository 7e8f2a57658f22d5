"""Headers choose whose things a call sees; without them it is the server's own organization and project."""

import pytest

from fakeai.core.call import Call, Endpoint, Principal, Reply
from fakeai.core.errors import BadRequest
from fakeai.gateway.identify import Identify

ROW = Endpoint("GET", "/things", "list", "List things")
STEP = Identify()


async def principal(**headers: str) -> Principal:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    call = Call("req_1", ROW, "/things", given, principal=Principal("org-own", "proj_own"))

    async def handler(call: Call) -> Reply:
        return Reply({})

    await STEP(call, handler)
    return call.principal


async def test_headers_choose_the_organization_and_the_project() -> None:
    assert await principal() == Principal("org-own", "proj_own")
    assert await principal(openai_project="proj_b") == Principal("org-own", "proj_b")
    assert await principal(openai_organization="org-b") == Principal("org-b", "proj_own")
    for _ in range(2):
        assert await principal(openai_organization="org-b", openai_project="p") == Principal("org-b", "p")


@pytest.mark.parametrize("name", ["", "a/b", "x" * 65, "ü", "a b", "a\n"])
async def test_what_cannot_be_an_id_is_refused(name: str) -> None:
    with pytest.raises(BadRequest, match="OpenAI-Project"):
        await principal(openai_project=name)
    with pytest.raises(BadRequest, match="OpenAI-Organization"):
        await principal(openai_organization=name)
