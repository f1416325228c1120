from allauth.account.models import EmailAddress
from django.contrib.auth import get_user_model
from django.contrib.auth.management.commands import createsuperuser


class Command(createsuperuser.Command):
    help = "Makes a staff account with all rights, whose e-mail address counts as confirmed."

    def handle(self, *args, **options):
        super().handle(*args, **options)
        for user in get_user_model().objects.filter(is_superuser=True, emailaddress=None):
            EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
