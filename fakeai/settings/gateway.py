"""The settings of the front door."""

from typing import Literal

from pydantic import Field

from fakeai.core.periods import Period
from fakeai.settings.group import Group


class RoleLimits(Group):
    """What a key may in a minute and in a day, in number; 0: no end of it."""

    rpm: int = Field(default=0, ge=0, description="Requests a minute.")
    tpm: int = Field(default=0, ge=0, description="Tokens a minute.")
    rpd: int = Field(default=0, ge=0, description="Requests a day.")
    tpd: int = Field(default=0, ge=0, description="Tokens a day.")


class FrontDoor(Group):
    """The front door: keys, limits, quotas. Shut from when a key of it is given out, or where it is said to be."""

    enabled: bool = Field(default=False, description="Let nobody in without a key, even while there is none.")
    roles: dict[str, RoleLimits] = Field(
        default={},
        description="Limits of roles of your own, or other ones of those that there are; JSON in the environment.",
    )
    quota_period: Period = Field(
        default="month",
        description="What quotas and budgets are of: `month` (calendar, UTC) or `30d` from the first use.",
    )
    cache: Literal["off", "greedy", "all"] = Field(
        default="all",
        description="Which answers of `/v1/generate` are given again for the same question: all, those at temperature 0, none.",
    )
    cache_scope: Literal["key", "project", "shared"] = Field(
        default="key",
        description="Whom an answer is given again: the key that it was made for, its project, or anybody.",
    )
    cache_ttl_s: float = Field(
        default=86_400.0, gt=0, description="Seconds for which answers are kept in the database."
    )
    cache_redis_ttl_s: float = Field(default=3_600.0, gt=0, description="Seconds for which they are kept in Redis.")
    cache_entries: int = Field(
        default=10_000,
        ge=0,
        description="Answers kept at most, in number; more are deleted within a minute, the oldest first.",
    )
    charge_failures: bool = Field(default=False, description="Count what has failed against quotas too.")
    max_concurrent: int = Field(
        default=0,
        ge=0,
        description="Number of generations at a time; those beyond wait for their turn. 0: no end of them.",
    )
    log: Literal["off", "metadata", "full"] = Field(
        default="metadata",
        description="What is kept of calls that use a model: nothing, all but words, or prompts and outputs too.",
    )
    log_limit: int = Field(default=10_000, ge=1, description="Number of calls of which that is kept; the oldest go.")
