"""Gunicorn's own lines, in the form of all others and as careful about what they tell.

Its access log stays off: `taskmanager.request_log` knows more. What never gets so far, because it isn't HTTP, is seen
here.
"""

import logging
import sys
from typing import Any

from django.conf import settings
from django.utils.log import configure_logging
from gunicorn import glogging


class Logger(glogging.Logger):  # type: ignore[misc]  # Gunicorn has no types
    """Gunicorn's log, written by the product's handler."""

    def setup(self, cfg: Any) -> None:
        """Let lines go to the product's handler, unless Gunicorn was told of a file of its own."""
        super().setup(cfg)
        if cfg.errorlog != "-":
            return
        configure_logging(settings.LOGGING_CONFIG, settings.LOGGING)
        logging.captureWarnings(capture=True)
        for handler in list(self.error_log.handlers):
            self.error_log.removeHandler(handler)
        self.error_log.propagate = True

    def warning(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """Log a warning, without what a stranger has sent."""
        if msg.startswith("Invalid request from ip="):
            kind, _error, _traceback = sys.exc_info()
            msg, args = "A request could not be read, and was refused: %s.", (kind.__name__ if kind else "unknown",)
        super().warning(msg, *args, **kwargs)

    def exception(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """Log an error with its traceback, without the address that was asked for, which may hold a token."""
        if msg.startswith("Error handling request"):
            msg, args = "Error handling request", ()
        super().exception(msg, *args, **kwargs)
