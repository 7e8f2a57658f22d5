"""Sessions: an agent at work in an environment."""

from typing import Annotated, Any, Literal, NotRequired, TypeAlias

from annotated_types import Ge, Le, MaxLen
from typing_extensions import TypedDict

from fakeai.wire.agents.configuration import Configuration, Configured, Effort, ModelName, Tier
from fakeai.wire.agents.environments import EnvironmentWanted, SessionEnvironment
from fakeai.wire.agents.inputs import Input
from fakeai.wire.agents.items import Approval
from fakeai.wire.agents.tools import Tool
from fakeai.wire.base import Items, Metadata, Omittable, Wire, shown_as

Lifetime: TypeAlias = Literal["30m", "12h"]
Review: TypeAlias = Literal["none", "auto_review"]


class CacheWanted(Wire):
    """How long what is cached of prompts lives."""

    ttl: Omittable[Lifetime] = None


class StreamOptions(Wire):
    """How events are streamed."""

    include_obfuscation: Omittable[bool] = None


class SpendWanted(Wire):
    """What the session may cost, in cents."""

    limit: Annotated[int, Ge(1), Le(10**9)] | None


class SessionCreate(Wire):
    """Body of `POST /agents/sessions`."""

    model_config = shown_as({"agent": {"model": "gpt-4o-mini"}, "environment": {"type": "none"}, "input": "Say hello."})

    environment: EnvironmentWanted
    agent: Omittable[Configured] = None
    agent_id: Omittable[str] = None
    input: Input | None = None
    metadata: Metadata | None = None
    prompt_cache_options: CacheWanted | None = None
    review: Omittable[Review] = None
    spend_control: SpendWanted | None = None
    stream: Omittable[bool] = None
    stream_options: Omittable[StreamOptions] = None
    vault_ids: Annotated[Items[str], MaxLen(100)] | None = None


class EffortWanted(Wire):
    """How much is thought."""

    effort: Effort | None = None


class AgentChanged(Wire):
    """What changes in a session's agent."""

    model: Omittable[ModelName] = None
    reasoning: Omittable[EffortWanted] = None
    service_tier: Tier | None = None
    tools: Items[Tool] | None = None


class SessionUpdate(Wire):
    """Body of `POST /agents/sessions/{session_id}`."""

    agent: Omittable[AgentChanged] = None
    metadata: Metadata | None = None
    prompt_cache_options: CacheWanted | None = None
    review: Omittable[Review] = None
    spend_control: SpendWanted | None = None


class SessionAgent(Configuration):
    """The agent of a session; later changes of the one that is kept are not seen here."""

    id: str
    name: str | None


class CallWanted(TypedDict):
    """A function is to be run. Any: arguments are JSON."""

    type: Literal["function_call"]
    turn_id: str
    call_id: str
    name: str
    arguments: Any


class McpQuestion(TypedDict):
    """What is asked about a tool. Any: arguments are JSON."""

    type: Literal["mcp_tool_call"]
    server_label: str
    name: str | None
    arguments: Any
    message: str


class McpApprovalWanted(TypedDict):
    """A tool of an MCP server wants a decision."""

    type: Literal["mcp_approval_request"]
    turn_id: str
    request_id: str
    request: McpQuestion


class ComputerApprovalWanted(TypedDict):
    """The browser wants an answer."""

    type: Literal["computer_use_approval_request"]
    turn_id: str
    request_id: str
    request: Approval


class ConnectionWanted(TypedDict):
    """The environment is to connect again."""

    type: Literal["environment_connection"]
    environment_id: str


RequiredAction: TypeAlias = CallWanted | McpApprovalWanted | ComputerApprovalWanted | ConnectionWanted


class CachedTokens(TypedDict):
    """Of the input."""

    cached_tokens: int


class ReasoningTokens(TypedDict):
    """Of the output."""

    reasoning_tokens: int


class TokenUsage(TypedDict):
    """Tokens of a turn, or a session."""

    input_tokens: int
    input_tokens_details: CachedTokens
    output_tokens: int
    output_tokens_details: ReasoningTokens
    total_tokens: int


class CacheOptions(TypedDict):
    """How long what is cached of prompts lives."""

    ttl: Lifetime


class SpendControl(TypedDict):
    """What the session may cost, and has cost, in cents."""

    limit: int
    consumed: int | None


class Session(TypedDict):
    """A session."""

    id: str
    object: Literal["agent.session"]
    agent: SessionAgent
    created_at: int
    environment: SessionEnvironment
    error: str | None
    last_active_at: int
    metadata: dict[str, str]
    required_actions: list[RequiredAction]
    status: Literal["idle", "in_progress", "requires_action", "failed"]
    usage: TokenUsage | None
    vault_ids: list[str]
    prompt_cache_options: NotRequired[CacheOptions]
    review: NotRequired[Review]
    spend_control: NotRequired[SpendControl]
