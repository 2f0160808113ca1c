"""What schemathesis loads beside its configuration."""

import uuid
from typing import Any

import schemathesis


@schemathesis.hook
def before_call(_context: Any, case: schemathesis.Case, _arguments: Any) -> None:
    """Give each creation that others follow a key of its own.

    A key that came before gets the first answer again, rightly, of what may be deleted by now: to who follows the
    links, a created thing that can't be found. The other phases repeat keys as they like.
    """
    if case.meta and case.meta.phase.name.value == "stateful" and case.headers and "Idempotency-Key" in case.headers:
        case.headers["Idempotency-Key"] = str(uuid.uuid4())
