"""A client of an org without sockets."""

import json
from datetime import datetime, timezone
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from jobs_source.standin import Org
from jobs_source.standin.api.handlers import respond
from jobs_source.standin.api.messages import Headers, Request, Response

NOON = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)
V64 = "/services/data/v64.0/"


class Caller:
    """A logged-in client of one org."""

    def __init__(self, org: Org) -> None:
        self.org = org
        self.token = org.issue_token()

    def ask(self, method: str, url: str, body: bytes = b"") -> Response:
        target = urlsplit(url if url.startswith("/") else V64 + url)
        headers = Headers({"authorization": f"Bearer {self.token}"})
        query = dict(parse_qsl(target.query, keep_blank_values=True))
        shown = f"{target.path}?{target.query}" if target.query else target.path
        return respond(self.org, Request(method, target.path, query, headers, body, shown))

    def ask_1(self, method: str, url: str, body: bytes = b"", content_type: str = "application/json") -> Response:
        """Ask the Bulk API 1.0."""
        headers = Headers({"X-SFDC-Session": self.token, "Content-Type": content_type})
        return respond(self.org, Request(method, f"/services/async/64.0/{url}", {}, headers, body))

    def get_1(self, url: str) -> Any:
        response = self.ask_1("GET", url)
        assert (response.status, response.headers["Content-Type"]) == (200, "application/json"), response.body
        return json.loads(response.body)

    def error_1(self, method: str, url: str, body: bytes = b"") -> tuple[int, str, str]:
        response = self.ask_1(method, url, body)
        error = json.loads(response.body)
        return response.status, error["exceptionCode"], error["exceptionMessage"]

    def make_1(self, **fields: str) -> str:
        """Make a job of the Bulk API 1.0 and return its id."""
        response = self.ask_1(
            "POST", "job", json.dumps({"object": "Contact", "operation": "insert", **fields}).encode()
        )
        assert response.status == 201, response.body
        return str(json.loads(response.body)["id"])

    def get(self, url: str) -> Any:
        response = self.ask("GET", url)
        assert response.status == 200, response.body
        return json.loads(response.body)

    def send(self, method: str, url: str, **fields: object) -> Any:
        response = self.ask(method, url, json.dumps(fields).encode())
        assert response.status == 200, response.body
        return json.loads(response.body)

    def error(self, method: str, url: str, body: bytes = b"") -> tuple[int, str, str]:
        response = self.ask(method, url, body)
        (error,) = json.loads(response.body)
        return response.status, error["errorCode"], error["message"]

    def upload(self, csv: str, **fields: object) -> str:
        id = str(self.send("POST", "jobs/ingest", **fields)["id"])
        assert self.ask("PUT", f"jobs/ingest/{id}/batches", csv.encode()).status == 201
        self.send("PATCH", f"jobs/ingest/{id}", state="UploadComplete")
        return id

    def results(self, id: str, part: str) -> list[str]:
        response = self.ask("GET", f"jobs/ingest/{id}/{part}")
        assert response.headers["Content-Type"] == "text/csv; charset=UTF-8"
        return response.body.decode().splitlines()
