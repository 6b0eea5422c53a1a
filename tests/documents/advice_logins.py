"""What the sentences about logins and permissions mean, and what to do: a pattern for one or more of them."""

ADVICE: tuple[tuple[str, str, str], ...] = (
    (
        "no Salesforce credentials",
        "No key of any login is configured, or the command runs in another folder than the one with `.dlt`.",
        "Go to the folder with `.dlt/secrets.toml`, or follow [setup-salesforce.md](setup-salesforce.md).",
    ),
    (
        "Salesforce credentials are incomplete",
        "Some keys of a login are there, but not all of them.",
        "Add the keys that the message names.",
    ),
    (
        "credentials of … are incomplete",
        "The section of this org lacks keys. Nothing is taken from the section of another org.",
        "Add the keys that the message names to that section.",
    ),
    (
        "is one text|is a single text",
        "`credentials` is a single text, such as a JSON text in an environment variable.",
        "Set each key by itself, for example `SOURCES__JOBS_SOURCE__CREDENTIALS__CLIENT_ID`.",
    ),
    (
        "refused the login",
        "Salesforce does not accept the client id, the secret, the key, the user or the address.",
        "Read Salesforce's words in the brackets. They are listed [below](#what-salesforce-says-at-a-login).",
    ),
    (
        "refused the session",
        "The login works, but the org does not let this session use the REST API.",
        "Check three things: the app has the scope `api`; its IP policy allows this machine; the session settings of"
        " the user's profile do not forbid it.",
    ),
    (
        "refused the token …; check",
        "The session is over or the token is wrong. A new login did not help.",
        "Run `salesforce-jobs check`. With a ready token: put a new one in place.",
    ),
    (
        "(nothing|cannot) renews? it|nothing can renew it",
        "A ready token lasts only as long as its session.",
        "Put a new token in `access_token`. For scheduled runs use client credentials or JWT.",
    ),
    (
        "gave the same one again|returned the same token",
        "The login gives a token that Salesforce does not accept any more. This happens with the `sf` program.",
        "Log in again, for example with `sf org login web`.",
    ),
    (
        "denies access",
        "The user or the org lacks a permission or a feature.",
        "Assign the permission set of [setup-salesforce.md](setup-salesforce.md) to the user.",
    ),
    (
        "organization_id",
        "Salesforce does not say which org the token belongs to.",
        "Check that `instance_url` is the My Domain of a Salesforce org.",
    ),
    (
        "something that is not a token|is not a token",
        "Another server answers at this address, such as a proxy's login page.",
        "Check `instance_url` or `login_url`, and the proxy.",
    ),
    (
        "no access_token or no instance_url",
        "Salesforce accepted the login but gave no session.",
        "Check that the app has the scope `api`.",
    ),
    (
        "access token holds",
        "`access_token` has a space, a line break or a letter with an accent in it.",
        "Copy the token again, whole and without quotes around it.",
    ),
    (
        "private key cannot sign|private key cannot be used",
        "`private_key` is encrypted, is not RSA, or is the certificate.",
        "Use the file that begins with `-----BEGIN PRIVATE KEY-----` or `-----BEGIN RSA PRIVATE KEY-----`.",
    ),
    (
        "private key file cannot be read",
        "The path is wrong, or the user of this process may not read the file.",
        "Check `private_key_path` and the file's mode.",
    ),
    (
        "home folder|No token can be (kept|saved)|cannot be read \\(…\\); check|no text in UTF-8|not text in UTF-8",
        "`refresh_token_file` cannot be used.",
        "Name a file in a folder that this user may write.",
    ),
    (
        "holds no refresh token yet",
        "The file is empty, and `refresh_token` is not set.",
        "Put the first refresh token into `refresh_token`.",
    ),
    (
        "the new one cannot be (kept|saved)",
        "Salesforce gave a new refresh token, and it could not be saved. The old one does not work any more.",
        "Make the file writable. Then authorize the app again.",
    ),
    (
        "lock for a minute",
        "Another run uses the same refresh token and does not end.",
        "Wait for the other run, or look why it hangs.",
    ),
    (
        "sf_cli_org needs",
        "The Salesforce CLI is not installed, or not on the PATH of the scheduler.",
        "Install it, or set PATH in the schedule.",
    ),
    (
        "`…` did not answer|`…` failed",
        "The `sf` program gave no session for this org.",
        "Run the quoted `sf` command by hand, and log in again.",
    ),
)
