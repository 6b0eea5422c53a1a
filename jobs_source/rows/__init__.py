"""From the JSON of a page to Arrow tables. It uses neither HTTP nor dlt."""
