# SPDX-License-Identifier: Apache-2.0
"""Goes through stored requests so that one that cannot be handled is told apart and never ends the work on the rest."""

from collections.abc import Callable

from approvals.analysis.asking import AnalysisFailedError
from approvals.domain.ledger import LedgerError
from approvals.errors import ApprovalError, ErrorCode
from approvals.store.envelope import UnreadableError
from approvals.telemetry import get_logger

_CONCERN_ALL = frozenset({ErrorCode.STORE_UNAVAILABLE, ErrorCode.STORE_FULL, ErrorCode.SHUTTING_DOWN})

_log = get_logger(__name__)


def attempted[T](request_id: str, work: Callable[[], T]) -> T | None:
    """What `work` on one request gives; None when it failed because of that request.

    Raises what concerns them all: `store_unavailable`, `shutting_down`, and an `AnalysisFailedError` that only the
    admin can mend.
    """
    try:
        return work()
    except AnalysisFailedError:
        raise
    except (UnreadableError, LedgerError) as error:
        _log.error("request_failed", request_id=request_id, error=error.message)
    except ApprovalError as error:
        if error.code in _CONCERN_ALL:
            raise
        _log.error("request_failed", request_id=request_id, error=str(error))
    except Exception:  # noqa: BLE001 - a record that breaks a rule of ours must not hide all others
        _log.exception("request_failed", request_id=request_id)
    return None
