"""Crashes go to Sentry where a SENTRY_DSN says so, and tell of code, not of people."""

from importlib import import_module

from portal.logs import hidden

# Of a request, what tells which page it was.
OF_A_REQUEST = {"method", "url"}
OF_AN_EVENT = {
    *("event_id", "timestamp", "platform", "level", "logger", "logentry", "exception", "transaction"),
    *("environment", "release", "server_name", "request", "sdk", "fingerprint"),
}


def report_to(dsn):
    """Without a DSN nothing is imported. Raises ModuleNotFoundError where sentry-sdk is not installed."""
    if not dsn:
        return
    import_module("sentry_sdk").init(
        dsn=dsn,
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        auto_session_tracking=False,
        before_send=without_people,
    )


def without_people(event, _hint):
    """Of an event only the parts that we know, with the addresses, tokens and searches in them hidden."""
    event = {name: value for name, value in event.items() if name in OF_AN_EVENT}
    if request := event.get("request"):
        event["request"] = {name: value for name, value in request.items() if name in OF_A_REQUEST}
    return masked(event)


def masked(value):
    if isinstance(value, str):
        return hidden(value)
    if isinstance(value, dict):
        return {name: masked(one) for name, one in value.items()}
    return [masked(one) for one in value] if isinstance(value, list | tuple) else value
