import { AuditModule, entitiesOf, explained, provided, TablesModule } from '@scan-login/nest/common';
import { UserVerification } from '@scan-login/nest/device-auth';
import { type DynamicModule, Global, Module } from '@nestjs/common';
import type { z } from 'zod';
import { Assertions } from './assertions.js';
import { Passkey } from './passkey.entity.js';
import { Passkeys } from './passkeys.js';
import { PasskeysController } from './passkeys.controller.js';
import { ConfigurableModuleClass, type PasskeysOptions, passkeysOptions } from './passkeys.options.js';
import { PasskeySignIn } from './passkey-sign-in.js';
import { PasskeySignInController } from './passkey-sign-in.controller.js';
import { PasskeyVerification } from './passkey-verification.js';
import { RelyingParty } from './relying-party.js';

/**
 * Passkeys: phones add them, sign in with them, and confirm with them. Needs `DeviceAuthModule` and `TokenModule`.
 * Global, so that `QrModule` finds the verification of users.
 */
@Global()
@Module({
  imports: [AuditModule, entitiesOf('PasskeysModule', [Passkey]), TablesModule],
  controllers: [PasskeysController, PasskeySignInController],
  providers: explained('PasskeysModule', [
    passkeysOptions,
    RelyingParty,
    Assertions,
    Passkeys,
    PasskeySignIn,
    PasskeyVerification,
    { provide: UserVerification, useExisting: PasskeyVerification },
  ]),
  exports: provided('PasskeysModule', [UserVerification]),
})
export class PasskeysModule extends ConfigurableModuleClass {
  static override forRoot(options: z.input<typeof PasskeysOptions> = {}): DynamicModule {
    return super.forRoot(options);
  }
}
