"""The tables of the workshop."""

from __future__ import annotations

import sqlalchemy as sa

SCHEMA = 1

metadata = sa.MetaData()
about = sa.Table("coursekit_workshop", metadata, sa.Column("schema", sa.Integer, primary_key=True, autoincrement=False))
sessions = sa.Table(
    "coursekit_session",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("code", sa.String, nullable=False),  # what learners join by
    sa.Column("begun", sa.String, nullable=False),
    sa.Column("ended", sa.String, nullable=False),  # empty while it goes on
)
people = sa.Table(
    "coursekit_person",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("session", sa.ForeignKey(sessions.c.id), nullable=False, index=True),
    sa.Column("role", sa.String, nullable=False),
    sa.Column("name", sa.Text, nullable=False),  # empty where a learner has given none
    sa.Column("number", sa.Integer, nullable=False),  # the first of a role in a session is 1
    sa.Column("token", sa.String, nullable=False, unique=True),  # its SHA-256: the token itself is kept nowhere
    sa.Column("at", sa.String, nullable=False),
)
events = sa.Table(
    "coursekit_event",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),  # in the order in which they were kept
    sa.Column("session", sa.ForeignKey(sessions.c.id), nullable=False, index=True),
    sa.Column("person", sa.ForeignKey(people.c.id), nullable=False),  # an instructor's are what was said to the room
    sa.Column("uid", sa.String, nullable=False),  # made by whoever posts: what comes twice is kept once
    sa.Column("body", sa.Text, nullable=False),  # JSON
    sa.Column("at", sa.Float, nullable=False),  # by the server's clock, in seconds since 1970
    sa.UniqueConstraint("person", "uid"),
)
