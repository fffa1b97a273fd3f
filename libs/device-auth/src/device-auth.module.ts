import {
  AuditModule,
  entitiesOf,
  explained,
  optionsProvider,
  provided,
  RoutePaths,
  SweepModule,
  TablesModule,
} from '@scan-login/nest/common';
import {
  type ConfigurableModuleAsyncOptions,
  ConfigurableModuleBuilder,
  type DynamicModule,
  Global,
  Module,
  type ModuleMetadata,
  type Provider,
} from '@nestjs/common';
import type { z } from 'zod';
import { AccountController } from './accounts/account.controller.js';
import { AccountStore } from './accounts/account-store.js';
import { DEVICE_AUTH_OPTIONS, DeviceAuthOptions } from './device-auth.options.js';
import { KnownScreen } from './devices/known-screen.entity.js';
import { KNOWN_SCREEN_SWEEP } from './devices/known-screen-sweep.js';
import { ProvenKeys } from './devices/proven-keys.js';
import { AccountChanges } from './notices/account-changes.js';
import { AccountNotices } from './notices/account-notices.js';
import { NoticesController } from './notices/notices.controller.js';
import { KnownScreens } from './screens/known-screens.js';
import { KnownScreensController } from './screens/known-screens.controller.js';
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

type WithoutToken<Form> = Form extends { provide: unknown } ? Omit<Form, 'provide'> & Partial<Form> : Form;

/** A class, or any other Nest provider; its `provide` may be left out. */
type AccountsProvider = WithoutToken<Provider<AccountStore>>;

interface Extras {
  /** Your accounts. What the store injects must come from `imports`, or from a global module. */
  accounts: AccountsProvider;
  imports?: ModuleMetadata['imports'];
}

type Given = z.input<typeof DeviceAuthOptions>;

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<Given>()
  .setClassMethodName('forRoot')
  .setExtras<Partial<Extras>>({ accounts: undefined, imports: [] }, (definition, { accounts, imports = [] }) => ({
    ...definition,
    imports: [...new Set([...(definition.imports ?? []), ...imports])],
    providers: [...definition.providers!, ...explained('DeviceAuthModule', [storeOf(accounts)])],
  }))
  .build();

function storeOf(accounts?: AccountsProvider): Provider {
  if (!accounts) throw new Error(`DeviceAuthModule needs \`accounts\`: ${HOW_TO_GIVE_ACCOUNTS}`);
  const how = typeof accounts === 'function' ? { useClass: accounts } : accounts;
  return { ...how, provide: AccountStore };
}

const HOW_TO_GIVE_ACCOUNTS =
  'a class that extends AccountStore over your own accounts, or PasswordAccounts of @scan-login/nest/password-accounts';

/** Accounts, devices and sessions. Global, so that `@RequiresSession()` works on every route of an application. */
@Global()
@Module({
  imports: [
    AuditModule,
    entitiesOf('DeviceAuthModule', [Session, KnownScreen, SignInFailure, KnownDevice]),
    TablesModule,
    SweepModule.of(SESSION_SWEEP, KNOWN_SCREEN_SWEEP, ...SIGN_IN_SWEEPS),
  ],
  controllers: [SessionsController, AccountController, KnownScreensController, NoticesController],
  providers: explained('DeviceAuthModule', [
    optionsProvider('DeviceAuthModule', DEVICE_AUTH_OPTIONS, DeviceAuthOptions, MODULE_OPTIONS_TOKEN),
    AccountChanges,
    AccountNotices,
    Admission,
    KnownScreens,
    ProvenKeys,
    RefreshCookie,
    RoutePaths,
    SessionCache,
    SessionEndings,
    SessionGuard,
    SessionService,
    SignIn,
    SignInThrottle,
  ]),
  exports: provided('DeviceAuthModule', [
    DEVICE_AUTH_OPTIONS,
    AccountChanges,
    AccountNotices,
    AccountStore,
    Admission,
    ProvenKeys,
    RefreshCookie,
    SessionEndings,
    SessionGuard,
    SessionService,
    SignInThrottle,
  ]),
})
export class DeviceAuthModule {
  static forRoot(options: Given & Extras): DynamicModule {
    return { ...ConfigurableModuleClass.forRoot(options), module: DeviceAuthModule };
  }

  static forRootAsync(options: ConfigurableModuleAsyncOptions<Given> & Extras): DynamicModule {
    return { ...ConfigurableModuleClass.forRootAsync(options), module: DeviceAuthModule };
  }
}
