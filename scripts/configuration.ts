// Generates docs/configuration.md from the schema that reads the configuration. With --check, only compares.
import { Environment } from '../apps/server/src/config.js';
import { metaOf } from '@scan-login/nest/common';
import { settle } from './settle.js';

const rows = Object.entries(Environment.shape).map(([name, field]) => {
  const { description, example } = metaOf(field)!;
  const result = field.safeParse(undefined);
  const fallback = result.success ? result.data : undefined;
  const shown =
    fallback === undefined || (Array.isArray(fallback) && fallback.length === 0) ? '' : `\`${String(fallback)}\``;
  return `| \`${name}\` | ${description}. | ${shown} | \`${example}\` |`;
});

const text = `# Configuration

The server reads environment variables; an empty one counts as unset. It reports all errors at once, and does not start
with any. This table is generated from the schema that reads them (\`npm run docs:configuration\`).

| variable | meaning | default | example |
|---|---|---|---|
${rows.join('\n')}

## Limits per minute

Every route has a limit for one address and, for calls with a session, for its account. Only \`/livez\` and \`/readyz\` are
never limited, because a load balancer would take the instance out of service. Cheap calls have higher limits than
expensive ones. With the defaults, a client at its limits hardly slows down others
(\`npm run bench -- --only neighbours\`). In one second an address may use a tenth of its limit for a minute, or 30 calls if
that is more. A refused call gets \`too_many_requests\` with \`Retry-After\`, before its body is read.

## What counts as one address

IPv4 counts by address. IPv6 counts by /64, because one client usually has all of it. A /56 has four times the limit of one
address and a /48 sixteen times, so that a client with a whole /48 does not have 65,536 limits. A call that is refused for
one network is not counted for the wider ones. Ports, brackets and zones around an address are ignored.

Clients whose address cannot be read, or is that of a proxy in \`TRUST_PROXY\`, share a tenth of the limit, and the log has
one warning, \`caller.unknown\`. Calls from this machine itself are not limited outside production. In production they share
the limit of one address, because there they come from a proxy that \`TRUST_PROXY\` does not name.

Calls per minute are added up across all instances. Open calls are counted by each instance separately.

## In production

With \`NODE_ENV=production\` the server requires \`DATABASE_URL\`, \`PUBLIC_URL\` and a strong \`APP_SECRET\`, makes no demo
account, and serves Swagger UI only with \`API_DOCS=on\`.
`;
await settle('docs/configuration.md', text, 'npm run docs:configuration');
