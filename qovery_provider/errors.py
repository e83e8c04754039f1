"""Everything that can go wrong, each with its facts as fields and one line of text built from them.

The classes::

    QoveryError                          catch this to catch all of them
    ├── ConfigurationError               settings, inputs or ids cannot be used; nothing was sent
    ├── RateBudgetError                  the rate limit has too few requests left; nothing was sent
    ├── CallError                        one call to Qovery failed
    │   ├── ApiError                     Qovery rejected the request, in one of its own error formats
    │   │   ├── AuthenticationError      401: token wrong, expired or denied by a policy
    │   │   ├── PermissionDeniedError    403
    │   │   ├── NotFoundError            404, or a 400 that says the object does not exist
    │   │   ├── ConflictError            409: nothing to cancel, or another operation is in progress
    │   │   ├── RateLimitError           429
    │   │   └── ServerError              5xx
    │   ├── IntermediaryError            a response from something between here and Qovery's API, such as a proxy
    │   ├── NotSentError                 the caller withdrew the call before anything of it was sent
    │   └── TransportError               no usable answer: network, TLS, time, or not in the format of the API
    ├── CancellationError                the cancellation did not end as asked
    │   ├── NothingToCancelError         there is nothing to cancel, and `on_idle` is "fail"
    │   ├── NotCanceledError             it ended in another way, and `on_completed` is "fail"
    │   ├── WrongDeploymentError         Qovery names another deployment than the target
    │   ├── UnexpectedStateError         Qovery's answers do not name the deployment, or not its end
    │   ├── CancellationTimeoutError     it did not end within `timeout`
    │   ├── CancellationInterruptedError a call failed for good while a cancellation was in progress
    │   └── CancellationStoppedError     the update was stopped before the cancellation ended
    └── BulkCancellationError            some environments of a bulk cancellation failed

A message says what was asked, of what, what came back and what to do next. It never holds a token, nor the text of
an exception of the HTTP library: those carry addresses, headers and object dumps.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

UNAUTHORIZED, SET_VALID_TOKEN = "is invalid, has expired, or is denied by a policy", "Set a valid token."
"""Why a token may be rejected when nothing more is known about it, and the advice."""

LONG = 120.0
"""Seconds from which on a time is shown in minutes."""


class QoveryError(Exception):
    """Base of every error of this package."""


class ConfigurationError(QoveryError):
    """A setting, an input or an id is missing or cannot be used; nothing was sent."""


class RateBudgetError(QoveryError):
    """The cancellation needs more requests than the rate limit has left; the text has the numbers."""


class CallError(QoveryError):
    """One call failed.

    Attributes:
        operation: The call, as a phrase such as "reading the status of environment 3c90...".
        may_have_executed: Whether Qovery may have acted on the call all the same.
        retryable: Whether the same call may succeed when it is made again.
        retry_after: Seconds that the server asked to wait, if it did.
    """

    operation: str
    may_have_executed: bool = False
    retryable: bool = False
    retry_after: float | None = None


class ApiError(CallError):
    """Qovery rejected the request, in one of the forms in which its API writes errors.

    Attributes:
        status: The HTTP status code.
        detail: Qovery's own words from the error body, on one line, or "".
    """

    meaning: ClassVar[str] = "the request was rejected"
    advice: str = "Check the inputs, and qovery:apiUrl."

    def __init__(self, operation: str, status: int, detail: str = "", *, retry_after: float | None = None) -> None:
        self.operation, self.status, self.detail, self.retry_after = operation, status, detail, retry_after
        quoted = f' ("{detail}")' if detail else ""
        super().__init__(f"{operation}: Qovery answered {status}{quoted}: {self._meaning()}. {self._advice()}")

    def _meaning(self) -> str:
        return self.meaning

    def _advice(self) -> str:
        return self.advice


class AuthenticationError(ApiError):
    """401.

    Attributes:
        token_source: Where the token was taken from, never the token itself.
    """

    def __init__(  # noqa: PLR0913 - the parts of its sentence
        self,
        operation: str,
        status: int,
        detail: str = "",
        *,
        token_source: str,
        reason: str = UNAUTHORIZED,
        advice: str = SET_VALID_TOKEN,
    ) -> None:
        self.token_source, self._reason, self.advice = token_source, reason, advice
        super().__init__(operation, status, detail)

    def _meaning(self) -> str:
        return f"the token from {self.token_source} {self._reason}"


class PermissionDeniedError(ApiError):
    """403: the token's role is not enough, or the environment belongs to another organization."""

    meaning = "the token's role does not allow this, or the id belongs to another organization"
    advice = "Check the id, the token, and its role."


class NotFoundError(ApiError):
    """404, or a 400 that says that the object does not exist: both are in use."""

    meaning = "the id does not exist, or this token cannot access it"
    advice = "Check the id, the token's organization, and qovery:apiUrl if it is set."


class ConflictError(ApiError):
    """409. The API gives two reasons for it, so the status is read again, and decides."""

    meaning = "there is nothing to cancel, or another operation is in progress"
    advice = "Check the environment in the Qovery console, then run `pulumi up` again."


