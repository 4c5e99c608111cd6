"""Copies of the columns of a table for another one. Source: docs/data-model.md."""

from typing import Any

from sqlalchemy import Column, Table


def copied(table: Table, without: tuple[str, ...] = ()) -> list[Column[Any]]:
    return [
        Column(column.name, column.type, nullable=column.nullable)
        for column in table.columns
        if not column.primary_key and column.name not in without
    ]
