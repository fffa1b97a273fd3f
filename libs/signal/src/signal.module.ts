import { ConfigurableModuleBuilder, Global, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { LinkedSignal } from './linked-signal.js';
import { MemorySignal } from './memory-signal.js';
import { postgresLink } from './postgres-link.js';
import { redisLink } from './redis-link.js';
import { Signal } from './signal.js';

/**
 * How instances tell each other.
 * - `memory`: there is one instance only
 * - `postgres`: through the database they share; `url` must not lead through a transaction pooler
 * - `redis`: through a Redis, 7 or newer, or a Redis-compatible server with sharded pub/sub
 */
export type SignalOptions = { kind: 'memory' } | { kind: 'postgres'; url: string } | { kind: 'redis'; url: string };

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<SignalOptions>()
  .setClassMethodName('forRoot')
  .build();

/** @returns a signal that connects by itself, and goes on trying */
export function makeSignal(options: SignalOptions): Signal {
  if (options.kind === 'postgres') return new LinkedSignal('postgres', postgresLink(options.url));
  if (options.kind === 'redis') return new LinkedSignal('redis', redisLink(options.url));
  return new MemorySignal();
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
