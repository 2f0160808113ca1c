"""A page whose scripts, styles and fonts come from another origin, as with a CDN: no header of ours keeps them out."""

import pytest

from tests.serving.running import serving

pytestmark = [pytest.mark.browser, pytest.mark.once]


def test_a_page_loads_all_that_it_needs_from_the_host_of_static_files(chrome, tmp_path):
    # The same server, which a browser takes for another one under its other name.
    with serving(tmp_path, "gunicorn", STATIC_HOST="http://localhost:{port}") as server:
        page = chrome.new_page()
        loaded, troubles = {}, []
        page.on("response", lambda response: loaded.setdefault(response.url, response.status))
        page.on("console", lambda message: troubles.append(message.text))
        page.on("requestfailed", lambda request: troubles.append(request.url))
        page.goto(f"http://127.0.0.1:{server.port}/accounts/login/", wait_until="networkidle")
        assert page.evaluate("window.crossOriginIsolated") or page.evaluate("document.fonts.size") > 0
        page.close()
    elsewhere = {
        url: status for url, status in loaded.items() if url.startswith(f"http://localhost:{server.port}/static/")
    }
    assert {url.rpartition(".")[2] for url in elsewhere} >= {"css", "js", "woff2"}
    assert set(elsewhere.values()) == {200}
    assert len(loaded) == len(elsewhere) + 1
    assert troubles == []
