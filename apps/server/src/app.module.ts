import { SweepModule, TablesModule } from '@scan-login/nest/common';
import { DeviceAuthModule } from '@scan-login/nest/device-auth';
import { PasskeysModule } from '@scan-login/nest/passkeys';
import { PasswordAccounts, PasswordAccountsModule } from '@scan-login/nest/password-accounts';
import { linkFragment, QrModule } from '@scan-login/nest/qr';
import { SignalModule, type SignalOptions } from '@scan-login/nest/signal';
import { TokenModule } from '@scan-login/nest/token';
import { type DynamicModule, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { AccountEvents } from './audit/account-events.js';
import { AccountEventsController } from './audit/account-events.controller.js';
import { auditSweeps } from './audit/audit-sweep.js';
import { AuditDays, AuditWriter } from './audit/audit-writer.js';
import type { Config } from './config.js';
import { Draining } from './http/draining.js';
import { countingOf } from './limits/counting.js';
import { LimitsModule } from './limits/limits.module.js';
import { HealthController } from './operations/health.controller.js';
import { Metrics } from './operations/metrics.js';
import { MetricsController } from './operations/metrics.controller.js';
import { PagesController, PUBLIC_URL } from './pages/pages.controller.js';
import { PlacesModule } from './places/places.module.js';

/** Values that are known only when the server starts. */
export interface Surroundings {
  config: Config;
  dataSource: DataSource;
  appSecret: string;
  /** Where phones reach the server. A function, because with PORT=0 the port is known only after `listen`. */
  publicUrl: () => string;
}

/** An embedded database serves one instance, so signals stay in memory. */
export function signalOf(config: Config, secret: string): SignalOptions {
  const { REDIS_URL, DATABASE_URL, DATABASE_LISTEN_URL, APP_SECRET_PREVIOUS: previousSecret } = config;
  if (REDIS_URL) return { kind: 'redis', url: REDIS_URL, secret, previousSecret };
  const url = DATABASE_LISTEN_URL ?? DATABASE_URL;
  return url ? { kind: 'postgres', url, secret, previousSecret } : { kind: 'memory' };
}

/**
 * Composes the libs into the server. It is the first application that imports them, and adds no login logic of its own.
 */
@Module({})
export class AppModule {
  static with({ config, dataSource, appSecret, publicUrl }: Surroundings): DynamicModule {
    const auditDays: AuditDays = { all: config.AUDIT_DAYS, opened: config.AUDIT_TICKET_DAYS };
    return {
      module: AppModule,
      imports: [
        TypeOrmModule.forRootAsync({
          useFactory: () => ({ ...dataSource.options }),
          dataSourceFactory: () => Promise.resolve(dataSource),
        }),
        TablesModule,
        SweepModule.of(...auditSweeps(auditDays)),
        LimitsModule.with(config),
        PlacesModule.with(config),
        SignalModule.forRoot(signalOf(config, appSecret)),
        TokenModule.forRoot({
          secret: appSecret,
          previousSecret: config.APP_SECRET_PREVIOUS,
          rotateKeysAfter: config.KEY_ROTATE_DAYS * 86_400,
          issuer: config.tokenIssuer,
          audience: config.tokenIssuer,
          accessTokenLife: config.ACCESS_TOKEN_LIFE,
          refreshGrace: config.REFRESH_GRACE,
        }),
        DeviceAuthModule.forRoot({
          ...countingOf(config),
          publicUrl,
          accounts: { useExisting: PasswordAccounts },
          isPublicUrlGuessed: config.PUBLIC_URL === undefined,
          screenSessionIdle: config.SCREEN_SESSION_IDLE,
          screenSessionMax: config.SCREEN_SESSION_MAX,
          phoneSessionIdle: config.PHONE_SESSION_IDLE,
          phoneSessionMax: config.PHONE_SESSION_MAX,
          sessionsPerDeviceType: config.SESSIONS_PER_DEVICE_TYPE,
          sessionLimitPolicy: config.SESSION_LIMIT_POLICY,
          failuresPerAccount: config.SIGN_IN_FAILURES_PER_ACCOUNT,
          failuresPerAddress: config.SIGN_IN_FAILURES_PER_ADDRESS,
          failuresInARow: config.SIGN_IN_FAILURES_IN_A_ROW,
        }),
        PasswordAccountsModule,
        PasskeysModule.forRoot({ origins: config.PASSKEY_ORIGINS }),
        QrModule.forRoot({
          ticketUrl: (uuid, parts) => `${publicUrl()}/l/${uuid}${linkFragment(parts)}`,
          hold: config.POLL_HOLD,
          ticketLife: config.TICKET_LIFE,
          decideWithin: config.TICKET_DECIDE_WITHIN,
          decideUntil: config.TICKET_DECIDE_UNTIL,
          redeemWithin: config.TICKET_REDEEM_WITHIN,
          redeemRepeat: config.TICKET_REDEEM_REPEAT,
          codeRotates: config.CODE_ROTATES,
          codeOverlap: config.CODE_OVERLAP,
          confirmChallenge: config.CONFIRM_CHALLENGE,
          confirmVerify: config.CONFIRM_VERIFY,
          rereadEvery: config.REREAD_EVERY,
        }),
      ],
      controllers: [HealthController, MetricsController, PagesController, AccountEventsController],
      providers: [
        Draining,
        AccountEvents,
        AuditWriter,
        Metrics,
        { provide: AuditDays, useValue: auditDays },
        { provide: PUBLIC_URL, useValue: publicUrl },
      ],
    };
  }
}
