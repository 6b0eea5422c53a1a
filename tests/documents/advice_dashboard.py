"""What the sentences of `dashboard` and `report` mean, and what to do."""

ADVICE: tuple[tuple[str, str, str], ...] = (
    (
        "dashboard and the HTML report need the Python package",
        "Charts need packages that are not installed with this program.",
        "Run the command that the message ends with. `report --format md` works without them.",
    ),
    (
        "--open opens a file, and --out - writes none",
        "Standard output cannot be opened in a browser.",
        "Give `--out` a file, or leave out `--open`.",
    ),
    (
        "report cannot be written",
        "The folder is not there, may not be written, or is full; the words of the system say which.",
        "Give another file with `--out`.",
    ),
    (
        "--public-host …: it has to be a name",
        "The name under which a proxy shows the dashboard is a whole address, has a port, or has a `*`.",
        "Give the name of the machine alone, as it stands in the address of the page.",
    ),
    (
        "dashboard cannot listen",
        "Another program has the port, or this machine has no such address.",
        "Give another port with `--port`, or another address with `--host`.",
    ),
    (
        "file of --token-file",
        "The token that visitors of the dashboard need cannot be read.",
        "Write a long random text into the file, and let this user read it.",
    ),
)
