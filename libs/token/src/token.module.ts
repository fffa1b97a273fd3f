import {
  AuditModule,
  ClockModule,
  entitiesOf,
  explained,
  provided,
  SweepModule,
  TablesModule,
} from '@scan-login/nest/common';
import { Global, Module } from '@nestjs/common';
import { JwtModule } from '@nestjs/jwt';
import { AccessTokens } from './access-tokens.js';
import { Challenges } from './challenges.js';
import { JwksController } from './jwks.controller.js';
import { Proofs } from './proofs.js';
import { RefreshToken } from './refresh-token.entity.js';
import { RefreshTokens } from './refresh-tokens.js';
import { SigningKey } from './signing-key.entity.js';
import { SigningKeys } from './signing-keys.js';
import { UsedProof } from './used-proof.entity.js';
import { USED_PROOF_SWEEP } from './used-proofs.js';
import { ConfigurableModuleClass, tokenOptions } from './token.options.js';

@Global()
@Module({
  imports: [
    AuditModule,
    ClockModule,
    JwtModule.register({}),
    entitiesOf('TokenModule', [SigningKey, RefreshToken, UsedProof]),
    TablesModule,
    SweepModule.of(USED_PROOF_SWEEP),
  ],
  controllers: [JwksController],
  providers: explained('TokenModule', [tokenOptions, SigningKeys, AccessTokens, RefreshTokens, Proofs, Challenges]),
  exports: provided('TokenModule', [AccessTokens, RefreshTokens, SigningKeys, Proofs, Challenges]),
})
export class TokenModule extends ConfigurableModuleClass {}
