"""How a read can fail, told apart by the layer that failed.

Wire: no reply, an HTTP status other than 200, or a body that is no JSON. Envelope:
the venue answered 200 and says no. Item: the reply came, but it, or a row of it, is
not what was asked for. Reads change nothing, so that what may pass is asked again.
"""

from __future__ import annotations

from solalpha.errors import ConfigError, VenueError


class WireError(VenueError):
    """Report the first layer: no connection, HTTP status, or a broken body.

    ``is_passing`` says whether the same question may be answered later.
    """

    def __init__(
        self, message: str, *, is_passing: bool, wished_pause_s: float = 0.0
    ) -> None:
        super().__init__(message)
        self.is_passing = is_passing
        self.wished_pause_s = wished_pause_s


class EnvelopeError(VenueError):
    """Report the second layer: status 200 around a refusal in the venue's words."""


class ItemError(VenueError):
    """Report the third layer: a reply or a row of it that is not what was asked."""


class ClockError(ConfigError):
    """Report clocks that disagree: no candle can be known to be closed."""
