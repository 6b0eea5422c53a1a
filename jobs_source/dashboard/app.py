# /// script
# [tool.marimo.display]
# theme = "system"
# ///
"""The dashboard, as marimo runs it: each cell shows one thing, and runs again if a choice concerns it."""

import marimo

app = marimo.App(width="full", app_title="Salesforce bulk jobs")


@app.cell
def _():
    import marimo as mo

    from jobs_source.dashboard import charts, page
    from jobs_source.dashboard.place import chosen as place

    return charts, mo, page, place


@app.cell
def _(mo, page, place):
    choices = place.choices()
    days, org, kind, object_, user = page.filters(choices, place.org)
    refresh = mo.ui.refresh(options=["1m", "5m", "1h"], default_interval="5m", label="Read again")
    mo.vstack(
        [page.title(), mo.hstack([days, org, kind, object_, user, refresh], justify="start", align="end", wrap=True)]
    )
    return days, kind, object_, org, refresh, user


@app.cell
def _(days, kind, mo, object_, org, page, place, refresh, user):
    refresh  # noqa: B018 - this cell runs when it ticks
    figures = place.figures(
        days.value, org_id=org.value, kind=kind.value, object=object_.value, created_by_id=user.value
    )
    mo.stop(isinstance(figures, str), page.trouble(figures))
    page.headlines(figures)
    return (figures,)


@app.cell
def _(charts, figures, page):
    page.chart("Failures over time", charts.failures_by_day, figures)
    return


@app.cell
def _(charts, figures, page):
    page.chart("Waiting and running times", charts.times_by_day, figures)
    return


@app.cell
def _(charts, figures, mo, page):
    mo.hstack(
        [
            page.chart("Busiest objects", charts.busiest_objects, figures),
            page.chart("Busiest users", charts.busiest_users, figures),
        ],
        widths="equal",
        wrap=True,
    )
    return


@app.cell
def _(charts, figures, page):
    page.chart("When jobs are created", charts.week_heat_map, figures)
    return


@app.cell
def _(figures, page):
    page.failures(figures)
    return


@app.cell
def _(figures, page):
    page.stuck(figures)
    return


@app.cell
def _(charts, figures, mo, page):
    mo.vstack([page.health(figures), page.chart("Share of the API allowance", charts.api_share_by_day, figures)])
    return


if __name__ == "__main__":
    app.run()
