import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DeviceAuthModule } from '@scan-login/nest/device-auth';
import { MIGRATIONS } from '@scan-login/nest/migrations';
import { linkFragment, QrModule } from '@scan-login/nest/qr';
import { SignalModule } from '@scan-login/nest/signal';
import { TokenModule } from '@scan-login/nest/token';
import { AccountsModule } from './accounts/accounts.module.js';
import { ShopAccounts } from './accounts/shop-accounts.js';
import { BasketModule } from './basket/basket.module.js';
import { config } from './config.js';
import { CreateShop1700000000000 } from './create-shop.migration.js';

@Module({
  imports: [
    TypeOrmModule.forRoot({
      type: 'postgres',
      url: config.databaseUrl,
      autoLoadEntities: true,
      migrations: [CreateShop1700000000000, ...MIGRATIONS],
      migrationsRun: true,
    }),
    AccountsModule,
    BasketModule,
    // scan-login: from here …
    SignalModule.forRoot(),
    TokenModule.forRoot({ secret: config.secret }),
    DeviceAuthModule.forRoot({
      publicUrl: config.publicUrl,
      accounts: { useExisting: ShopAccounts },
      imports: [AccountsModule],
    }),
    QrModule.forRoot({ ticketUrl: (uuid, parts) => `${config.publicUrl}/sign-in/${uuid}${linkFragment(parts)}` }),
    // … to here
  ],
})
export class AppModule {}
