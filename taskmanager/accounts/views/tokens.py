"""API tokens of one's own, and pairs to try the API by hand."""

from http import HTTPStatus

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from taskmanager.accounts import services, submissions
from taskmanager.accounts.forms import TokenForm
from taskmanager.accounts.models import ApiToken, RefreshToken
from taskmanager.accounts.requests import MemberRequest, Toast, address_of, made_before, say
from taskmanager.accounts.submissions import AlreadySubmitted, SentOnceForm

# Live ones are few; of those that ended, the latest are shown.
ENDED_SHOWN = 50


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def token_list(request: MemberRequest) -> HttpResponse:
    """List one's own tokens, and make one: its secret is in the answer to that form and nowhere else, ever."""
    form = TokenForm(request.POST if request.method == "POST" else None)
    status = HTTPStatus.OK
    if form.is_valid():
        try:
            return _make(request, form)
        except AlreadySubmitted as error:
            return made_before(request, error, otherwise="accounts:token-list")
        except (services.TooManyTokens, services.TokenLivesTooLong) as error:
            form.add_error(None, str(error))
            status = HTTPStatus(error.status)
    tokens = ApiToken.objects.of(request.user)
    live = list(tokens.live().order_by("-created_at", "-pk"))
    ended = tokens.exclude(pk__in=[token.pk for token in live]).order_by("-created_at", "-pk")[:ENDED_SHOWN]
    context = {
        "form": form,
        "pair_form": SentOnceForm(prefix=None),
        "live": live,
        "ended": ended,
        "pairs": RefreshToken.objects.of(request.user).live().count(),
        "most": services.MOST_TOKENS,
    }
    return render(request, "accounts/tokens.html", context, status=status)


@sensitive_variables("secret")
def _make(request: MemberRequest, form: TokenForm) -> HttpResponse:
    given = form.cleaned_data
    with submissions.once(given["uuid"], actor=request.user, form=request.path) as submission:
        token, secret = services.create_token(
            request.user,
            name=given["name"],
            scope=given["scope"],
            expires_at=form.expires_at,
            address=address_of(request),
        )
        submission.made = request.path
    context = {"token": token, "secret": secret}
    return render(request, "accounts/token_made.html", context, status=HTTPStatus.CREATED)


@require_POST
def token_revoke(request: MemberRequest, pk: int) -> HttpResponse:
    """End a token of one's own."""
    token = get_object_or_404(ApiToken.objects.of(request.user), pk=pk)
    try:
        services.revoke_token(token, actor=request.user, address=address_of(request))
    except services.TokenGone as error:
        say(request, Toast(str(error), kind="error"))
    else:
        say(request, Toast(f"{token.name} is revoked: it opens nothing any more."))
    return redirect("accounts:token-list")


@require_POST
def token_revoke_all(request: MemberRequest) -> HttpResponse:
    """End all tokens and pairs of one's own."""
    ended = services.revoke_tokens_of(request.user, address=address_of(request))
    text = "All your tokens are revoked: they open nothing any more." if ended else "There was nothing to revoke."
    say(request, Toast(text))
    return redirect("accounts:token-list")


@never_cache
@require_POST
@sensitive_variables("pair")
def token_pair(request: MemberRequest) -> HttpResponse:
    """Hand out a pair for the API, shown once like a token."""
    form = SentOnceForm(request.POST)
    form.is_valid()
    try:
        with submissions.once(form.cleaned_data.get("uuid"), actor=request.user, form=request.path) as submission:
            pair = services.issue_pair(request.user, address=address_of(request))
            submission.made = reverse("accounts:token-list")
    except AlreadySubmitted as error:
        return made_before(request, error, otherwise="accounts:token-list")
    return render(request, "accounts/token_pair.html", {"pair": pair}, status=HTTPStatus.CREATED)
