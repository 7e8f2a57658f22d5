"""One sequence on its way through an engine: what it is, how far it is, what it holds."""

from collections.abc import Hashable
from collections.abc import Sequence as Row
from enum import Enum

from fakeai.sim.types import SimRequest


class State(Enum):
    """Where a sequence is."""

    WAITING = "waiting"
    LOADING = "loading"
    """It holds blocks whose content is on its way: from host memory, from another worker, or with its adapter."""
    PREFILLING = "prefilling"
    DECODING = "decoding"
    STALLED = "stalled"
    """Decoding, but left out of the step under way: the budget ended before it."""
    HOLDING = "holding"
    """Its prompt is computed and waits to be fetched by a decode worker."""
    OVER = "over"


class Sequence:
    """Mutable state of one sequence; its engine owns it. Equal only to itself. Fields as `types.Ended` says."""

    __slots__ = (
        "arrived",
        "cached_tokens",
        "computed",
        "fetched_blocks",
        "finish_step",
        "first_token",
        "held",
        "last_token",
        "made",
        "number",
        "offset",
        "owned",
        "preemptions",
        "published",
        "reason",
        "remote",
        "request",
        "scheduled",
        "seat",
        "stalls",
        "state",
        "target",
        "transfer_s",
        "worker",
    )

    def __init__(self, request: SimRequest, arrived: float) -> None:
        self.request = request
        self.arrived = arrived
        self.worker = -1
        self.state = State.WAITING
        self.scheduled: float | None = None
        self.first_token: float | None = None
        self.last_token: float | None = None
        self.made = 0
        """Tokens made; while it decodes, the engine knows better (`Engine.made`)."""
        self.cached_tokens = 0
        self.preemptions = 0
        self.transfer_s = 0.0
        self.reason = ""
        self.stalls: list[float] = []
        """Times between two of its tokens with a preemption or a hand-over between them."""
        self.seat: object = None
        """Whoever waits for its tokens; the simulator does not look at it."""
        self.remote = False
        """Its prompt has been computed by another worker, and is to be fetched."""
        self.target = request.prompt_tokens
        """Tokens to be computed before the next one can be made."""
        self.computed = 0
        """Tokens whose KV it holds; while it decodes, `offset` and the engine's count of decode steps say it."""
        self.held = 0
        """Blocks it holds; while it decodes without speculation, what `computed` needs."""
        self.owned: list[Hashable] = []
        """Keys of the blocks it holds that others can find."""
        self.published = 0
        """Keys that it has claimed or tried to publish."""
        self.fetched_blocks = 0
        self.offset = 0
        self.finish_step = 0
        self.number = 0
        """Its place in the order of admissions."""

    def successor(self, *, remote: bool = True) -> "Sequence":
        """The same request on another worker, with all that has been made of it; `remote`: its prompt is to be fetched."""
        other = Sequence(self.request, self.arrived)
        other.seat, self.seat = self.seat, None
        for field in ("scheduled", "first_token", "last_token", "made", "cached_tokens", "preemptions", "transfer_s"):
            setattr(other, field, getattr(self, field))
        other.stalls = self.stalls
        other.target = self.request.prompt_tokens + self.made
        other.remote = remote
        return other

    def keys(self) -> Row[Hashable]:
        """Keys of the full blocks of its prompt, and of what it has made where the request says so."""
        request = self.request
        blocks = request.blocks
        if self.made and request.output_blocks:
            return [*blocks, *request.output_blocks]
        return blocks
