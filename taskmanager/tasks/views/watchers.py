"""The way out of the mails, for whoever got one: no sign-in, for a watcher need not be a member."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from taskmanager.tasks import jobs, services
from taskmanager.tasks.models import Task, Watcher


# A mail program sends the POST of RFC 8058 by itself, and has no cookie; the signed token is what proves it.
@csrf_exempt
@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Ask whether the mails about a task shall stop; stop them on POST. Of the task it shows the reference alone."""
    claim = jobs.read_unsubscribe_token(token)
    if claim is None:
        raise Http404("This is no address of a mail of ours.")
    task_id, email = claim
    task = Task.objects.select_related("project").filter(pk=task_id).first()
    is_watching = task is not None and Watcher.objects.filter(task=task, email=email).exists()
    is_done = False
    if request.method == "POST" and task and is_watching:
        is_done = services.unsubscribe(task, email=email)
        is_watching = False
    context = {"reference": task.reference if task else "", "is_watching": is_watching, "is_done": is_done}
    return render(request, "tasks/unsubscribe.html", context)
