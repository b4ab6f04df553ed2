# SPDX-License-Identifier: Apache-2.0
"""django-helpdesk as a program: its settings from the environment, its tables, users and a queue, and its
server.

Started by tests/support/real_helpdesk.py in an environment of its own, where Django is.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

FOLDER = Path(os.environ["HELPDESK_FOLDER"])

SETTINGS: dict[str, Any] = {
    "SECRET_KEY": "of the tests",
    "DEBUG": False,
    "ALLOWED_HOSTS": ["127.0.0.1"],
    "ROOT_URLCONF": "site_of_tests",
    "INSTALLED_APPS": [
        "django.contrib.admin",
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.messages",
        "django.contrib.staticfiles",
        "django.contrib.sites",
        "django.contrib.humanize",
        "helpdesk",
        "rest_framework",
    ],
    "MIDDLEWARE": [
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
    ],
    "TEMPLATES": [
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                    "django.contrib.messages.context_processors.messages",
                ]
            },
        }
    ],
    "DATABASES": {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": FOLDER / "helpdesk.sqlite"}},
    "DEFAULT_AUTO_FIELD": "django.db.models.AutoField",
    "SITE_ID": 1,
    "USE_TZ": True,
    "TIME_ZONE": "UTC",
    "STATIC_URL": "/static/",
    "MEDIA_ROOT": FOLDER / "media",
    "MEDIA_URL": "/media/",
    "EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend",
    "PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"],
    "LOGIN_URL": "helpdesk:login",
    "HELPDESK_TEAMS_MODE_ENABLED": False,
    "HELPDESK_SUBMIT_A_TICKET_PUBLIC": True,
    "HELPDESK_VALID_EXTENSIONS": [".json"],
}

PASSWORD = "of the staff"  # noqa: S105
STAFF = ("ann", "bo", "bridge")


def main(port: str) -> None:
    import django
    from django.conf import settings

    settings.configure(**SETTINGS)
    django.setup()
    from django.contrib.auth import get_user_model
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    people = get_user_model().objects
    for name in STAFF:
        people.create_superuser(name, f"{name}@desk.example", PASSWORD)
    from helpdesk.models import Queue

    Queue.objects.create(title="Wallet", slug="wallet", allow_public_submission=True)
    print("ready", flush=True)
    call_command("runserver", f"127.0.0.1:{port}", use_reloader=False, verbosity=0)


if __name__ == "__main__":
    main(sys.argv[1])
else:
    from django.contrib.staticfiles.views import serve as serve_static
    from django.urls import include, path
    from django.views.static import serve

    urlpatterns = [
        path("media/<path:path>", serve, {"document_root": FOLDER / "media"}),
        path("static/<path:path>", serve_static, {"insecure": True}),
        path("", include("helpdesk.urls", namespace="helpdesk")),
    ]
