import { ConfigurableModuleBuilder } from '@nestjs/common';

export interface TokenOptions {
  /** Protects the private keys at rest and derives refresh tokens. The same in every instance; 32 characters or more. */
  secret: string;
  /** The one before: keys that were sealed under it are sealed anew. Only while the secret is being changed. */
  previousSecret?: string;
  /** Age at which a signing key gets a successor, in seconds. */
  rotateKeysAfter: number;
  /** `iss` of every access token, and the only one accepted. */
  issuer: string;
  /** `aud` of every access token, and the only one accepted. */
  audience: string;
  /** Life of an access token, in seconds. */
  accessTokenLife: number;
  /** For how long a used refresh token still gets the same successor, in seconds. */
  refreshGrace: number;
}

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN: TOKEN_OPTIONS } =
  new ConfigurableModuleBuilder<TokenOptions>().setClassMethodName('forRoot').build();
