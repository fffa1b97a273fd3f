import { ConfigurableModuleBuilder, Global, Module } from '@nestjs/common';
import { MemorySignal } from './memory-signal.js';
import { Signal } from './signal.js';

export interface SignalOptions {
  /** How instances tell each other. `memory`: there is one instance only. */
  kind: 'memory';
}

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<SignalOptions>()
  .setClassMethodName('forRoot')
  .build();

const MAKERS: Record<SignalOptions['kind'], () => Signal> = {
  memory: () => new MemorySignal(),
};

/** Global, so that every lib above rings the same signal. */
@Global()
@Module({
  providers: [
    { provide: Signal, inject: [MODULE_OPTIONS_TOKEN], useFactory: ({ kind }: SignalOptions) => MAKERS[kind]() },
  ],
  exports: [Signal],
})
export class SignalModule extends ConfigurableModuleClass {}
