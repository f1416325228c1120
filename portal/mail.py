from django.core.mail.backends import console


class ReadableConsole(console.EmailBackend):
    """Mails on the screen of whoever develops, to be read and clicked: no encoded letters, no broken links."""

    def write_message(self, message):
        to = ", ".join(message.recipients())
        self.stream.write(f"{'-' * 79}\nTo: {to}\nSubject: {message.subject}\n\n{message.body}\n{'-' * 79}\n")
