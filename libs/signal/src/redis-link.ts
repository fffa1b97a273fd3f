import type { Link, OpenLink } from './linked-signal.js';
import type { Ring } from './rings.js';
import { inTexts } from './signed-texts.js';

/** Channels of sharded pub/sub. In a Redis Cluster each is on the node of its slot, so the load is spread. */
const SHARDS = Array.from({ length: 16 }, (_, shard) => `scan-login:signal:{${shard}}`);

type Client = typeof import('redis');

/**
 * Loaded only where it is asked for: applications without Redis need not install it.
 * @throws Error saying that it is not installed
 */
export async function loadRedis(): Promise<Client> {
  try {
    return await import('redis');
  } catch (cause) {
    throw new Error('SignalModule with `kind: "redis"` needs the package redis: npm install redis@6', { cause });
  }
}

/** Redis 7 or newer. With RESP 3 one connection can both subscribe and publish. */
export function redisLink(url: string): OpenLink {
  return async (hear) => {
    const { createClient } = await loadRedis();
    // `LinkedSignal` reconnects, because it must know of every gap
    const client = createClient({ url, RESP: 3, disableOfflineQueue: true, socket: { reconnectStrategy: false } });
    const lost = new Promise<void>((resolve) => client.once('end', resolve).on('error', () => resolve()));
    try {
      await client.connect();
      await client.sSubscribe(SHARDS, (text) => hear(text));
    } catch (error) {
      cut(client);
      throw error;
    }
    return linkOver(client, lost);
  };
}

type Redis = ReturnType<typeof import('redis').createClient<{}, {}, {}, 3, {}>>;

function linkOver(client: Redis, lost: Promise<void>): Link {
  return {
    lost,
    ping: () => client.ping(),
    cut: () => cut(client),
    async publish(rings, textFor) {
      const shards = new Map<string, Ring[]>();
      for (const ring of rings) {
        const some = shards.get(shardOf(ring.id)) ?? [];
        some.push(ring);
        shards.set(shardOf(ring.id), some);
      }
      await Promise.all(
        [...shards].flatMap(([shard, some]) => inTexts(some).map((each) => client.sPublish(shard, textFor(each)))),
      );
    },
  };
}

/** Ids are random, so their last digit spreads them evenly. */
function shardOf(id: string): string {
  return SHARDS[Number.parseInt(id.at(-1) ?? '', 16) % SHARDS.length] ?? SHARDS[0]!;
}

function cut(client: Redis): void {
  if (client.isOpen) client.destroy();
}
