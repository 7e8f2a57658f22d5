"""How long it takes what sessions wait for."""

from typing import NamedTuple


class Pace(NamedTuple):
    """Seconds: how long an environment is prepared, how long it is used by nobody until it is suspended and until it has
    expired, and how long a deed takes.
    """

    environment_start_s: float = 0.5
    environment_suspend_s: float = 600.0
    environment_expire_s: float = 3_600.0
    activity_s: float = 0.1
