// What a user of jsforce does. Reads who to log in as from stdin, writes what it was told as JSON.
const jsforce = require("jsforce");
const { action, url, clientId, clientSecret, refreshToken } = JSON.parse(require("fs").readFileSync(0, "utf8"));

const oauth2 = { loginUrl: url, clientId, clientSecret };

async function run(connection, input, options) {
  const job = connection.bulk2.createJob(options);
  await job.open();
  await job.uploadData(input);
  await job.close();
  await job.poll(50, 30000);
  return { info: await job.check(), results: await job.getAllResults() };
}

async function work() {
  const connection = new jsforce.Connection({ oauth2, version: "64.0" });
  await connection.authorize({ grant_type: "client_credentials" });
  const { instanceUrl, accessToken } = connection;
  // Without the answer to the login, which names the login host, it asks the org where to ask.
  const who = await new jsforce.Connection({ instanceUrl, accessToken, version: "64.0" }).identity();
  const accounts = ["A", "B", "C"].map((name) => ({ Name: name, No__c: name.toLowerCase() }));
  const inserted = await run(connection, accounts, { object: "Account", operation: "insert" });
  const upserts = [{ No__c: "c", Name: "C2" }, { No__c: "d", Name: "D" }];
  const upserted = await run(connection, upserts, {
    object: "Account",
    operation: "upsert",
    externalIdFieldName: "No__c",
  });
  const deletes = inserted.results.successfulResults.slice(0, 1).map((row) => ({ Id: row.sf__Id }));
  const deleted = await run(connection, deletes, { object: "Account", operation: "delete" });
  const left = await (await connection.bulk2.query("select Id, Name, No__c from Account order by Name")).toArray();
  const users = await (await connection.bulk2.query("select Id, Name from User")).toArray();
  const user = await connection.sobject("User").retrieve(who.user_id);
  const found = await connection.query("select Name from Account order by Name");
  return { who, inserted, upserted, deleted, left, users, user, found: found.records.map((record) => record.Name) };
}

async function stop() {
  const connection = new jsforce.Connection({ oauth2, refreshToken, instanceUrl: url, accessToken: "old", version: "64.0" });
  const open = connection.bulk2.createJob({ object: "Account", operation: "insert", lineEnding: "CRLF" });
  await open.open();
  const aborted = connection.bulk2.createJob({ object: "Contact", operation: "insert", columnDelimiter: "PIPE" });
  await aborted.open();
  await aborted.uploadData("LastName|Email\nA|a@b.c\n");
  await aborted.close();
  await aborted.abort();
  const gone = connection.bulk2.createJob({ object: "Lead", operation: "insert" });
  await gone.open();
  await gone.abort();
  await gone.delete();
  const queries = [];
  for (const operation of ["query", "queryAll"]) {
    const body = JSON.stringify({ operation, query: "select Id from Contact" });
    const made = await connection.request({ method: "POST", url: "/services/data/v64.0/jobs/query", body });
    queries.push(connection.bulk2.job("query", made));
    await queries.at(-1).abort();
  }
  await queries[1].delete();
  const told = [await open.check(), await aborted.check(), await queries[0].check()];
  const refused = [];
  const wrong = connection.bulk2.createJob({ object: "Shoe", operation: "insert" });
  await wrong.open().catch((error) => refused.push(error.name));
  await gone.check().catch((error) => refused.push(error.name));
  await connection.sobject("Shoe").describe().catch((error) => refused.push(error.name));
  const { accessToken } = connection;
  await connection.logout();
  const over = new jsforce.Connection({ instanceUrl: url, accessToken, version: "64.0" });
  await over.limits().catch((error) => refused.push(error.name));
  return { told, gone: [gone.id, queries[1].id], refused };
}

({ work, stop })[action]().then((answer) => console.log(JSON.stringify(answer)));
