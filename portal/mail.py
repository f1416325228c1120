from email import message_from_bytes, policy

from django.core.mail.backends import console


class ReadableConsole(console.EmailBackend):
    """Mails on the screen of whoever develops, to be read and clicked: no encoded letters, no broken links."""

    def write_message(self, message):
        to = ", ".join(message.recipients())
        written = message_from_bytes(message.message().as_bytes(), policy=policy.default)
        text = written.get_body(preferencelist=("plain", "html")).get_content().rstrip()
        self.stream.write(f"{'-' * 79}\nTo: {to}\nSubject: {message.subject}\n\n{text}\n{'-' * 79}\n")
