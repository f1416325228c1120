"""The calls of the EU Funding & Tenders Portal: fetching, reading, and the inbox of what differs from ours."""
