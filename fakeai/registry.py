"""Table of contents: what an App is made of, in order. Each row names a class; nothing is imported before it is built.

A row's constructor says by its parameters' names which of the App's parts it needs (`app.App` lists them); a backend or
service is itself a part, under its row's name.
"""

from collections.abc import Iterator, Mapping, MutableMapping
from functools import lru_cache
from inspect import signature
from typing import Any

from fakeai.core.registry import Registry

SERVICES = (
    ("webhooks", "fakeai.services.webhooks.endpoints:Webhooks", "webhook_endpoints webhook_event_types"),
    ("files", "fakeai.services.files:Files", "files"),
    ("uploads", "fakeai.services.uploads:Uploads", "uploads"),
    ("batches", "fakeai.services.batches:Batches", "batches"),
    ("fine_tuning", "fakeai.services.fine_tuning:FineTuning", "fine_tuning"),
    ("checkpoint_permissions", "fakeai.services.fine_tuning_permissions:CheckpointPermissions", "fine_tuning"),
    ("vector_stores", "fakeai.services.vector_stores:VectorStores", "vector_stores"),
    ("vector_store_files", "fakeai.services.vector_store_files:VectorStoreFiles", "vector_stores"),
    ("vector_store_batches", "fakeai.services.vector_store_batches:VectorStoreBatches", "vector_stores"),
    ("skills", "fakeai.services.skills:Skills", "skills"),
    ("containers", "fakeai.services.containers:Containers", "containers"),
    ("container_files", "fakeai.services.container_files:ContainerFiles", "containers"),
    ("assistants", "fakeai.services.assistants.assistants:Assistants", "assistants"),
    ("threads", "fakeai.services.assistants.threads:Threads", "threads"),
    ("thread_messages", "fakeai.services.assistants.messages:Messages", "threads"),
    ("runs", "fakeai.services.assistants.runs:Runs", "threads"),
    ("run_steps", "fakeai.services.assistants.steps:RunSteps", "threads"),
    ("content_provenance", "fakeai.services.content_provenance:ContentProvenance", "content_provenance_checks"),
    ("safety", "fakeai.services.safety:Safety", "safety"),
    ("stored", "fakeai.services.stored:StoredCompletions", "chat"),
    ("chat", "fakeai.services.chat:Chat", "chat"),
    ("responses", "fakeai.services.responses.responses:Responses", "responses"),
    ("stored_responses", "fakeai.services.responses.stored:StoredResponses", "responses"),
    ("response_sockets", "fakeai.services.responses.socket:ResponseSockets", "responses"),
    ("response_counting", "fakeai.services.responses.counting:Counting", "responses"),
    ("conversations", "fakeai.services.conversations:Conversations", "conversations"),
    ("text_completions", "fakeai.services.completions:Completions", "completions"),
    ("embeddings", "fakeai.services.embeddings:Embeddings", "embeddings"),
    ("ranking", "fakeai.services.ranking:RankingService", "ranking retrieval"),
    ("rerank", "fakeai.services.rerank:Rerank", "rerank score v2"),
    ("rag", "fakeai.services.rag:Rag", "rag"),
    ("text_generation", "fakeai.services.text_generation:TextGeneration", "text"),
    ("image_links", "fakeai.services.images.links:ImageLinks", "images"),
    ("images", "fakeai.services.images.service:Images", "images"),
    ("videos", "fakeai.services.videos.service:Videos", "videos"),
    ("video_characters", "fakeai.services.videos.characters:Characters", "videos"),
    ("moderations", "fakeai.services.moderations:Moderations", "moderations"),
    ("decisions", "fakeai.services.decisions:Decisions", "decisions"),
    ("live", "fakeai.services.live.live:Live", "live"),
    ("custom_voices", "fakeai.services.audio.voices:CustomVoices", "audio"),
    ("speech", "fakeai.services.audio.speech:Speech", "audio"),
    ("transcriptions", "fakeai.services.audio.transcriptions:Transcriptions", "audio"),
    ("realtime_secrets", "fakeai.services.realtime.secrets:RealtimeSecrets", "realtime"),
    ("realtime_calls", "fakeai.services.realtime.calls:RealtimeCalls", "realtime"),
    ("realtime", "fakeai.services.realtime.service:Realtime", "realtime"),
    ("chatkit_sessions", "fakeai.services.chatkit.sessions:ChatKitSessions", "chatkit"),
    ("chatkit_threads", "fakeai.services.chatkit.threads:ChatKitThreads", "chatkit"),
    ("chatkit_files", "fakeai.services.chatkit.files:ChatKitFiles", "chatkit"),
    ("chatkit_conversation", "fakeai.services.chatkit.conversation:ChatKitConversation", "chatkit"),
    ("tokenization", "fakeai.services.tokenization:Tokenization", "detokenize tokenize"),
    ("usage", "fakeai.services.usage:UsageReports", "organization"),
    ("costs", "fakeai.services.costs:CostReport", "organization"),
    ("audit", "fakeai.services.audit:Audit", "organization"),
    ("data_retention", "fakeai.services.data_retention:DataRetentions", "organization"),
    ("spend", "fakeai.services.spend:Spend", "organization"),
    ("admin_keys", "fakeai.services.admin_keys:AdminKeys", "organization"),
    ("users", "fakeai.services.users:Users", "organization"),
    ("invites", "fakeai.services.invites:Invites", "organization"),
    ("groups", "fakeai.services.groups:Groups", "organization"),
    ("roles", "fakeai.services.roles:Roles", "organization projects"),
    ("role_assignments", "fakeai.services.role_assignments:RoleAssignments", "organization projects"),
    ("certificates", "fakeai.services.certificates:Certificates", "organization"),
    ("external_keys", "fakeai.services.external_keys:ExternalKeys", "organization"),
    ("external_storage", "fakeai.services.external_storage:ExternalStorages", "organization"),
    ("workload_identity", "fakeai.services.workload_identity:WorkloadIdentity", "organization"),
    ("projects", "fakeai.services.projects:Projects", "organization"),
    ("project_keys", "fakeai.services.project_keys:ProjectKeys", "organization"),
    ("service_accounts", "fakeai.services.service_accounts:ServiceAccounts", "organization"),
    ("project_users", "fakeai.services.project_users:ProjectUsers", "organization"),
    ("project_groups", "fakeai.services.project_groups:ProjectGroups", "organization"),
    ("rate_limits", "fakeai.services.rate_limits:RateLimits", "organization"),
    ("project_policies", "fakeai.services.project_policies:ProjectPolicies", "organization"),
    ("project_certificates", "fakeai.services.project_certificates:ProjectCertificates", "organization"),
    ("agents", "fakeai.services.agents.agents:Agents", "agents"),
    ("vaults", "fakeai.services.agents.vaults:Vaults", "vaults"),
    ("credentials", "fakeai.services.agents.credentials:Credentials", "vaults"),
    ("environment_templates", "fakeai.services.agents.templates:EnvironmentTemplates", "agents"),
    ("environments", "fakeai.services.agents.environments:Environments", "agents"),
    ("environment_files", "fakeai.services.agents.environment_files:EnvironmentFiles", "agents"),
    ("agent_sessions", "fakeai.services.agents.sessions:Sessions", "agents"),
    ("session_history", "fakeai.services.agents.history:SessionHistory", "agents"),
    ("artifacts", "fakeai.services.agents.artifacts:Artifacts", "agents"),
    ("automations", "fakeai.services.agents.automations:Automations", "agents"),
    ("invocations", "fakeai.services.agents.invocations:Invocations", "agents"),
    ("front_keys", "fakeai.services.front.keys:FrontKeys", "admin"),
    ("records", "fakeai.services.front.records:Records", "admin"),
    ("me", "fakeai.services.front.me:Me", "me"),
    ("front_cache", "fakeai.services.front.cache:FrontCache", "admin"),
    ("generate", "fakeai.services.front.generate:Generate", "generate stream"),
    ("models", "fakeai.services.models:Models", "models"),
    (
        "engine_control",
        "fakeai.services.engines:EngineControl",
        "is_sleeping kv_event_sources load load_lora_adapter sleep unload_lora_adapter version wake_up",
    ),
    ("cluster_view", "fakeai.services.cluster:ClusterView", "fakeai"),
    ("workers", "fakeai.services.workers:Workers", "fakeai"),
    ("state", "fakeai.services.state:State", "fakeai"),
    ("nim", "fakeai.services.nim:Nim", "health license manifest metadata"),
    ("health", "fakeai.services.health:Health", "health healthz metrics readyz"),
)
"""With the first segments of their paths: a service is made when one of those is first asked for."""

