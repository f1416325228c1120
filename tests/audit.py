"""What the audit log has about something that is done."""

from accounts.models import AuditEvent


def rows(**about):
    """Its rows, the oldest first, as (kind, account, by, detail)."""
    events = AuditEvent.objects.filter(**about).order_by("pk").select_related("user", "by")
    return [(event.kind, event.user, event.by, event.detail) for event in events]
