# /// script
# [tool.marimo.display]
# theme = "system"
# ///
"""The dashboard, as marimo runs it: each cell shows one thing, and runs again if a choice concerns it."""

import marimo

app = marimo.App(width="full", app_title="Salesforce bulk jobs", css_file="page.css")


@app.cell
def _():
    import marimo as mo

    from jobs_source.dashboard import charts, page
    from jobs_source.dashboard.place import chosen as place

    return charts, mo, page, place


@app.cell
def _(page, place):
    choices = place.choices()
    days, org, kind, object_, user = page.filters(choices, place.org)
    again, clock = page.read_again()
    page.controls(days, org, kind, object_, user, again, clock=clock)
    return again, clock, days, kind, object_, org, user


@app.cell
def _(again, clock, days, kind, mo, object_, org, page, place, user):
    again, clock  # noqa: B018 - this cell runs when one is pressed and the other ticks
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
def _(charts, figures, page):
    page.side_by_side(
        page.chart("Busiest objects", charts.busiest_objects, figures),
        page.chart("Busiest users", charts.busiest_users, figures),
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
