// Writes docs/configuration.md from the schema that reads the configuration; with --check, compares.
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

Environment variables; an empty one counts as unset. All faults are reported at once, and the server does not start with
any. This table is made from the schema that reads them (\`npm run docs:configuration\`).

| variable | what it says | default | example |
|---|---|---|---|
${rows.join('\n')}

## Limits for a minute

Every route has a limit, for one address and, where a session calls, for its account; \`/livez\` and \`/readyz\` alone are never
refused, since a load balancer would take the instance out of service. Each limit is as high as the calls are cheap: the
defaults keep a client that takes all of them from being felt by others (\`npm run bench -- --only neighbours\`). In any one
second an address gets a tenth of its minute, or 30 calls where that is more. What is refused is \`too_many_requests\`, with
\`Retry-After\`, before its body is read.

## What counts as one address

IPv4 counts by address, IPv6 by /64, since a client has all of it. A /56 has four times the limit of one address and a /48
sixteen times, so that a client with a whole /48 does not have 65,536 limits; a call that is refused for one network is not
counted for the wider ones. Ports, brackets and zones around an address are left out.

A client whose address cannot be read, or is that of a proxy in \`TRUST_PROXY\`, shares a tenth of the limit with all others of
the kind, and the log has one warning, \`caller.unknown\`. Calls from this machine itself are not limited, but in production
they are, together as one address: there they come from a proxy that \`TRUST_PROXY\` does not name.

Calls in a minute are added up among the instances; what is open at a time is counted by each instance alone.

## In production

With \`NODE_ENV=production\` the server insists on \`DATABASE_URL\` and on a strong \`APP_SECRET\`, makes no demo account, and
serves no Swagger UI unless \`API_DOCS=on\`.
`;
await settle('docs/configuration.md', text, 'npm run docs:configuration');
