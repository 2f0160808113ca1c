"""Attachments: uploaded on their task's page, downloaded by members alone, and never shown but as a thumbnail."""

from typing import Any

from django.http import Http404, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import reswap, retarget, trigger_client_event

from taskmanager.accounts import submissions
from taskmanager.accounts.submissions import AlreadySubmitted, SentOnceForm
from taskmanager.files import images
from taskmanager.files.sending import send, send_to_storage
from taskmanager.tasks import services, thumbnails, timeline
from taskmanager.tasks.models import Attachment, Task
from taskmanager.tasks.permissions import require
from taskmanager.tasks.views.requests import (
    MemberRequest,
    Toast,
    find_attachment,
    find_task,
    made_before,
    say,
    wants_json,
)
from taskmanager.tasks.views.tasks import PREVIEW_WAITS, attachments_context, detail_context


@require_POST
def attachment_create(request: MemberRequest, pk: int) -> HttpResponse:
    """Attach files to the task: all that were sent, or none."""
    task = find_task(request, pk)
    user = request.user
    require(user, "tasks.add_attachment", task.organization_id)
    form = SentOnceForm(request.POST)
    form.is_valid()
    try:
        with (
            services.stored_files(request.FILES.getlist("attachments"), task.organization_id) as stored,
            submissions.once(form.cleaned_data.get("uuid"), actor=user, form=request.path) as submission,
        ):
            added = services.attach_files(task, stored=stored, actor=user)
            submission.made = _address(task)
    except AlreadySubmitted as error:
        if wants_json(request):
            raise
        if request.htmx:
            # The first answer was lost on its way: here is what it made, and a UUID for the next files.
            context = {"task": task, "upload_problem": str(error), **attachments_context(request, task)}
            return render(request, "tasks/attachments.html#again", context)
        return made_before(request, error, otherwise="tasks:task-list")
    except services.UploadRefused as error:
        return _refused(request, task, error)
    if wants_json(request):
        return JsonResponse({"items": [as_json(attachment) for attachment in added]}, status=201)
    if not request.htmx:
        return redirect(_address(task))
    context = {
        "task": task,
        "entry": timeline.last_entry(task, request.user),
        **attachments_context(request, task),
    }
    said = f"{added[0].name} attached." if len(added) == 1 else f"{len(added)} files attached."
    response = render(request, "tasks/attachments.html#added", context)
    return trigger_client_event(response, "announce", {"value": said})


def _refused(request: MemberRequest, task: Task, error: services.UploadRefused) -> HttpResponse:
    """Answer beside the control, which keeps its files where the page stays."""
    if wants_json(request):
        raise error
    context = {"task": task, "upload_problem": str(error)}
    if request.htmx:
        response = render(request, "tasks/attachments.html#problem", context, status=error.status)
        return reswap(retarget(response, f"#attach-problem-{task.pk}"), "outerHTML")
    context |= detail_context(request, task)
    return render(request, "tasks/detail.html", context, status=error.status)


@require_safe
def attachment_download(request: MemberRequest, pk: int) -> HttpResponseBase:
    """Send the file, to be saved and never to be shown."""
    attachment = find_attachment(request, pk)
    place, name, content_type = str(attachment.file.name), attachment.name, attachment.content_type
    elsewhere = send_to_storage(request, place, name=name, content_type=content_type)
    return elsewhere or send(request, place, name=name, content_type=content_type)


@require_safe
def attachment_preview(request: MemberRequest, pk: int) -> HttpResponseBase:
    """Send the thumbnail; to a page that waits for it, its place, which asks again a few times."""
    attachment = find_attachment(request, pk)
    if request.htmx:
        tried = request.GET.get("tried", "")
        waits = PREVIEW_WAITS[int(tried) :] if tried.isdecimal() and len(tried) < 3 else ()
        context = {"attachment": attachment, "tried": len(PREVIEW_WAITS) - len(waits) + 1, "wait": next(iter(waits), 0)}
        return render(request, "tasks/attachments.html#thumb", context)
    if attachment.preview != Attachment.Preview.READY:
        raise Http404("There is no preview, or not yet.")
    name = thumbnails.name_of(attachment.name)
    return send(request, str(attachment.thumbnail.name), name=name, content_type=images.CONTENT_TYPE, is_inline=True)


@require_http_methods(["GET", "HEAD", "POST"])
def attachment_delete(request: MemberRequest, pk: int) -> HttpResponse:
    """Ask for confirmation, then delete the attachment."""
    attachment = find_attachment(request, pk)
    require(request.user, "tasks.delete_attachment", attachment.organization_id)
    task = attachment.task
    if request.method == "POST":
        services.delete_attachment(attachment, actor=request.user)
        if wants_json(request):
            return HttpResponse(status=204)
        say(request, Toast(f"{attachment.name} deleted."))
        return redirect(_address(task))
    context = {"attachment": attachment, "task": task, "project": task.project, "task_url": _address(task)}
    return render(request, "tasks/attachment_delete.html", context)


def _address(task: Task) -> str:
    return f"{reverse('tasks:task-detail', args=[task.pk])}#attachments"


def as_json(attachment: Attachment) -> dict[str, Any]:
    """Return the attachment as JSON has it."""
    uploader = attachment.uploader
    return {
        "id": attachment.pk,
        "task": attachment.task_id,
        "name": attachment.name,
        "size": attachment.size,
        "content_type": attachment.content_type,
        "uploader": {"id": uploader.pk, "username": uploader.username} if uploader else None,
        "preview": attachment.preview,
        "created_at": attachment.created_at,
    }
