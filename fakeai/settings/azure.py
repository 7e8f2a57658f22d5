"""The settings of Azure OpenAI's paths."""

from pydantic import Field

from fakeai.settings.group import Group


class Azure(Group):
    """What is deployed below `/openai`."""

    deployments: dict[str, str] = Field(
        default={},
        description="Models by the names of their deployments, which then are all there are; without any, every model is "
        "deployed under its id. JSON in the environment.",
    )
    content_filter: bool = Field(
        default=True,
        description="Tell `content_filter_results` of chats and completions below `/openai`, and refuse what Azure's filter would.",
    )