SHARED = (
    ("turns", "fakeai.services.turns:Turns"),
    ("call_book", "fakeai.services.front.call_book:CallBook"),
)
"""What several services are made with."""

MIDDLEWARE = (
    ("journal", "fakeai.gateway.journal:Journal"),
    ("identify", "fakeai.gateway.identify:Identify"),
    ("call_log", "fakeai.gateway.call_log:CallLog"),
    ("betas", "fakeai.gateway.betas:Betas"),
    ("deployments", "fakeai.gateway.deployments:Deployments"),
    ("permissions", "fakeai.gateway.permissions:Permissions"),
    ("limits", "fakeai.gateway.limits:Limits"),
    ("key_quotas", "fakeai.gateway.key_quotas:KeyQuotas"),
    ("quotas", "fakeai.gateway.quotas:Quotas"),
    ("gate", "fakeai.gateway.gate:Gate"),
    ("ledger", "fakeai.gateway.ledger:Ledger"),
    ("upstream", "fakeai.gateway.upstream:Upstream"),
    ("parse", "fakeai.gateway.parse:Parse"),
    ("tuned", "fakeai.gateway.tuned:Tuned"),
    ("content_filter", "fakeai.gateway.content_filter:ContentFilter"),
    ("idempotency", "fakeai.gateway.idempotency:Idempotency"),
)
"""Outermost first."""

