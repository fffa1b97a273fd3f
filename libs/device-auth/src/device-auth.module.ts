import { AuditModule, optionsProvider, SweepModule, TablesModule } from '@scan-login/nest/common';
import { ConfigurableModuleBuilder, type DynamicModule, Global, Module, type Provider } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { z } from 'zod';
import { AccountController } from './accounts/account.controller.js';
import { AccountStore } from './accounts/account-store.js';
import { PasswordAccount } from './accounts/password-account.entity.js';
import { PasswordAccounts } from './accounts/password-accounts.js';
import { PasswordAccountsController } from './accounts/password-accounts.controller.js';
import { PasswordHasher } from './accounts/password-hasher.js';
import { DEVICE_AUTH_OPTIONS, DeviceAuthOptions } from './device-auth.options.js';
import { KnownScreen } from './devices/known-screen.entity.js';
import { KNOWN_SCREEN_SWEEP } from './devices/known-screen-sweep.js';
import { ProvenKeys } from './devices/proven-keys.js';
import { Admission } from './sessions/admission.js';
import { KnownDevice } from './sessions/known-device.entity.js';
import { RefreshCookie } from './sessions/refresh-cookie.js';
import { Session } from './sessions/session.entity.js';
import { SessionCache } from './sessions/session-cache.js';
import { SessionEndings } from './sessions/session-endings.js';
import { SessionGuard } from './sessions/session.guard.js';
import { SessionService } from './sessions/session.service.js';
import { SESSION_SWEEP } from './sessions/session-sweep.js';
import { SessionsController } from './sessions/sessions.controller.js';
import { SignInFailure } from './sessions/sign-in-failure.entity.js';
import { SIGN_IN_SWEEPS, SignInThrottle } from './sessions/sign-in-throttle.js';
import { SignIn } from './sessions/sign-in.js';

interface Extras {
  /**
   * A provider of `AccountStore`, for accounts of your own; what it injects must come from `imports`.
   * Without it there is a table of accounts with passwords, and routes to make them.
   */
  accounts?: Provider;
}

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<
  z.input<typeof DeviceAuthOptions>
>()
  .setClassMethodName('forRoot')
  .setExtras<Extras>({ accounts: undefined }, (definition, { accounts }) =>
    accounts ? { ...definition, providers: [...definition.providers!, accounts] } : withPasswordAccounts(definition),
  )
  .build();

function withPasswordAccounts(definition: DynamicModule): DynamicModule {
  return {
    ...definition,
    imports: [...(definition.imports ?? []), TypeOrmModule.forFeature([PasswordAccount])],
    controllers: [PasswordAccountsController],
    providers: [
      ...(definition.providers ?? []),
      PasswordHasher,
      PasswordAccounts,
      { provide: AccountStore, useExisting: PasswordAccounts },
    ],
    exports: [PasswordAccounts],
  };
}

/** Accounts, devices and sessions. Global, so that `@RequiresSession()` works on every route of an application. */
@Global()
@Module({
  imports: [
    AuditModule,
    TypeOrmModule.forFeature([Session, KnownScreen, SignInFailure, KnownDevice]),
    TablesModule,
    SweepModule.of(SESSION_SWEEP, KNOWN_SCREEN_SWEEP, ...SIGN_IN_SWEEPS),
  ],
  controllers: [SessionsController, AccountController],
  providers: [
    optionsProvider('DeviceAuthModule', DEVICE_AUTH_OPTIONS, DeviceAuthOptions, MODULE_OPTIONS_TOKEN),
    Admission,
    ProvenKeys,
    RefreshCookie,
    SessionCache,
    SessionEndings,
    SessionGuard,
    SessionService,
    SignIn,
    SignInThrottle,
  ],
  exports: [Admission, ProvenKeys, RefreshCookie, SessionEndings, SessionGuard, SessionService, AccountStore],
})
export class DeviceAuthModule extends ConfigurableModuleClass {}
