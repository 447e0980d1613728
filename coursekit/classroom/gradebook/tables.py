"""The tables of the gradebook."""

from __future__ import annotations

import sqlalchemy as sa

SCHEMA = 3  # earlier ones had fewer tables: they are added to it

metadata = sa.MetaData()
# C: PostgreSQL sorts names as SQLite and Python do, whatever language the server speaks
Word = sa.String().with_variant(sa.String(collation="C"), "postgresql")
about = sa.Table(
    "coursekit_gradebook", metadata, sa.Column("schema", sa.Integer, primary_key=True, autoincrement=False)
)
results = sa.Table(
    "coursekit_result",
    metadata,
    sa.Column("key", sa.String, primary_key=True),
    sa.Column("exercise", sa.String, nullable=False),
    sa.Column("version", sa.String, nullable=False),
    sa.Column("work", sa.String, nullable=False),
    sa.Column("points", sa.Float, nullable=False),
    sa.Column("report", sa.Text, nullable=False),
    sa.Column("at", sa.String, nullable=False),
)
entries = sa.Table(
    "coursekit_entry",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("learner", Word, nullable=False),
    sa.Column("exercise", sa.String, nullable=False),
    sa.Column("key", sa.ForeignKey(results.c.key), nullable=False),
    sa.Column("problem", sa.Text, nullable=False),
    sa.Column("after", sa.Integer, nullable=False),  # the learner's entry before, so that two graders add one, not two
    sa.Column("at", sa.String, nullable=False),
    sa.UniqueConstraint("learner", "exercise", "key", "after"),
)
accepted = sa.Table(
    "coursekit_accepted",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("exercise", sa.String, nullable=False),
    sa.Column("version", sa.String, nullable=False),
    sa.Column("at", sa.String, nullable=False),
)
marks = sa.Table(
    "coursekit_mark",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("kind", sa.String, nullable=False),  # what it was given to (see gradebook.marks)
    sa.Column("key", Word, nullable=False),
    sa.Column("exercise", sa.String, nullable=False),
    sa.Column("work", sa.String, nullable=False),  # as in a result; empty where it is for whatever is handed in
    sa.Column("points", sa.Float, nullable=True),
    sa.Column("comment", sa.Text, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("taken_back", sa.Boolean, nullable=False),  # this row takes back what the rows before it gave
    sa.Column("at", sa.String, nullable=False),
)
handed_in = sa.Table(
    "coursekit_handed_in",
    metadata,
    sa.Column("digest", sa.String, primary_key=True),
    sa.Column("cells", sa.LargeBinary, nullable=False),  # JSON, compressed
    sa.Column("problem", sa.Text, nullable=False),
    sa.Column("at", sa.String, nullable=False),
)
attempts = sa.Table(
    "coursekit_attempt",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("learner", Word, nullable=False),
    sa.Column("digest", sa.ForeignKey(handed_in.c.digest), nullable=False),
    sa.Column("file", sa.Text, nullable=False),
    sa.Column("at", sa.String, nullable=False),
    sa.UniqueConstraint("learner", "digest"),
)
behaviours = sa.Table(  # of answers that fail by no known mistake (see grading.behaviour)
    "coursekit_behaviour",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("key", sa.ForeignKey(results.c.key), nullable=False, unique=True),
    sa.Column("does", sa.LargeBinary, nullable=False),
    sa.Column("shows", sa.Text, nullable=False),  # JSON: the smallest input that shows it, and what comes there
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("at", sa.String, nullable=False),
)
names = sa.Table(  # of groups of such answers; of several the last counts, and an empty one takes the name away
    "coursekit_name",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("exercise", sa.String, nullable=False),
    sa.Column("works", sa.Text, nullable=False),  # JSON: the work of all who were in the group when it was named
    sa.Column("sentence", sa.Text, nullable=False),
    sa.Column("after", sa.Integer, nullable=False),  # the last entry by then: what came later is told at once
    sa.Column("at", sa.String, nullable=False),
)
names_accepted = sa.Table(  # from when on the names of an exercise are told of what came before them as well
    "coursekit_name_accepted",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("exercise", sa.String, nullable=False),
    sa.Column("name", sa.Integer, nullable=False),  # up to this one
    sa.Column("at", sa.String, nullable=False),
)
