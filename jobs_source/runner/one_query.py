"""Whether a text of SQL is one query that only reads, as far as can be told without a database."""

import logging
from typing import Final

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from jobs_source.exceptions import QueryError

ONLY_A_SELECT: Final = (
    "`sql` takes one SELECT query, which may also begin with `with`, `values` or `from`. This is another statement."
    " Nothing was run."
)
_READS: Final = (exp.Query, exp.Values, exp.Describe, exp.Show, exp.Summarize, exp.Pivot)
_MISTAKES: Final = (exp.Condition, exp.Alias)  # such as `selec`, which sqlglot takes for a column
_WRITES: Final = (exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.Create, exp.Copy, exp.Into, exp.Command)


def refuse_writes(text: str, dialect: str) -> bool:
    """
    Refuse what is not one query, and tell whether that is certain: a text that sqlglot cannot read may be one.

    Raises:
        QueryError: If *text* is no statement or several, or one that does more than read.
    """
    logging.getLogger("sqlglot").setLevel(logging.ERROR)  # it warns of statements that it knows by their first word
    try:
        found = sqlglot.parse(text, dialect=dialect or None)
    except SqlglotError:
        return False
    statements = [statement for statement in found if statement and not isinstance(statement, exp.Semicolon)]
    if not statements:
        raise QueryError('There is no query. Write `sql "select ..."`, or `sql -` to read it from standard input.')
    if len(statements) > 1:
        raise QueryError(f"`sql` takes one query at a time, and these are {len(statements)} statements.")
    (statement,) = statements
    if isinstance(statement, _MISTAKES):
        return False
    if not isinstance(statement, _READS) or any(statement.find_all(*_WRITES)):
        raise QueryError(ONLY_A_SELECT)
    return True
