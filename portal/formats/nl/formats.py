"""Hours as people write them in Belgium, beside Django's own Dutch formats: 17u00, 17u, 17.00."""

TIME_INPUT_FORMATS = ["%H:%M:%S", "%H.%M:%S", "%H.%M", "%H:%M", "%Hu%M", "%Hu"]
