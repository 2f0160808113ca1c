"""Addresses of the product."""

from importlib.util import find_spec

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from taskmanager import views
from taskmanager.accounts import urls as accounts_urls
from taskmanager.api import api
from taskmanager.measuring import metrics_page
from taskmanager.tasks import views as tasks_views

# These know of work, too, which the app of accounts doesn't: registration makes a project, for example.
accounts_urlpatterns = [
    path("register/", views.register, name="register"),
    path("people/<str:username>/", tasks_views.person, name="person"),
    path("export/", tasks_views.export, name="export"),
    path("close/", tasks_views.account_close, name="close"),
    path("closed/", tasks_views.account_closed, name="closed"),
    *accounts_urls.urlpatterns,
]
urlpatterns = [
    path("", include("taskmanager.tasks.urls")),
    path("accounts/", include((accounts_urlpatterns, accounts_urls.app_name))),
    path("api/v1/", api.urls),
    path(settings.ADMIN_URL, admin.site.urls),
    path("metrics", metrics_page, name="metrics"),
    path("health/", include("taskmanager.health.urls")),
    path("help/", views.help_page, name="help"),
    path("about/", views.about, name="about"),
    path("contact/", views.contact, name="contact"),
    path("contact/thanks/", views.contact_thanks, name="contact-thanks"),
]

if settings.DEBUG and find_spec("debug_toolbar"):
    urlpatterns += [path("__debug__/", include("debug_toolbar.urls"))]

handler400 = "taskmanager.views.bad_request"
handler403 = "taskmanager.views.permission_denied"
handler404 = "taskmanager.views.page_not_found"
handler500 = "taskmanager.views.server_error"
