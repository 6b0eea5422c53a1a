"""What a user of aiosalesforce does. Reads who to log in as from stdin, writes what it was told as JSON."""

import asyncio
import dataclasses
import json
import ssl
import sys
from typing import Any

import httpx
from aiosalesforce import Salesforce
from aiosalesforce.auth import ClientCredentialsFlow, JwtBearerFlow

ACCESS: dict[str, str] = json.load(sys.stdin)


async def lead_to_stand_in(request: httpx.Request) -> None:
    """This client insists on an address of Salesforce."""
    target = httpx.URL(ACCESS["url"])
    request.url = request.url.copy_with(scheme=target.scheme, host=target.host, port=target.port)


def connect(http: httpx.AsyncClient, auth: Any) -> Salesforce:
    return Salesforce(http, base_url="https://acme.my.salesforce.com", auth=auth, version="64.0", retry_policy=None)


async def run(client: Salesforce, operation: Any, data: Any, **options: Any) -> dict[str, Any]:
    """One job from start to end: what it became, and its records."""
    jobs = client.bulk_v2.ingest.perform_operation(operation, "Account", data, polling_interval=0.01, **options)
    (done,) = [job async for job in jobs]
    return {"info": told(done.job_info), "good": done.successful_results, "bad": done.failed_results}


def told(info: Any) -> dict[str, Any]:
    """A job as this client knows it, in the words of the API."""
    row = {camel(name): value for name, value in dataclasses.asdict(info).items()}
    for name in ("createdDate", "systemModstamp"):
        row[name] = row[name].strftime("%Y-%m-%dT%H:%M:%S.%f%z")
    return row


def camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(map(str.capitalize, rest))


async def work(client: Salesforce) -> dict[str, Any]:
    inserted = await run(client, "insert", [{"Name": "A", "No__c": "1"}, {"Name": "B", "No__c": "2"}])
    upserted = await run(client, "upsert", [{"No__c": "2", "Name": "C"}], external_id_field="No__c")
    deleted = await run(client, "delete", [{"Id": inserted["good"][0]["sf__Id"]}])
    names = [row["Name"] async for row in client.query("SELECT Name FROM Account ORDER BY Name")]
    return {"inserted": inserted, "upserted": upserted, "deleted": deleted, "names": names}


async def stop(client: Salesforce) -> dict[str, Any]:
    ingest = client.bulk_v2.ingest
    aborted, gone = [await ingest.create_job("insert", "Contact") for _ in range(2)]
    aborted = await ingest.abort_job(aborted.id)
    await ingest.abort_job(gone.id)
    await ingest.delete_job(gone.id)
    listed = sorted([job.id async for job in ingest.list_jobs()])
    user = await client.sobject.get("User", ACCESS["user_id"], fields=["Username"])
    return {"aborted": told(aborted), "gone": gone.id, "listed": listed, "username": user["Username"]}


async def main() -> None:
    trusted = ssl.create_default_context(cafile=ACCESS["certificate"])
    async with httpx.AsyncClient(verify=trusted, event_hooks={"request": [lead_to_stand_in]}) as http:
        if ACCESS["action"] == "work":
            auth: Any = ClientCredentialsFlow(ACCESS["client_id"], ACCESS["client_secret"])
            answer = await work(connect(http, auth))
        else:
            auth = JwtBearerFlow(ACCESS["client_id"], ACCESS["username"], ACCESS["key"])
            answer = await stop(connect(http, auth))
    print(json.dumps(answer))


asyncio.run(main())
