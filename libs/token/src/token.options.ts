import { count, optionsProvider, Secret, seconds } from '@scan-login/nest/common';
import { ConfigurableModuleBuilder } from '@nestjs/common';
import { z } from 'zod';

const DAY = 86_400;

export const TokenOptions = z
  .strictObject({
    secret: Secret.describe('Protects private keys at rest and derives refresh tokens. The same in every instance'),
    previousSecret: Secret.optional().describe(
      'The old secret, while the secret is being changed: keys that are sealed under it are sealed again under the new one',
    ),
    rotateKeysAfter: count(90 * DAY, [DAY, 3650 * DAY], 'Age at which a signing key gets a successor, in seconds'),
    issuer: z.string().min(1).max(256).default('scan-login').describe('`iss` of access tokens, the only one accepted'),
    audience: z.string().min(1).max(256).optional().describe('`aud` of access tokens; the issuer by default'),
    accessTokenLife: seconds(600, 3600, 'Life of an access token'),
    refreshGrace: seconds(10, 60, 'Time in which a used refresh token still gets the same successor'),
  })
  .transform(({ audience, ...options }) => ({ ...options, audience: audience ?? options.issuer }));
export type TokenOptions = z.output<typeof TokenOptions>;

export const TOKEN_OPTIONS = Symbol('TokenOptions');

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<z.input<typeof TokenOptions>>()
  .setClassMethodName('forRoot')
  .build();
export { ConfigurableModuleClass };

export const tokenOptions = optionsProvider('TokenModule', TOKEN_OPTIONS, TokenOptions, MODULE_OPTIONS_TOKEN);
