"""Turns the exception of a request without a complete answer into the error to raise, with advice."""

import ssl
from http.client import HTTPException, RemoteDisconnected
from typing import Final
from urllib.parse import SplitResult

import requests
from urllib3.exceptions import LocationValueError

from jobs_source.exceptions import ConfigError, ConnectionFailedError, SalesforceJobsError
from jobs_source.salesforce.proxies import bundle_variable, proxy_variable
from jobs_source.settings import CONFIG_SECTION

_BROKEN_OFF: Final = (requests.exceptions.ChunkedEncodingError, requests.exceptions.ContentDecodingError)


def is_transient_error(error: BaseException) -> bool:
    """Tell whether a retry may help after a request without a complete answer."""
    return isinstance(error, (requests.ConnectionError, requests.Timeout, *_BROKEN_OFF)) and not _is_untrusted(error)


def error_from_exception(error: Exception, url: SplitResult) -> SalesforceJobsError:
    """Turn the exception of a request into the error to raise. It quotes only the innermost reason."""
    where, reason = f"{url.netloc}{url.path}", reason_text(error)
    address = f"{url.scheme}://{url.netloc}"
    if _is_untrusted(error):
        return ConfigError(
            f"The TLS certificate of {url.netloc} is not trusted ({reason}). If your proxy has its own certificate, set"
            f" {bundle_variable()} to the file of that certificate."
        )
    if isinstance(error, requests.exceptions.ProxyError):
        return ConnectionFailedError(
            f"The proxy did not connect to {where} ({reason}). Check {proxy_variable(address)}."
        )
    if isinstance(error, requests.Timeout) or isinstance(_innermost(error), TimeoutError):
        return ConnectionFailedError(
            f"No answer from {where} in time. Run again later. On a slow network raise"
            f" {CONFIG_SECTION}.request_timeout_seconds."
        )
    if isinstance(error, _BROKEN_OFF):
        return ConnectionFailedError(
            f"The answer of {where} came incomplete or damaged at every attempt. Run again later."
        )
    if isinstance(error, (requests.exceptions.InvalidURL, LocationValueError)):
        # Not quoted: it may hold the password of a proxy.
        return ConfigError(
            f"{url.netloc} or {proxy_variable(address)} is not a valid address ({type(error).__name__}). Correct it."
        )
    if isinstance(error, ValueError):
        return ConnectionFailedError(f"The answer of {where} is not valid ({type(error).__name__}). Run again later.")
    if not isinstance(error, requests.RequestException):
        return ConfigError(f"No request to {where} is possible: {str(error).rstrip('.')}. Check {bundle_variable()}.")
    return ConnectionFailedError(f"No connection to {where} ({reason}). Check the address and the network.")


def _is_untrusted(error: BaseException) -> bool:
    """Tell an unusable certificate from a broken TLS connection: requests has one class for both."""
    inner = _innermost(error)
    is_bundle_unfit = isinstance(inner, ssl.SSLError) and getattr(inner, "library", "") in ("PEM", "X509")
    return is_bundle_unfit or isinstance(inner, ssl.SSLCertVerificationError)


def reason_text(error: BaseException) -> str:
    """Name the innermost reason. What came in place of HTTP is not quoted: it may hold values of customers."""
    inner = _innermost(error)
    if isinstance(inner, HTTPException) and not isinstance(inner, RemoteDisconnected):
        return type(inner).__name__
    return getattr(inner, "strerror", None) or str(inner).rpartition(">: ")[2] or type(inner).__name__


def _innermost(error: BaseException) -> BaseException:
    """Return the first cause of an error. `__context__` is not followed: it may be an unrelated error."""
    while True:
        inners = (getattr(error, "reason", None), error.__cause__, *error.args)
        inner = next((it for it in inners if isinstance(it, BaseException)), None)
        if inner is None:
            return error
        error = inner
