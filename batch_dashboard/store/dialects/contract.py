"""The interface of each kind of database: SQL, bulk rows, full-text search, CSV lines.

Everything that differs between the databases is behind these interfaces.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import URL, Connection, Table
from sqlalchemy.types import TypeEngine

from batch_dashboard.model.catalogue.fields import Kind

if TYPE_CHECKING:
    from batch_dashboard.store.dialects.database import Database

Row = Sequence[Any]
# Columns with the same value in every row.
Constants = Mapping[str, int | str | None]
NO_CONSTANTS: Constants = {}
# Most texts begin with a letter; two comparisons show that a spreadsheet sees no formula in them.
FIRST_LETTER = "A"
FIRST_BEYOND_ASCII = "\x80"


class ColumnTypes(NamedTuple):
    """The types of columns that the databases spell differently; None: as SQLAlchemy has it."""

    row_id: TypeEngine[Any] | None = None
    double: TypeEngine[Any] | None = None
    bytewise_text: TypeEngine[Any] | None = None
    time: TypeEngine[Any] | None = None


class Cell(NamedTuple):
    """One column of a CSV file: the SQL expression it comes from, and how that is formatted."""

    expression: str
    kind: Kind
    is_optional: bool
    is_unix_time: bool


class Upsert(NamedTuple):
    """Rows that are inserted, or change the row that has their key.

    Each update is `column = expression`, in which `excluded.x` is the new row's value and
    `table.x` the stored one.
    """

    table: Table
    columns: Sequence[str]
    rows: Sequence[Row]
    keys: Sequence[str]
    updates: Sequence[str]
    constants: Constants
    returning: Sequence[str]

    @property
    def into(self) -> str:
        """The table with the columns that are given."""
        return f"{self.table.name} ({', '.join((*self.columns, *self.constants))})"

    @property
    def clauses(self) -> str:
        """The part of the statement after the values."""
        change = f"ON CONFLICT ({', '.join(self.keys)}) DO UPDATE SET {', '.join(self.updates)}"
        return f"{change} RETURNING {', '.join(self.returning)}" if self.returning else change


class Rows(ABC):
    """Fast statements for many rows, which are passed directly to the driver."""

    @abstractmethod
    def insert_columns(
        self,
        connection: Connection,
        table: Table,
        columns: Mapping[str, Sequence[Any]],
        constants: Constants,
    ) -> None:
        """Insert rows given by column, all of one length, as the database stores their values."""

    @abstractmethod
    def upsert(self, connection: Connection, upsert: Upsert) -> list[Row]:
        """Insert or change rows; returns the columns `returning` of each resulting row."""

    @abstractmethod
    def statement(self, statement: str) -> str:
        """Convert a statement with the parameters `?` to the form of the driver."""

    @abstractmethod
    def as_stored(self, value: Any) -> Any:
        """Convert a value to the form of the driver."""

    @abstractmethod
    def is_among(self, column: str) -> str:
        """A condition: a text column is one of the texts in a parameter made by `texts`."""

    @abstractmethod
    def texts(self, texts: Sequence[str]) -> Any:
        """The value of such a parameter."""


class WordSearch(NamedTuple):
    """The SQL that finds messages in `failure_words`."""

    id_column: str
    condition: str  # with the parameter `:words`
    words: str  # its value


class Words(ABC):
    """The full-text index of messages, the table `failure_words`."""

    @abstractmethod
    def clear(self, connection: Connection) -> None:
        """Delete every message."""

    @abstractmethod
    def insert(self, connection: Connection, messages: Iterable[tuple[int, str]]) -> None:
        """Insert messages, each as an id and its words separated by spaces."""

    @abstractmethod
    def delete(self, connection: Connection, messages: Iterable[tuple[int, str]]) -> None:
        """Delete messages, given as they were inserted."""

    @abstractmethod
    def search(self, words: Sequence[str], *, last_is_beginning: bool) -> WordSearch:
        """The search for messages with all of these words."""


class CsvLines(ABC):
    """SQL that formats rows as lines of CSV. Source: docs/exports.md, "The format"."""

    @abstractmethod
    def begin_snapshot(self, connection: Connection) -> None:
        """Make the next transaction a snapshot, with the SQL functions that lines need."""

    @abstractmethod
    def line(self, connection: Connection, cells: Sequence[Cell]) -> str:
        """An expression that makes a row of the file, with its line end."""

    @abstractmethod
    def joined_lines(self, order: str) -> str:
        """An aggregate of the column `line` of a query that is sorted by `order`."""

    @abstractmethod
    def is_among(self, column: str, parameter: str) -> str:
        """A condition: a column is one of the ids in a parameter made by `ids`."""

    @abstractmethod
    def ids(self, ids: list[int]) -> Any:
        """The value of the parameter of `is_among`."""

    @abstractmethod
    def joined_tables(self, first: str, second: str) -> str:
        """Two tables before `ON`, such that pages begin at the first one."""


class Dialect(ABC):
    """One kind of database."""

    # As in SQLAlchemy and in database URLs.
    name: str
    types: ColumnTypes
    # Arguments for Table and Index, without the name of the dialect before them.
    rows_by_key: Mapping[str, Any] = {}
    ids_never_reused: Mapping[str, Any] = {}
    rows: Rows
    words: Words
    csv: CsvLines

    @abstractmethod
    def open(self, url: URL, wait_seconds: float) -> "Database":
        """The database of a URL, without a connection yet."""

    @abstractmethod
    def prefix_operators(self, column: str) -> Mapping[str, Any]:
        """Arguments for an Index of a text that finds values by their prefix."""

    # The operators for >= and < that such an index supports.
    prefix_comparison: tuple[str, str]
    # The suffix of a text in ORDER BY that orders by bytes, as Python does.
    bytewise_order: str

    @abstractmethod
    def whole_number(self, number: str) -> str:
        """The integer part of a number that is not negative, as a 64-bit integer."""

    @abstractmethod
    def day_of_time(self, time: str) -> str:
        """The UTC day of a stored time."""

    @abstractmethod
    def day_of_unix(self, seconds: str) -> str:
        """The UTC day of a time kept as seconds since 1970."""

    @abstractmethod
    def week_start(self, day: str) -> str:
        """The Monday of the week that holds a day."""

    @abstractmethod
    def month_start(self, day: str) -> str:
        """The first day of the month that holds a day."""

    @abstractmethod
    def year_start(self, day: str) -> str:
        """The first day of the year that holds a day."""

    @abstractmethod
    def concatenated(self, column: str, query: str, order: str) -> str:
        """A text column of all rows of a query, joined in an order; a query of one value."""

    @abstractmethod
    def last_characters(self, text: str, count: int) -> str:
        """The end of a text."""

    @abstractmethod
    def version(self, connection: Connection) -> str:
        """The database and its version, such as `SQLite 3.45.1`."""

    @abstractmethod
    def size_bytes(self, connection: Connection) -> int:
        """The size of the database."""

    def give_space_back(self, _connection: Connection, _pages: int) -> int:
        """Return up to `pages` free pages to the system; returns how many are left.

        Does nothing if the database returns them by itself.
        """
        return 0
