"""Ends with 0 where the server in this container lives: the image's HEALTHCHECK, which has no curl.

python healthcheck.py [PORT [PATH]] — by default the PORT of the web server; a worker's is its WORKER_PORT.
"""

import http.client
import os
import sys
from urllib.parse import urlsplit


def main() -> int:
    """Ask once, as the proxy would: by the name that people use, and with word of TLS where it ends there."""
    given = sys.argv[1:]
    port = int(given[0] if given else os.environ.get("PORT", "8000"))
    path = given[1] if given[1:] else "/health/liveness/"
    public = urlsplit(os.environ.get("PUBLIC_URL", "http://localhost"))
    headers = {"Host": public.netloc, "X-Forwarded-Proto": public.scheme}
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=4)
        connection.request("GET", path, headers=headers)
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        sys.stderr.write(f"{path} on port {port}: {error}\n")
        return 1
    if status != http.client.OK:
        sys.stderr.write(f"{path} on port {port} answered {status}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
