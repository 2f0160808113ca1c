"""Recovery codes: each lets its user in once, for when every other factor is lost."""

import base64
import secrets

from django.db import transaction
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from taskmanager.accounts import encryption, jobs
from taskmanager.accounts.models import AuditKind, RecoveryCode, User
from taskmanager.accounts.services.audit import record_event

RECOVERY_CODES = 10
# 80 bits, which are 16 letters and digits: nobody tries them all, even with the hashes and their key in hand.
CODE_BYTES = 10
# What people read instead of the letters that there are.
MISREAD = str.maketrans("018", "olb")


@sensitive_variables("codes")
@transaction.atomic
def replace_recovery_codes(user: User, *, address: str = "") -> list[str]:
    """Return new recovery codes, which nobody can read again; the old ones work no more."""
    codes = [base64.b32encode(secrets.token_bytes(CODE_BYTES)).decode().lower() for _number in range(RECOVERY_CODES)]
    RecoveryCode.objects.filter(user=user).delete()
    RecoveryCode.objects.bulk_create(
        RecoveryCode(organization_id=user.organization_id, user=user, digest=_digests(user, code)[0]) for code in codes
    )
    record_event(user.organization_id, AuditKind.RECOVERY_CODES_MADE, actor=user, address=address, count=len(codes))
    return ["-".join(code[at : at + 4] for at in range(0, len(code), 4)) for code in codes]


@sensitive_variables("code")
@transaction.atomic
def use_recovery_code(user: User, *, code: str, address: str = "") -> bool:
    """Whether it is a code of the user that wasn't used; now it is. Of racing requests with one code, one wins."""
    typed = "".join(each for each in code.lower() if each.isalnum()).translate(MISREAD)
    # One statement looks and takes: whoever waits for the row finds it used.
    taken = RecoveryCode.objects.left().filter(user=user, digest__in=_digests(user, typed))
    if not taken.update(used_at=timezone.now()):
        return False
    left = RecoveryCode.objects.left().filter(user=user).count()
    record_event(user.organization_id, AuditKind.RECOVERY_CODE_USED, actor=user, address=address, left=left)
    jobs.mail_second_factor.enqueue(user.pk, "recovery", str(left), timezone.now().isoformat())
    return True


def _digests(user: User, code: str) -> list[str]:
    return encryption.keyed_hashes(f"{user.pk}:{code}", purpose="recovery-code")
