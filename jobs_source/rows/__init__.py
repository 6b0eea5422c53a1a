"""From the JSON of a page to Arrow tables. It knows no HTTP and no dlt."""
