"""What a backend can do besides generating text (`core.generation.Generates`): one method a protocol.

A class implements the protocols of what it can; services ask for the one they need. `Engines` is how the simulated
engines are managed and watched, whatever they generate.
"""

from collections.abc import AsyncGenerator, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

from fakeai.content.decisions import Question
from fakeai.content.film import Film, FilmWish
from fakeai.content.hearing import Timed
from fakeai.content.moderation import Verdict
from fakeai.content.sound_files import SoundFormat
from fakeai.content.voices import Voice
from fakeai.core.catalog import ModelCard
from fakeai.core.events import Routed, WorkerSnapshot
from fakeai.core.feed import Feed
from fakeai.core.generation import Timing
from fakeai.sim.orders import Order

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Vectors(NamedTuple):
    """One row a text, of unit length."""

    rows: "NDArray[np.float32]"
    tokens: int | None = None
    """Tokens of all texts together, from a model that counts them itself."""


class Embeds(Protocol):
    """A backend that turns texts into vectors."""

    async def embed(
        self, model: ModelCard, texts: Sequence[str | tuple[int, ...]], dimensions: int, timing: Timing
    ) -> Vectors:
        """Vectors of `texts`; only a model of its own tokens is given texts as tokens.

        Raises ValueError for a latency spec that cannot be read.
        """


class Sample(NamedTuple):
    """Something to be judged as one: text, and a number of images with it."""

    text: str
    images: int = 0


class Moderates(Protocol):
    """A backend that judges whether something may be said."""

    async def moderate(self, model: ModelCard, samples: Sequence[Sample], timing: Timing) -> list[Verdict]:
        """One verdict a sample; a model that does not tell which input types counted leaves them empty.

        Raises ValueError for a latency spec that cannot be read.
        """


class Decides(Protocol):
    """A backend that answers questions about a text with probabilities."""

    async def decide(
        self, model: ModelCard, text: str, questions: Sequence[Question], timing: Timing
    ) -> list[list[float] | None]:
        """A probability for each option of a question, or the one of a predicate; None where the model declines.

        Raises ValueError for a latency spec that cannot be read.
        """


class Ranking(NamedTuple):
    """A question, and passages that may answer it."""

    query: str
    passages: Sequence[str]


class Ranks(Protocol):
    """A backend that judges how well passages answer questions."""

    async def rank(self, model: ModelCard, rankings: Sequence[Ranking], timing: Timing) -> list[list[float]]:
        """A logit for each passage of each ranking; higher fits better.

        Raises ValueError for a latency spec that cannot be read.
        """


class PictureOrder(NamedTuple):
    """A picture to be made. Equal orders give equal bytes."""

    model: ModelCard
    prompt: str
    width: int
    height: int
    digest: bytes
    """Stands for the request and the picture's number in it: the seed of what the prompt leaves open."""
    format: Literal["png", "jpeg", "webp", "gif", "svg"] = "png"
    compression: int = 100
    """Quality in percent of jpeg and webp."""
    transparent: bool = False
    quality: str = "high"
    style: str = ""
    partials: int = 0
    """Coarser pictures that come before the picture itself, 3 at most."""
    sources: tuple[bytes, ...] = ()
    """Files of pictures to be edited, the first being the one that is changed."""
    mask: bytes | None = None
    """A file as large as the first source: only where it is transparent is that to change."""
    markup: bytes | None = None
    """A file as large as the first source, with strokes where that is to change."""
    varied: bool = False
    """Whether the source is to be varied, whatever the prompt."""
    frames: int = 9
    frame_ms: int = 200
    """Of a gif."""


class Drawn(NamedTuple):
    """A file of a picture; `partial` counts those that are not done yet from 0, and is None for the last one, which is."""

    data: bytes
    partial: int | None = None


