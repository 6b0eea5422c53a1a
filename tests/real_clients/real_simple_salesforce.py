"""simple-salesforce, logged in to a stand-in."""

from typing import Any

import requests
from requests.adapters import HTTPAdapter
from simple_salesforce import Salesforce

from jobs_source.standin import StandIn


class ToStandIn(HTTPAdapter):
    """Leads the addresses of Salesforce, which this client makes itself, to a stand-in."""

    def __init__(self, standin: StandIn) -> None:
        super().__init__()
        self._url = standin.url

    def send(self, request: requests.PreparedRequest, *arguments: Any, **options: Any) -> requests.Response:
        request.url = self._url + request.path_url
        return super().send(request, *arguments, **options)


def log_in_by(standin: StandIn, flow: str) -> Any:
    """A client that has logged in at My Domain with the app's secret, or at the login host with a key."""
    org, session = standin.org, requests.Session()
    session.mount("https://", ToStandIn(standin))  # the address of the login's answer too: the stand-in may speak http
    who: dict[str, Any] = {"consumer_key": org.client_id, "session": session, "version": "64.0"}
    if flow == "jwt":
        return Salesforce(username=org.username, privatekey=org.private_key_pem, **who)
    return Salesforce(domain="acme.my", consumer_secret=org.client_secret, **who)
