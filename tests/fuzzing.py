"""What the tests with made-up input share."""

from hypothesis import HealthCheck, settings


def examples(number):
    """The same so many examples at every run. What a fixture made is only read, so all of them may share it."""
    return settings(
        max_examples=number,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