BACKENDS = (
    ("engine_room", "fakeai.backends.engine_room:EngineRoom"),
    ("simulated", "fakeai.backends.simulated:SimulatedModel"),
    ("backend", "fakeai.backends.choose:ChosenModel"),
    ("simulated_embedder", "fakeai.backends.embedding:SimulatedEmbedding"),
    ("embedder", "fakeai.backends.choose:ChosenEmbedding"),
    ("ranker", "fakeai.backends.ranking:SimulatedRanking"),
    ("moderator", "fakeai.backends.moderation:SimulatedModeration"),
    ("speaker", "fakeai.backends.speaking:SimulatedSpeech"),
    ("transcriber", "fakeai.backends.transcribing:SimulatedTranscription"),
    ("studio", "fakeai.backends.drawing:Studio"),
    ("drawer", "fakeai.backends.drawing:SimulatedDrawing"),
    ("filmer", "fakeai.backends.filming:SimulatedFilming"),
    ("decider", "fakeai.backends.decision:SimulatedDecision"),
)

ENGINES = (
    ("transformers", "fakeai.backends.transformers:open_model"),
    ("vllm", "fakeai.backends.vllm:open_model"),
)
"""Real models in this process, by the name of their backend in the settings: functions of a Spec and a Chance."""

METRICS = (
    ("gateway", "fakeai.metrics.gateway:GatewayMetrics"),
    ("completion_cache", "fakeai.metrics.completion_cache:CompletionCacheMetrics"),
    ("python", "fakeai.metrics.python:PythonMetrics"),
)

ENGINE_METRICS = (
    ("vllm", "fakeai.metrics.vllm:VllmMetrics"),
    ("sglang", "fakeai.metrics.sglang:SglangMetrics"),
    ("dynamo_frontend", "fakeai.metrics.dynamo_frontend:DynamoFrontendMetrics"),
    ("dynamo_router", "fakeai.metrics.dynamo_router:DynamoRouterMetrics"),
    ("dynamo_worker", "fakeai.metrics.dynamo_worker:DynamoWorkerMetrics"),
    ("dynamo_process", "fakeai.metrics.dynamo_process:DynamoProcessMetrics"),
    ("dcgm", "fakeai.metrics.dcgm:DcgmMetrics"),
)
"""Those of simulated engines: only Apps with clusters have them."""


def table(kind: str, rows: tuple[tuple[str, ...], ...]) -> Registry[Any]:
    """A registry of the classes in `rows`. Any: each table holds classes of its own protocol."""
    registry: Registry[Any] = Registry(kind)
    for name, where, *_ in rows:
        registry.add(name, where)
    return registry


class Parts(MutableMapping[str, Any]):
    """An App's parts by their names: what it was given, and what `rows` describe, each made when it is first asked for.

    A name that is in both raises ValueError. Any: a part is whatever its name says.
    """

    def __init__(self, given: Mapping[str, Any], rows: tuple[tuple[str, ...], ...]) -> None:
        self._made = dict(given)
        self._classes = table("part", rows)
        self._names = set(self._classes.names())
        if twice := self._names & given.keys():
            raise ValueError(f"given and made: {', '.join(sorted(twice))}")
        self._being_made: list[str] = []

    def __getitem__(self, name: str) -> Any:
        """The part; KeyError if there is none, TypeError if it is made with itself."""
        if name not in self._made:
            if name in self._being_made:
                raise TypeError(f"{name} is made with itself: {' > '.join([*self._being_made, name])}")
            self._being_made.append(name)
            try:
                self._made[name] = assemble(self._classes.get(name), self)
            finally:
                self._being_made.pop()
        return self._made[name]

    def __setitem__(self, name: str, part: Any) -> None:
        self._made[name] = part

    def __delitem__(self, name: str) -> None:
        del self._made[name]

    def __contains__(self, name: object) -> bool:
        return name in self._made or name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._made.keys() | self._names)

    def __len__(self) -> int:
        return len(self._made.keys() | self._names)


def assemble(cls: Any, parts: Mapping[str, Any]) -> Any:
    """`cls` built with the parts its parameters name; a part nobody has raises TypeError with its name.

    Any: what is built is checked by its protocol where it is used.
    """
    wanted = _wanted(cls)
    missing = [name for name, needed in wanted if needed and name not in parts]
    if missing:
        raise TypeError(f"{cls.__name__} needs {', '.join(missing)}, which no App has")
    return cls(**{name: parts[name] for name, _ in wanted if name in parts})


@lru_cache(maxsize=512)
def _wanted(cls: Any) -> tuple[tuple[str, bool], ...]:
    """The parameters of `cls`, and whether it cannot do without each. Any: a class or a function."""
    return tuple([(one.name, one.default is one.empty) for one in signature(cls).parameters.values()])
