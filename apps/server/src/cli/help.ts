import { DEFAULT_DATA_DIR } from '../installation.js';

export const HELP = `
scan-login: sign in on a screen by scanning its QR code with a phone that is signed in.

Usage: scan-login [command] [options]

  serve            run the server until Ctrl-C or SIGTERM (the default)
  doctor           check configuration, database, secret, public URL, proxy and clock; give advice
    --json           print JSON
  migrate          bring the schema of the database up to date
    --check          change nothing; exit code 1 if migrations are pending
  keys rotate      make a new signing key; running servers pick it up by themselves

  -h, --help       print this text
  --version        print the version

Configuration is read from environment variables. The most important ones:

  PORT             port to listen on                               (3000)
  PUBLIC_URL       where phones and screens reach the server       (this machine's network address)
  DATABASE_URL     PostgreSQL 14 or newer                          (an embedded one in DATA_DIR)
  DATA_DIR         where the embedded database and its secret are  (${DEFAULT_DATA_DIR})
  APP_SECRET       protects the signing keys                       (generated once, kept in DATA_DIR)
  TRUST_PROXY      addresses of the proxies in front               (none)
  NODE_ENV         production: refuses the embedded database and a weak APP_SECRET

All of them: docs/configuration.md in the repository. The API: /docs on the running server, outside production.

Exit code: 0 done, 1 failed check, pending migration or error, 2 invalid command line.
`;
