import { AuditModule, entitiesOf, explained, provided } from '@scan-login/nest/common';
import { Global, Module } from '@nestjs/common';
import { PasswordAccount } from './password-account.entity.js';
import { PasswordAccounts } from './password-accounts.js';
import { PasswordAccountsController } from './password-accounts.controller.js';
import { PasswordHasher } from './password-hasher.js';

/**
 * Accounts in a table of our own, and routes to create them and to change their password. Global, so that
 * `DeviceAuthModule` finds them: `accounts: { useExisting: PasswordAccounts }`.
 */
@Global()
@Module({
  imports: [AuditModule, entitiesOf('PasswordAccountsModule', [PasswordAccount])],
  controllers: [PasswordAccountsController],
  providers: explained('PasswordAccountsModule', [PasswordHasher, PasswordAccounts]),
  exports: provided('PasswordAccountsModule', [PasswordAccounts], 'PasswordAccountsModule'),
})
export class PasswordAccountsModule {}
