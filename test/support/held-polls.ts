import { readFileSync } from 'node:fs';
import net from 'node:net';
import { Client } from 'pg';
import { hashOf, newSecret } from '@scan-login/nest/common';

interface Named {
  uuid: string;
  secret: string;
}

/** The response to a held poll. */
export interface PollResponse {
  status: number;
  body: any;
}

/** Inserts thousands of pending tickets at once, with one secret for all of them. */
export async function manyTickets(databaseUrl: string, count: number): Promise<Named[]> {
  const secret = newSecret();
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  const { rows } = await client.query<{ uuid: string }>(
    `INSERT INTO tickets (uuid, secret_hash, expires_at, decide_until, device_id, device_type, ip)
     SELECT gen_random_uuid(), $1, now() + interval '1 hour', now() + interval '1 hour', 'screen-' || nth, 'web', '127.0.0.1'
     FROM generate_series(1, $2) AS nth RETURNING uuid`,
    [hashOf(secret), count],
  );
  await client.end();
  return rows.map(({ uuid }) => ({ uuid, secret }));
}

/** Thousands of waiting screens, each on its own connection; as bare as possible, to cost the test little. */
export class HeldPolls {
  private sockets: net.Socket[] = [];
  private readonly answering: Promise<PollResponse>[] = [];
  /** Connections that broke although this side did not close them. */
  broken = 0;

  constructor(private readonly url: string) {}

  /** Sends one poll for each ticket, all at once. */
  open(tickets: readonly Named[]): void {
    const { hostname, port, host } = new URL(this.url);
    for (const { uuid, secret } of tickets) {
      const socket = net.connect(Number(port), hostname);
      socket.write(
        `GET /v1/tickets/${uuid}/status?known=pending HTTP/1.1\r\nHost: ${host}\r\nX-Ticket-Secret: ${secret}\r\n\r\n`,
      );
      this.sockets.push(socket);
      this.answering.push(responseOn(socket));
      socket.on('error', () => (this.broken += 1));
    }
  }

  /** Closes all held connections, by a reset or in order. */
  abandon(how: 'reset' | 'close'): void {
    for (const socket of this.sockets.splice(0)) {
      if (how === 'reset') socket.resetAndDestroy();
      else socket.destroy();
    }
    this.answering.length = 0;
  }

  /** Responses to all polls that were not abandoned; a broken connection counts as status 0. */
  responses(): Promise<PollResponse[]> {
    return Promise.all(this.answering);
  }
}

function responseOn(socket: net.Socket): Promise<PollResponse> {
  let text = '';
  return new Promise((resolve) => {
    socket.on('data', (bytes) => {
      text += bytes.toString();
      const end = text.indexOf('\r\n\r\n');
      if (end < 0) return;
      const body = text.slice(end + 4);
      const length = Number(/^content-length: (\d+)/im.exec(text)?.[1]);
      if (body.length < length) return;
      resolve({ status: Number(text.slice(9, 12)), body: JSON.parse(body) });
    });
    socket.on('close', () => resolve({ status: 0, body: undefined }));
  });
}

/** Whether this process may open that many connections. Node raises its limit to what the system allows. */
export function hasRoomFor(connections: number): boolean {
  if (process.platform !== 'linux') return true;
  const most = /^Max open files +(\d+|unlimited)/m.exec(readFileSync('/proc/self/limits', 'utf8'))![1]!;
  return most === 'unlimited' || Number(most) > connections + 500;
}
