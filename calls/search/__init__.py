"""Searching calls: the same words found on SQLite and on PostgreSQL.

`words` takes text apart, `models` keeps the words of every call, `indexing` fills them, `query` reads what somebody
typed, `engines` asks the database, `finding` joins the three, `marking` shows where the words stand.
"""
