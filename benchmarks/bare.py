"""The least that a dlt script can be: one row into DuckDB. What a small org's run is measured against."""

import dlt


def main() -> None:
    dlt.pipeline("bare", destination="duckdb", dataset_name="rows").run([{"id": 1}], table_name="row")


if __name__ == "__main__":
    main()
