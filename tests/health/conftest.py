"""What a failed test leaves for whoever looks for the reason."""

from collections.abc import Generator
from typing import Any

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """Show the end of the logs of a product that runs for several tests: pytest captures only its own output."""
    report: Any = yield
    site = getattr(item, "funcargs", {}).get("site")
    if report.failed and site:
        for name, log in [("product", site.product.log), ("database", site.database.folder / "log")]:
            report.sections.append((f"The {name}'s log", log.read_text(errors="replace")[-4000:]))
    return report
