import { optionsProvider, provided } from '@scan-login/nest/common';
import {
  ConfigurableModuleBuilder,
  type DynamicModule,
  Global,
  Inject,
  Module,
  type OnApplicationShutdown,
} from '@nestjs/common';
import type { z } from 'zod';
import { LinkedSignal } from './linked-signal.js';
import { MemorySignal } from './memory-signal.js';
import { postgresLink } from './postgres-link.js';
import { loadRedis, redisLink } from './redis-link.js';
import { Signal } from './signal.js';
import { SignalOptions } from './signal.options.js';
import { SignedTexts } from './signed-texts.js';

const SIGNAL_OPTIONS = Symbol('SignalOptions');

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<z.input<typeof SignalOptions>>()
  .setClassMethodName('forRoot')
  .build();

/** @returns a signal that connects by itself, and retries for as long as it is open */
export function makeSignal(options: SignalOptions): Signal {
  if (options.kind === 'memory') return new MemorySignal();
  const { kind, url } = options;
  const link = kind === 'postgres' ? postgresLink(url) : redisLink(url);
  return new LinkedSignal(kind, link, new SignedTexts(options));
}

/** A missing package stops the application when it starts, rather than being logged with each retry of the link. */
async function openSignal(options: SignalOptions): Promise<Signal> {
  if (options.kind === 'redis') await loadRedis();
  return makeSignal(options);
}

/** Global, so that every lib above rings the same signal. */
@Global()
@Module({
  providers: [
    optionsProvider('SignalModule', SIGNAL_OPTIONS, SignalOptions, MODULE_OPTIONS_TOKEN),
    { provide: Signal, inject: [SIGNAL_OPTIONS], useFactory: openSignal },
  ],
  exports: provided('SignalModule', [Signal]),
})
export class SignalModule extends ConfigurableModuleClass implements OnApplicationShutdown {
  constructor(@Inject(Signal) private readonly signal: Signal) {
    super();
  }

  /** Without options there is one instance only. */
  static override forRoot(options: z.input<typeof SignalOptions> = { kind: 'memory' }): DynamicModule {
    return super.forRoot(options);
  }

  /** Closes it last: until all responses were sent, something may still change. */
  onApplicationShutdown(): Promise<void> {
    return this.signal.close();
  }
}
