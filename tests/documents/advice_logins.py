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
        "has the keys of several logins",
        "Keys of more than one login are set in this section, perhaps some in a file and some as variables.",
        "Remove the keys of the login that you do not use, or set `auth_flow`.",
    ),
    (
        "which is not a login",
        "`auth_flow` has a value that is none of the five logins.",
        "Set one of the values that the message lists, or remove `auth_flow`.",
    ),
    (
        "does not use …, set under",
        "A key of another login is set. The login that is used does not read it: perhaps it is the wrong key.",
        "Set the key that the message suggests instead. Or remove the key, or set `auth_flow`.",
    ),
    (
        "not a (key of any login|(setting|section) of this program)",
        "No key has this name. It is misspelt, or in the wrong place.",
        "Correct the name, or remove the line or the variable that the message names.",
    ),
    (
        "it belongs under",
        "The key is right, but it stands in the wrong section.",
        "Move it to the section that the message names.",
    ),
    (
        "is a secret, but stands in",
        "Secrets are read from `secrets.toml` and from the environment, and not from files that are shared.",
        "Move the key to `.dlt/secrets.toml`. If the file was shared, get a new secret.",
    ),
    (
        "argument credentials must be|is not a text. Write it",
        "The value has a type that credentials cannot have.",
        "Write each value as a text in quotes.",
    ),
    (
        "Set the value that Salesforce shows|Put the right one into",
        "The value cannot be right: it is an example, was cut, or has something in it that came with the copying.",
        "Copy the value again.",
    ),
    (
        "Save it in UTF-8",
        "The file is in another encoding. Some editors on Windows write it so.",
        "Save it again in UTF-8, without BOM.",
    ),
    (
        "is one text|is a single text",
        "`credentials` is a single text, such as a JSON text in an environment variable.",
        "Set each key by itself, for example `SOURCES__JOBS_SOURCE__CREDENTIALS__CLIENT_ID`.",
    ),
    (
        "there were too many logins",
        "Salesforce limits the logins of one user in an hour, and other programs use the same user.",
        "Wait some minutes, then run again. Better: a user of its own for this program.",
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
        "refused the token …\\. …",
        "The session is over or the token is wrong. The end of the sentence says what helps with this login.",
        "With a ready token: put a new one in place. With the `sf` program: log in again. Otherwise run"
        " `salesforce-jobs check`.",
    ),
    (
        "(nothing|cannot) renews? it|nothing can renew it",
        "A ready token lasts only as long as its session.",
        "Put a new token in `access_token`. For scheduled runs use client credentials or JWT.",
    ),
    (
        "gave the same one again|returned the same token",
        "The login gives a token that Salesforce does not accept any more. This happens with the `sf` program.",
        "With the `sf` program: log in again. Otherwise look whether the session settings of the app or of the user's"
        " profile forbid the API.",
    ),
    (
        "denies access",
        "The user or the org lacks a permission or a feature.",
        "Follow the end of the sentence. For a permission: assign the permission set of"
        " [setup-salesforce.md](setup-salesforce.md) to the user.",
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
        "access token has characters",
        "The token has a space, a line break or a letter with an accent in it.",
        "Copy `access_token` again. With another login: look whether Salesforce itself answers at this address.",
    ),
    (
        "private key cannot sign|private key cannot be used",
        "The key is encrypted, is not RSA, or is another thing, which the message names.",
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
        "has used the token file",
        "Another run uses the same refresh token and does not end.",
        "Wait for the other run, or look why it hangs.",
    ),
    (
        "sf_cli_org needs",
        "The Salesforce CLI is not installed, or not on the PATH of the scheduler.",
        "Install it, or set PATH in the schedule.",
    ),
    (
        "`…` did not answer|`…` failed…\\. Run again",
        "The `sf` program had no connection, or took too long.",
        "Run again later. If it stays, run the quoted `sf` command by hand.",
    ),
    (
        "`…` failed|CLI gave no token",
        "The `sf` program gave no session for this org. Its own words are quoted.",
        "Run the quoted `sf` command by hand, and log in again.",
    ),
)
