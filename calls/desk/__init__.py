"""What helps the editors: checks before publishing, links, versions, bulk work, the overview."""
