"""
Shows what is kept, to people: a dashboard and a report, whose figures come from one place.

`filters.py` says which jobs; `database.py` asks for them; `figures.py` puts the answers together; `charts.py` draws
them. `app.py` is the dashboard; `sections.py` is the report, which `html.py` and `markdown.py`
write.
"""
