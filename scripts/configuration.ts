// Writes docs/configuration.md from the schema that reads the configuration; with --check, compares.
import { Environment } from '../apps/server/src/config.js';
import { metaOf } from '#libs/common';
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

With \`NODE_ENV=production\` the server insists on \`DATABASE_URL\` and on a strong \`APP_SECRET\`, makes no demo account, and
serves no Swagger UI unless \`API_DOCS=on\`.
`;
await settle('docs/configuration.md', text, 'npm run docs:configuration');