class RateLimitError(ApiError):
    """429: 1000 requests per hour and token."""

    retryable = True

    def _meaning(self) -> str:
        seconds = self.retry_after or 0.0
        wait = f"{seconds:.0f} s" if seconds < LONG else f"{seconds / 60:.0f} min"
        when = "" if self.retry_after is None else f"; it resets in {wait}"
        return f"the token's rate limit (1000 requests per hour) is exhausted{when}"

    def _advice(self) -> str:
        when = "later" if self.retry_after is None else "then"
        return f"Run `pulumi up` again {when}, or use a separate token for this stack."


class ServerError(ApiError):
    """5xx in Qovery's own words: the request may have been executed before it failed."""

    may_have_executed = True
    retryable = True
    meaning = "Qovery had an internal error"
    advice = "Try again later."


class IntermediaryError(CallError):
    """An answer came, but not from Qovery's API: it is not in one of the forms in which Qovery refuses.

    It says nothing about the environment, nor whether Qovery has acted: the intermediary may have passed the request
    on. So it counts as an outage: a read is tried again, and a cancel is followed by status reads.

    Args:
        operation: The call, as a phrase.
        status: The HTTP status code.
        explanation: What is special about this answer, as a phrase that follows the code, or "".
        advice: What to do next.
        may_have_executed: Whether the call would have changed something.
        retry_after: Seconds that the answer asks to wait. Default: None, it does not say.

    Attributes:
        status: The HTTP status code.
    """

    retryable = True

    def __init__(  # noqa: PLR0913 - the parts of its sentence
        self,
        operation: str,
        status: int,
        explanation: str,
        advice: str,
        *,
        may_have_executed: bool,
        retry_after: float | None = None,
    ) -> None:
        self.operation, self.status, self.retry_after = operation, status, retry_after
        self.may_have_executed = may_have_executed
        super().__init__(
            f"{operation}: the {status} response{explanation} is not in a format of Qovery's API, so it probably "
            f"came from something in between (a proxy, a load balancer, a login page). {advice}"
        )


class NotSentError(CallError):
    """The caller withdrew the call before its first byte was sent, so it was certainly not executed.

    Attributes:
        reason: Why, as a phrase such as "the deadline has passed".
    """

    retryable = True

    def __init__(self, operation: str, reason: str) -> None:
        self.operation, self.reason = operation, reason
        super().__init__(f"{operation}: not sent, because {reason}.")


class TransportError(CallError):
    """No usable answer came.

    Attributes:
        problem: What happened, as a phrase such as "no response in time".
        is_too_long: Whether the response was longer than the limit.
    """

    def __init__(  # noqa: PLR0913 - the parts of its sentence, and three facts
        self,
        operation: str,
        problem: str,
        advice: str,
        *,
        may_have_executed: bool,
        retryable: bool = True,
        is_too_long: bool = False,
    ) -> None:
        self.operation, self.problem, self.retryable, self.is_too_long = operation, problem, retryable, is_too_long
        self.may_have_executed = may_have_executed
        super().__init__(f"{operation}: {problem}. {advice}")


class CancellationError(QoveryError):
    """A cancellation did not end as asked.

    Attributes:
        environment_id: The environment.
        deployment_id: The target deployment, or None where none was found.
        deployment_state: Its last known state, verbatim.
    """

    def __init__(self, message: str, environment_id: str, deployment_id: str | None, state: str | None) -> None:
        self.environment_id, self.deployment_id, self.deployment_state = environment_id, deployment_id, state
        super().__init__(message)


class NothingToCancelError(CancellationError):
    """There is nothing to cancel, and `on_idle` is "fail"."""


class NotCanceledError(CancellationError):
    """The deployment ended in another way than canceled, or its environment vanished; `on_completed` is "fail"."""


class WrongDeploymentError(CancellationError):
    """The response to the cancel names another deployment than the target."""


class UnexpectedStateError(CancellationError):
    """Qovery's answers do not name the running deployment, or never say how the target ended."""


class CancellationTimeoutError(CancellationError):
    """The deployment did not end within `timeout` seconds."""


class CancellationInterruptedError(CancellationError):
    """A call failed for good after something had been sent or adopted; `__cause__` is that call's error."""


class CancellationStoppedError(CancellationError):
    """The update was stopped before the cancellation ended; the message says whether anything was sent."""


class BulkCancellationError(QoveryError):
    """Some environments failed, after all others were brought to their end.

    Attributes:
        errors: The error of each environment that failed, by environment id.
    """

    def __init__(self, errors: Mapping[str, Exception], total: int) -> None:
        self.errors = dict(errors)
        # One line each: hundreds of texts on one line could not be read.
        each = "".join(f"\n- {error}" for _, error in sorted(errors.items()))
        super().__init__(
            f"{len(errors)} of {total} environments failed; the next `pulumi up` acts only on these:{each}"
        )
