from types import SimpleNamespace as N


def headlines(f):
    return [
        N(label="Jobs", value=f"{f.totals['jobs']:,}", change=None),
        N(label="Failed", value=f"{f.totals['jobs_failed']:,}", change="+3 %"),
    ]


def freshness(f):
    return ["fresh"]


def gaps(f):
    return ["no gaps"]


def allowance(f):
    return ["1 %"]
