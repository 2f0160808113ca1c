"""One's own profile."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError

from taskmanager.accounts import photos, services
from taskmanager.accounts.forms.fields import TEXT, PhoneField, time_zones
from taskmanager.accounts.models import (
    BIOGRAPHY_LENGTH,
    Theme,
    User,
)
from taskmanager.accounts.photos import Photo
from taskmanager.errors import TooManyRequests
from taskmanager.files.sizes import size_label


class PhotoInput(forms.FileInput):
    """A control that offers images only, which a browser may ignore."""

    def __init__(self) -> None:
        """Name the kinds that are taken."""
        super().__init__(attrs={**TEXT, "accept": "image/png,image/jpeg,image/gif,image/webp"})


class ProfileForm(forms.Form):
    """What somebody tells their colleagues about themselves."""

    photo = forms.FileField(required=False, widget=PhotoInput, error_messages={"empty": "That file is empty."})
    remove_photo = forms.BooleanField(
        required=False, label="Remove the photo", widget=forms.CheckboxInput(attrs={"class": "form-check-input"})
    )
    phone = PhoneField(required=False, help_text="10 digits; spaces, dots, dashes and parentheses don’t matter")
    biography = forms.CharField(
        required=False,
        max_length=BIOGRAPHY_LENGTH,
        help_text="What colleagues should know about you. Markdown.",
        widget=forms.Textarea(attrs={**TEXT, "rows": 6}),
    )
    time_zone = forms.TypedChoiceField(
        required=False,
        empty_value="UTC",
        choices=time_zones,
        help_text="All times are shown in it, and a day begins when it does there",
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    theme = forms.TypedChoiceField(
        required=False,
        empty_value=Theme.SYSTEM,
        choices=Theme.choices,
        widget=forms.Select(attrs={"class": "form-select"}),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        """Take whose profile it is. There is no photo to remove where there is none."""
        super().__init__(*args, **kwargs)
        self.user = user
        self.throttled: TooManyRequests | None = None
        limit = size_label(settings.ATTACHMENT_MAX_SIZE)
        self.fields[
            "photo"
        ].help_text = (
            f"PNG, JPEG, GIF or WebP, up to {limit}. A square is cut from its middle; the file itself isn’t kept."
        )
        if not user.photo:
            del self.fields["remove_photo"]

    def clean_photo(self) -> Photo | None:
        """Return the photo in its sizes, made of the file that was sent; None for none."""
        file = self.cleaned_data["photo"]
        if not file:
            return None
        if file.size > settings.ATTACHMENT_MAX_SIZE:
            size, limit = size_label(file.size), size_label(settings.ATTACHMENT_MAX_SIZE)
            raise ValidationError(f"That file is too large: it has {size}, and a photo may have {limit}.")
        try:
            services.count_photo(self.user)
            return photos.make(file)
        except TooManyRequests as error:
            self.throttled = error
            raise ValidationError(str(error)) from error
        except photos.NotUsable as error:
            raise ValidationError(str(error)) from error

    def clean_biography(self) -> str:
        """Take line ends as they are kept: browsers send CRLF."""
        return str(self.cleaned_data["biography"]).replace("\r\n", "\n")
