#!/usr/bin/env python
"""Django's commands with the settings of a developer's machine."""

import os

from taskmanager.__main__ import main

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "taskmanager.settings.dev")
    main()
