"""Table of contents: what an App is made of, in order. Each row names a class; nothing is imported before it is built.

A row's constructor says by its parameters' names which of the App's parts it needs (`app.App` lists them); a backend or
service is itself a part, under its row's name, for the rows after it.
"""

from collections.abc import Mapping
from functools import lru_cache
from inspect import signature
from typing import Any

from fakeai.core.registry import Registry

SERVICES = (
    ("webhooks", "fakeai.services.webhooks.endpoints:Webhooks"),
    ("files", "fakeai.services.files:Files"),
    ("uploads", "fakeai.services.uploads:Uploads"),
    ("batches", "fakeai.services.batches:Batches"),
    ("fine_tuning", "fakeai.services.fine_tuning:FineTuning"),
    ("checkpoint_permissions", "fakeai.services.fine_tuning_permissions:CheckpointPermissions"),
    ("vector_stores", "fakeai.services.vector_stores:VectorStores"),
    ("vector_store_files", "fakeai.services.vector_store_files:VectorStoreFiles"),
    ("vector_store_batches", "fakeai.services.vector_store_batches:VectorStoreBatches"),
    ("skills", "fakeai.services.skills:Skills"),
    ("containers", "fakeai.services.containers:Containers"),
    ("container_files", "fakeai.services.container_files:ContainerFiles"),
    ("assistants", "fakeai.services.assistants.assistants:Assistants"),
    ("threads", "fakeai.services.assistants.threads:Threads"),
    ("thread_messages", "fakeai.services.assistants.messages:Messages"),
    ("runs", "fakeai.services.assistants.runs:Runs"),
    ("run_steps", "fakeai.services.assistants.steps:RunSteps"),
    ("content_provenance", "fakeai.services.content_provenance:ContentProvenance"),
    ("safety", "fakeai.services.safety:Safety"),
    ("stored", "fakeai.services.stored:StoredCompletions"),
    ("chat", "fakeai.services.chat:Chat"),
    ("responses", "fakeai.services.responses.responses:Responses"),
    ("stored_responses", "fakeai.services.responses.stored:StoredResponses"),
    ("response_sockets", "fakeai.services.responses.socket:ResponseSockets"),
    ("response_counting", "fakeai.services.responses.counting:Counting"),
    ("conversations", "fakeai.services.conversations:Conversations"),
    ("text_completions", "fakeai.services.completions:Completions"),
    ("embeddings", "fakeai.services.embeddings:Embeddings"),
    ("ranking", "fakeai.services.ranking:RankingService"),
    ("rerank", "fakeai.services.rerank:Rerank"),
    ("rag", "fakeai.services.rag:Rag"),
    ("text_generation", "fakeai.services.text_generation:TextGeneration"),
    ("image_links", "fakeai.services.images.links:ImageLinks"),
    ("images", "fakeai.services.images.service:Images"),
    ("videos", "fakeai.services.videos.service:Videos"),
    ("video_characters", "fakeai.services.videos.characters:Characters"),
    ("moderations", "fakeai.services.moderations:Moderations"),
    ("decisions", "fakeai.services.decisions:Decisions"),
    ("live", "fakeai.services.live.live:Live"),
    ("custom_voices", "fakeai.services.audio.voices:CustomVoices"),
    ("speech", "fakeai.services.audio.speech:Speech"),
    ("transcriptions", "fakeai.services.audio.transcriptions:Transcriptions"),
    ("realtime_secrets", "fakeai.services.realtime.secrets:RealtimeSecrets"),
    ("realtime_calls", "fakeai.services.realtime.calls:RealtimeCalls"),
    ("realtime", "fakeai.services.realtime.service:Realtime"),
    ("chatkit_sessions", "fakeai.services.chatkit.sessions:ChatKitSessions"),
    ("chatkit_threads", "fakeai.services.chatkit.threads:ChatKitThreads"),
    ("chatkit_files", "fakeai.services.chatkit.files:ChatKitFiles"),
    ("chatkit_conversation", "fakeai.services.chatkit.conversation:ChatKitConversation"),
    ("tokenization", "fakeai.services.tokenization:Tokenization"),
    ("usage", "fakeai.services.usage:UsageReports"),
    ("costs", "fakeai.services.costs:CostReport"),
    ("audit", "fakeai.services.audit:Audit"),
    ("data_retention", "fakeai.services.data_retention:DataRetentions"),
    ("spend", "fakeai.services.spend:Spend"),
    ("admin_keys", "fakeai.services.admin_keys:AdminKeys"),
    ("users", "fakeai.services.users:Users"),
    ("invites", "fakeai.services.invites:Invites"),
    ("groups", "fakeai.services.groups:Groups"),
    ("roles", "fakeai.services.roles:Roles"),
    ("role_assignments", "fakeai.services.role_assignments:RoleAssignments"),
    ("certificates", "fakeai.services.certificates:Certificates"),
    ("external_keys", "fakeai.services.external_keys:ExternalKeys"),
    ("external_storage", "fakeai.services.external_storage:ExternalStorages"),
    ("workload_identity", "fakeai.services.workload_identity:WorkloadIdentity"),
    ("projects", "fakeai.services.projects:Projects"),
    ("project_keys", "fakeai.services.project_keys:ProjectKeys"),
    ("service_accounts", "fakeai.services.service_accounts:ServiceAccounts"),
    ("project_users", "fakeai.services.project_users:ProjectUsers"),
    ("project_groups", "fakeai.services.project_groups:ProjectGroups"),
    ("rate_limits", "fakeai.services.rate_limits:RateLimits"),
    ("project_policies", "fakeai.services.project_policies:ProjectPolicies"),
    ("project_certificates", "fakeai.services.project_certificates:ProjectCertificates"),
    ("agents", "fakeai.services.agents.agents:Agents"),
    ("vaults", "fakeai.services.agents.vaults:Vaults"),
    ("credentials", "fakeai.services.agents.credentials:Credentials"),
    ("environment_templates", "fakeai.services.agents.templates:EnvironmentTemplates"),
    ("environments", "fakeai.services.agents.environments:Environments"),
    ("environment_files", "fakeai.services.agents.environment_files:EnvironmentFiles"),
    ("agent_sessions", "fakeai.services.agents.sessions:Sessions"),
    ("session_history", "fakeai.services.agents.history:SessionHistory"),
    ("artifacts", "fakeai.services.agents.artifacts:Artifacts"),
    ("automations", "fakeai.services.agents.automations:Automations"),
    ("invocations", "fakeai.services.agents.invocations:Invocations"),
    ("models", "fakeai.services.models:Models"),
    ("engine_control", "fakeai.services.engines:EngineControl"),
    ("cluster_view", "fakeai.services.cluster:ClusterView"),
    ("workers", "fakeai.services.workers:Workers"),
    ("state", "fakeai.services.state:State"),
    ("nim", "fakeai.services.nim:Nim"),
    ("health", "fakeai.services.health:Health"),
)

MIDDLEWARE = (
    ("journal", "fakeai.gateway.journal:Journal"),
    ("identify", "fakeai.gateway.identify:Identify"),
    ("betas", "fakeai.gateway.betas:Betas"),
    ("deployments", "fakeai.gateway.deployments:Deployments"),
    ("permissions", "fakeai.gateway.permissions:Permissions"),
    ("limits", "fakeai.gateway.limits:Limits"),
    ("quotas", "fakeai.gateway.quotas:Quotas"),
    ("ledger", "fakeai.gateway.ledger:Ledger"),
    ("upstream", "fakeai.gateway.upstream:Upstream"),
    ("parse", "fakeai.gateway.parse:Parse"),
    ("tuned", "fakeai.gateway.tuned:Tuned"),
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

METRICS = (("gateway", "fakeai.metrics.gateway:GatewayMetrics"),)

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


def table(kind: str, rows: tuple[tuple[str, str], ...]) -> Registry[Any]:
    """A registry of the classes in `rows`. Any: each table holds classes of its own protocol."""
    registry: Registry[Any] = Registry(kind)
    for name, where in rows:
        registry.add(name, where)
    return registry


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
