import { ConfigurableModuleBuilder, Global, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { LinkedSignal } from './linked-signal.js';
import { MemorySignal } from './memory-signal.js';
import { postgresLink } from './postgres-link.js';
import { redisLink } from './redis-link.js';
import { Signal } from './signal.js';
import { type Secrets, SignedTexts } from './signed-texts.js';

/**
 * How instances tell each other.
 * - `memory`: there is one instance only
 * - `postgres`: through the database they share; `url` must not lead through a transaction pooler
 * - `redis`: through a Redis, 7 or newer, or a Redis-compatible server with sharded pub/sub
 *
 * `secret` tells what instances say from what others write there; it is the same in all of them.
 */
export type SignalOptions = { kind: 'memory' } | ({ kind: 'postgres' | 'redis'; url: string } & Secrets);

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<SignalOptions>()
  .setClassMethodName('forRoot')
  .build();

/** @returns a signal that connects by itself, and goes on trying */
export function makeSignal(options: SignalOptions): Signal {
  if (options.kind === 'memory') return new MemorySignal();
  const { kind, url } = options;
  const link = kind === 'postgres' ? postgresLink(url) : redisLink(url);
  return new LinkedSignal(kind, link, new SignedTexts(options));
}

/** Global, so that every lib above rings the same signal. */
@Global()
@Module({
  providers: [{ provide: Signal, inject: [MODULE_OPTIONS_TOKEN], useFactory: makeSignal }],
  exports: [Signal],
})
export class SignalModule extends ConfigurableModuleClass implements OnApplicationShutdown {
  constructor(@Inject(Signal) private readonly signal: Signal) {
    super();
  }

  /** After the last answer went out: until then there may be something to tell. */
  onApplicationShutdown(): Promise<void> {
    return this.signal.close();
  }
}
