"""Comments: written at the end of a task's page, edited and deleted in their place there or on pages of their own."""

from typing import Any

from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import reswap, retarget, trigger_client_event

from taskmanager.accounts import submissions
from taskmanager.accounts.submissions import AlreadySubmitted
from taskmanager.errors import DomainError
from taskmanager.tasks import cards, markdown, queries, services, timeline
from taskmanager.tasks.forms import CommentEditForm, CommentForm
from taskmanager.tasks.models import Comment, Task
from taskmanager.tasks.permissions import require_comment_deletion, require_comment_edit
from taskmanager.tasks.views.requests import MemberRequest, Toast, find_comment, find_task, say, wants_json
from taskmanager.tasks.views.tasks import detail_context


@require_POST
def comment_create(request: MemberRequest, pk: int) -> HttpResponse:
    """Comment on the task."""
    task = find_task(request, pk)
    form = CommentForm(request.POST)
    if not form.is_valid():
        return _unwritten(request, task, form)
    try:
        with submissions.once(form.cleaned_data["uuid"], actor=request.user, form=request.path) as submission:
            comment = services.create_comment(task, actor=request.user, text=form.cleaned_data["text"])
            submission.made = str(comment.pk)
    except AlreadySubmitted as error:
        return _written_before(request, task, error)
    if wants_json(request):
        return JsonResponse(as_json(comment), status=201)
    if not request.htmx:
        return redirect(f"{reverse('tasks:task-detail', args=[pk])}#comment-{comment.pk}")
    context = {
        **_card_context(request, pk),
        "entry": timeline.entry(comment, request.user),
        "comment_form": CommentForm(),
    }
    return _announced(render(request, "tasks/timeline.html#posted", context), "Comment added.")


def _written_before(request: MemberRequest, task: Task, error: AlreadySubmitted) -> HttpResponse:
    """Answer a comment that was sent twice with what there is now: the page may have lost the first answer."""
    comment = Comment.objects.of(request.user.organization).for_editing().filter(pk=error.made or 0).first()
    if wants_json(request):
        return JsonResponse({**(as_json(comment) if comment else {}), "message": str(error)})
    if not request.htmx:
        say(request, Toast(str(error)))
        return redirect(_address(comment) if comment else reverse("tasks:task-detail", args=[task.pk]))
    context = {**detail_context(request, task), "toast": Toast(str(error))}
    context["comment_form"] = CommentForm()
    response = render(request, "tasks/timeline.html#posted_before", context)
    return reswap(retarget(response, "#task"), "outerHTML")


def _unwritten(request: MemberRequest, task: Task, form: CommentForm) -> HttpResponse:
    """Answer with what is wrong at the field, and what was typed still in it."""
    if wants_json(request):
        raise DomainError(_sentences(form))
    form.fields["text"].widget.attrs["autofocus"] = True
    if request.htmx:
        return render(request, "tasks/timeline.html#write", {"task": task, "comment_form": form})
    return render(request, "tasks/detail.html", {**detail_context(request, task), "comment_form": form})


@require_http_methods(["GET", "HEAD", "POST"])
def comment_edit(request: MemberRequest, pk: int) -> HttpResponse:
    """Edit one's own comment; where it was edited since the form was opened, both texts are shown."""
    comment = find_comment(request, pk)
    require_comment_edit(comment, request.user)
    form = _edit_form(request, comment, request.POST if request.method == "POST" else None)
    status, conflict = 200, {}
    if request.method == "POST" and form.is_valid():
        text, version = form.cleaned_data["text"], form.cleaned_data["version"] or comment.version
        try:
            saved = services.edit_comment(comment, actor=request.user, version=version, text=text)
        except services.CommentConflict as error:
            if wants_json(request):
                raise
            status, conflict = error.status, {"theirs": error.comment.text, "yours": text}
            form = _edit_form(request, comment, {"text": text, "version": error.comment.version})
        else:
            return _edited(request, saved)
    if wants_json(request) and form.is_bound:
        raise DomainError(_sentences(form))
    template = "tasks/comment_edit.html#in_place" if request.htmx else "tasks/comment_edit.html"
    return render(request, template, {**_comment_context(comment), "form": form, **conflict}, status=status)


def _edit_form(request: MemberRequest, comment: Comment, data: Any) -> CommentEditForm:
    # In its place on the task's page the box for a new comment has the plain name.
    auto_id = f"id_%s_{comment.pk}" if request.htmx else "id_%s"
    form = CommentEditForm(data, initial={"text": comment.text, "version": comment.version}, auto_id=auto_id)
    form.fields["text"].widget.attrs["autofocus"] = True
    return form


def _edited(request: MemberRequest, comment: Comment) -> HttpResponse:
    if wants_json(request):
        return JsonResponse(as_json(comment))
    if not request.htmx:
        return redirect(_address(comment))
    context = {"entry": timeline.entry(comment, request.user)}
    return _announced(render(request, "tasks/timeline.html#comment", context), "Comment saved.")


@require_http_methods(["GET", "HEAD", "POST"])
def comment_delete(request: MemberRequest, pk: int) -> HttpResponse:
    """Ask for confirmation, then delete the comment."""
    comment = find_comment(request, pk)
    require_comment_deletion(comment, request.user)
    if request.method == "POST":
        services.delete_comment(comment, actor=request.user)
        return _deleted(request, comment.task)
    html = markdown.render(comment.text, organization=request.user.organization)
    template = "tasks/comment_delete.html#in_place" if request.htmx else "tasks/comment_delete.html"
    return render(request, template, {**_comment_context(comment), "html": html})


def _deleted(request: MemberRequest, task: Task) -> HttpResponse:
    if wants_json(request):
        return HttpResponse(status=204)
    if not request.htmx:
        say(request, Toast("Comment deleted."))
        return redirect("tasks:task-detail", pk=task.pk)
    context = {**_card_context(request, task.pk), "entry": timeline.last_entry(task, request.user)}
    return _announced(render(request, "tasks/timeline.html#deleted", context), "Comment deleted.")


def _card_context(request: MemberRequest, pk: int) -> dict[str, Any]:
    """Return what the task's card on the board shows: it counts the comments."""
    task = find_task(request, pk)
    above = queries.card_above(task)
    return {"task": task, "card": cards.card(task, request.user), "above": above.pk if above else ""}


def _comment_context(comment: Comment) -> dict[str, Any]:
    return {
        "comment": comment,
        "comment_url": _address(comment),
        "task": comment.task,
        "project": comment.task.project,
    }


def _address(comment: Comment) -> str:
    """Return where the comment is read: on its task's page, among older ones where it is one of these."""
    place = timeline.place(comment)
    older = f"?before={place}" if place else ""
    return f"{reverse('tasks:task-detail', args=[comment.task_id])}{older}#comment-{comment.pk}"


def _announced(response: HttpResponse, sentence: str) -> HttpResponse:
    """Let the page say it to those who don't see it."""
    return trigger_client_event(response, "announce", {"value": sentence})


def _sentences(form: CommentForm) -> str:
    # What is wrong with a hidden field is told twice: there, and of the whole form.
    return " ".join(dict.fromkeys(str(message) for errors in form.errors.values() for message in errors))


def as_json(comment: Comment) -> dict[str, Any]:
    """Return the comment as JSON has it."""
    author = comment.author
    return {
        "id": comment.pk,
        "task": comment.task_id,
        "author": {"id": author.pk, "username": author.username} if author else None,
        "text": comment.text,
        "created_at": comment.created_at,
        "edited_at": comment.edited_at,
        "version": comment.version,
    }