class Draws(Protocol):
    """A backend that makes pictures."""

    def draw(self, order: PictureOrder) -> AsyncGenerator[Drawn, None]:
        """`order.partials` coarser versions and then the picture, each when it is due, all of the size ordered.

        `async for drawn in backend.draw(order)`: to leave the loop early is to give the work up. Raises BadRequest for a
        source that cannot be decoded, before anything is drawn.
        """


class SpeechRequest(NamedTuple):
    """A text to be read out. `digest` identifies the request's meaning: equal digests, equal sound."""

    model: ModelCard
    text: str
    voice: Voice
    format: SoundFormat
    speed: float
    digest: bytes
    timing: Timing = Timing()


class SoundPart(NamedTuple):
    """Bytes of a sound file, and the tokens of sound so far; `last` ends the file."""

    data: bytes
    tokens: int
    last: bool


class Speaks(Protocol):
    """A backend that reads texts out."""

    def speak(self, request: SpeechRequest) -> Feed[SoundPart]:
        """The file in parts, as it is made. Raises ValueError for a latency spec that cannot be read."""


class TranscribeRequest(NamedTuple):
    """A file with sound whose words are wanted."""

    model: ModelCard
    data: bytes
    filename: str = ""
    media_type: str = ""
    language: str = ""
    """ISO 639-1; empty for whatever is heard."""
    english: bool = False
    """Whether the words are wanted in English, whatever language they are said in."""
    about: str = ""
    """What is said, or what it is about, as far as the caller knows."""
    easy: bool = False
    """Whether what is no sound is taken for some."""
    seed: bytes = b""
    timing: Timing = Timing()


class Transcript(NamedTuple):
    """What is said, when, and in which tokens: both joined are the text.

    `gaps` are the seconds after each token but the last; empty for none.
    """

    seconds: float
    language: str
    text: str
    words: tuple[Timed, ...]
    tokens: tuple[str, ...]
    gaps: tuple[float, ...]
    digest: bytes
    ours: bool = False
    """Whether fakeai itself has said it."""


class Transcribes(Protocol):
    """A backend that writes down what is said."""

    async def transcribe(self, request: TranscribeRequest) -> Transcript:
        """The words, when the first is due. Raises SoundError for what is no sound, ValueError for a latency spec."""


class Films(Protocol):
    """A backend that makes films."""

    async def film(self, model: ModelCard, wish: FilmWish) -> Film:
        """The film, as soon as it is made. Raises BadRequest for a reference that cannot be decoded."""


SleepMode = Literal["abort", "wait", "keep"]
"""What becomes of requests that run when an engine is put to sleep: ended at once, served to their end, or kept as they are."""


class Engines(Protocol):
    """The simulated engines of all models. Works without any: nothing to see, and nobody sleeps but by name."""

    def snapshot(self) -> list[WorkerSnapshot]:
        """Every worker as it is."""

    def decisions(self) -> Sequence[Routed]:
        """The latest decisions of each model's router, newest last; a bounded number."""

    def sleep(self, level: int, mode: SleepMode = "abort") -> None:
        """Start nothing from here on: what runs is treated as `mode` says, what comes waits.

        From `level` 1 on the caches are lost, too. Returns at once; with `wait`, requests may run on.
        """

    def wake_up(self) -> None:
        """Go on with what waits. Harmless awake."""

    def sleeping(self) -> bool:
        """Whether they have been put to sleep, and not been woken."""

    def manage(self, model: str, order: Order) -> WorkerSnapshot:
        """Carry out an order for a worker of the model's cluster; how that worker is then, which may be gone.

        Raises OrderError for what cannot be done.
        """

    def load_lora(self, name: str, path: str, base: str | None) -> None:
        """Have an adapter of the model `base`. ValueError when it is loaded already, or `base` cannot have one."""

    def unload_lora(self, name: str) -> None:
        """Have it no more; KeyError when it is not loaded."""

    def loras(self) -> list[str]:
        """The adapters loaded."""

    def in_flight(self) -> int:
        """Requests under way, waiting ones included."""
