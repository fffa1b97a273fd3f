import { AccountLimits, SweepModule } from '@scan-login/nest/common';
import { type DynamicModule, Global, Module } from '@nestjs/common';
import type { Config } from '../config.js';
import { Bursts } from './bursts.js';
import { CALL_COUNT_SWEEP, CallCounts } from './call-counts.js';
import { countingOf } from './counting.js';
import { HeldCalls, MOST_HELD } from './held-calls.js';
import { LIMITS, limitsOf } from './limits.js';
import { COUNTING, NetworkLimits } from './network-limits.js';

/** Limits calls by network, by account, and by network and ticket. */
@Global()
@Module({})
export class LimitsModule {
  static with(config: Config): DynamicModule {
    return {
      module: LimitsModule,
      imports: [SweepModule.of(CALL_COUNT_SWEEP)],
      providers: [
        Bursts,
        CallCounts,
        HeldCalls,
        { provide: MOST_HELD, useValue: config.POLLS_HELD_PER_ADDRESS },
        { provide: COUNTING, useValue: countingOf(config) },
        { provide: LIMITS, useValue: limitsOf(config) },
        NetworkLimits,
        {
          provide: AccountLimits,
          inject: [CallCounts],
          useFactory: (counts: CallCounts): AccountLimits => ({
            take: (cost, whose) => counts.take('account', cost, whose),
          }),
        },
      ],
      exports: [AccountLimits],
    };
  }
}
