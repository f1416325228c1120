from allauth.account.models import EmailAddress
from django.contrib.auth import get_user_model
from django.contrib.auth.management.commands import createsuperuser

from accounts.audit import AuditEvent, record


class Command(createsuperuser.Command):
    help = "Makes a staff account with all rights, whose e-mail address counts as confirmed."

    def handle(self, *args, **options):
        users = get_user_model().objects
        before = list(users.values_list("pk", flat=True))
        super().handle(*args, **options)
        for user in users.exclude(pk__in=before):
            EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
            record(AuditEvent.Kind.RIGHTS, pk=user.pk, detail=f"+ {user._meta.get_field('is_superuser').verbose_name}")
