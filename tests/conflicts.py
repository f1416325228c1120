"""A form of a call that is sent after somebody else saved it."""

from calls.desk.versions import versioned
from calls.models import Call
from tests.desk import Form, visible

HEADING = "Iemand wijzigde deze oproep terwijl u eraan werkte"


def path(call):
    return f"/beheer/calls/call/{call.pk}/change/"


def others(call, an, **fields):
    """What somebody else saves meanwhile."""
    with versioned(an, "Titel gewijzigd."):
        call = Call.objects.get(pk=call.pk)
        for name, value in fields.items():
            setattr(call, name, value)
        call.save()


class Answer:
    """What comes back when a form is sent."""

    def __init__(self, desk, call, form, **changes):
        self.response = desk.client.post(path(call), form | {"_save": ""} | changes)
        self.saved = self.response.status_code == 302
        form = Form("" if self.saved else self.response.text)
        self.form, self.errors = form.fields, form.errors
        text = "" if self.saved else visible(self.response.text)
        self.text = text.partition(HEADING)[2].partition("Toch opslaan")[0].strip()

    @property
    def told(self):
        return self.text.partition("Veld Wat er wijzigde ")[2]
