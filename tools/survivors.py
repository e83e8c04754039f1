"""Why no test notices these changes of `mutate.py`: by function, a part of the changed line and the reason."""

from __future__ import annotations

AS_FALSE = "it is as false as the other one, and nothing else is asked of it"
NEVER_READ = "its reader is not given it: the argument is there for the common signature"
NO_MATTER = "the grace period is longer"

REASONS: dict[str, dict[str, str]] = {
    "machine.Cancellation.__init__": {
        "self._is_missing =": "it is read only after a look, which sets it",
    },
    "machine.Cancellation._on_failed_queued": {"was_canceled=None": AS_FALSE},
    "machine.Cancellation._on_failed_send": {
        "asked = error.retry_after or 1.0": NO_MATTER,
        "else 1.0": NO_MATTER,
    },
    "machine.Cancellation._on_status": {"self._is_missing = None": AS_FALSE},
    "queue.QueueDrain.__init__": {
        "self._ran: str | None =": "before the first list, which sets it, nothing is in doubt"
    },
    "settings.Token.__hash__": {"hash(None)": "tokens that share a hash are still told apart"},
    "settings.Token.hidden_in": {'safe="XXXX"': "X is a letter that is never encoded"},
    "settings._checked_token": {"not 1 < len(token)": "no token is one letter long"},
    "settings._checked_url": {'else "XXXX"': "XXXX is no URL either, and the message shows the value itself"},
    "settings._is_jwt": {"+len(header)": "Python's decoder does not mind more padding than is needed"},
    "settings._is_loopback": {"ValueError(None)": "its text is shown to nobody"},
    "settings._is_usable": {"or 2": "each is a port that there is"},
    "settings._scheme": {"_given_scheme(config, None)": NEVER_READ},
    "settings._word": {'else "XXXX"': "XXXX is no known word either"},
    "settings.problems": {"_problem(_given_scheme, config, None)": NEVER_READ},
}
