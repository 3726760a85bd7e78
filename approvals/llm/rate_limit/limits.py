# SPDX-License-Identifier: Apache-2.0
"""How much of a model endpoint one credential may use, and the burst that is allowed on top."""

from dataclasses import dataclass, replace
from typing import Final, Self

from approvals.errors import ApprovalError, ErrorCode

UNITS: Final = 60_000_000
"""Units per request or token. It is the number of microseconds in a minute, so that a limit of n per minute refills
exactly n units per microsecond, in integers."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Requests and tokens a minute, refilled without a break by the microsecond.

    In any 60 seconds at most `rpm + burst_requests` calls are admitted, which use at most
    `tpm + max(burst_tokens, the largest single call)` tokens, plus what the calls under way when the 60 seconds
    began had reserved too much (those tokens were held back from the minute before). A call that uses more than it
    reserved is charged the rest when it is settled.

    The burst is small, five seconds' worth, because endpoints may enforce a limit per minute over shorter spans.
    """

    rpm: int
    tpm: int
    burst_seconds: float = 5.0
    whole_tpm: int = 0
    """The credential's own tpm where `tpm` is only a share of it; 0 means that `tpm` is the whole."""

    def __post_init__(self) -> None:
        if self.rpm < 1 or self.tpm < 1 or self.burst_seconds < 0:
            raise ApprovalError(
                ErrorCode.BAD_PARAMETER,
                f"rpm_limit {self.rpm} and tpm_limit {self.tpm} must be at least 1, "
                f"burst_seconds {self.burst_seconds:g} at least 0.",
            )

    @property
    def burst_requests(self) -> float:
        """Requests that may start at once after a quiet time: at least one, or none could ever start."""
        return max(1.0, self.rpm * self.burst_seconds / 60)

    @property
    def burst_tokens(self) -> float:
        """Tokens that may be reserved at once after a quiet time. A larger call waits until all are free."""
        return self.tpm * self.burst_seconds / 60

    def share(self, processes: int) -> Self:
        """An equal part for one of `processes` processes: whole numbers rounded down, but never below one."""
        return replace(
            self,
            rpm=max(1, self.rpm // processes),
            tpm=max(1, self.tpm // processes),
            whole_tpm=self.whole_tpm or self.tpm,
        )

    def check(self, tokens: int) -> None:
        """Raise `budget_exceeded` for a call that is larger than a whole minute's tokens."""
        largest = self.whole_tpm or self.tpm
        if tokens > largest:
            raise ApprovalError(
                ErrorCode.BUDGET_EXCEEDED,
                f"This call may need {tokens:,} tokens, but tpm_limit allows {largest:,} in a whole minute. "
                "Shorten the content, or raise tpm_limit in the credentials if your plan allows more.",
            )
