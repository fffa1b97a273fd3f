import { cutConnection } from '@scan-login/nest/common';
import { Client } from 'pg';
import type { Link, OpenLink } from './linked-signal.js';
import { inTexts } from './signed-texts.js';

const CHANNEL = 'scan_login';

/**
 * LISTEN and NOTIFY on a connection of its own, directly to the server: through a pooler that assigns connections by
 * transaction, LISTEN has no effect.
 */
export function postgresLink(url: string): OpenLink {
  return async (hear) => {
    const client = new Client({ connectionString: url, application_name: 'scan-login signal', keepAlive: true });
    const lost = new Promise<void>((resolve) => client.once('end', resolve));
    client.on('error', () => {}); // `lost` follows
    client.on('notification', ({ payload }) => hear(payload ?? ''));
    try {
      await client.connect();
      // a ring is a hint about what is committed already: its own commit need not wait for the disk
      await client.query(`SET synchronous_commit = off; LISTEN ${CHANNEL}`);
    } catch (error) {
      cutConnection(client);
      throw error;
    }
    return linkOver(client, lost);
  };
}

function linkOver(client: Client, lost: Promise<void>): Link {
  return {
    lost,
    ping: () => client.query('SELECT 1'),
    cut: () => cutConnection(client),
    async publish(rings, textFor) {
      await client.query({ ...NOTIFY, values: [CHANNEL, inTexts(rings).map(textFor)] });
    },
  };
}

const NOTIFY = { name: 'ring', text: 'SELECT pg_notify($1, text) FROM unnest($2::text[]) AS text' };
