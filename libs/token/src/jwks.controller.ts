import { ApiController, Auth, Limited, Problems } from '@scan-login/nest/common';
import { Get, Header } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { z } from 'zod';
import { SigningKeys } from './signing-keys.js';

const Jwks = z
  .object({
    keys: z.array(
      z
        .object({
          kty: z.literal('EC'),
          crv: z.literal('P-256'),
          x: z.string(),
          y: z.string(),
          kid: z.string(),
          alg: z.literal('ES256'),
          use: z.literal('sig'),
        })
        .meta({ id: 'Jwk' }),
    ),
  })
  .meta({ id: 'Jwks' });

@ApiController('keys', '.well-known')
export class JwksController {
  constructor(private readonly keys: SigningKeys) {}

  @Get('jwks.json')
  @Auth('public')
  @Limited('page')
  @Header('Cache-Control', 'public, max-age=300')
  @ApiOperation({
    summary: 'Public keys',
    description: 'Other services use them to verify access tokens (ES256) by themselves.',
  })
  @Problems()
  @ApiOkResponse({ description: 'A JWK set', standardSchema: Jwks })
  getJwks(): z.infer<typeof Jwks> {
    return this.keys.jwks();
  }
}
