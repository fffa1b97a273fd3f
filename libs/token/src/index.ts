// Owns: signing keys and the JWKS, access tokens (JWT), rotation of refresh tokens, proofs of a key (DPoP),
//   challenges that are used once; their tables.
// Does not own: sessions and whether they live, devices, accounts; see device-auth.
// May import: signal, common.
export { type AccessClaims, AccessTokens } from './access-tokens.js';
export { Challenges } from './challenges.js';
export { WrongSecret } from './key-pair.js';
export { type Proof, Proofs, type ProvenCall } from './proofs.js';
export { REFRESH_TOKENS, RefreshToken } from './refresh-token.entity.js';
export { RefreshTokens, type Rotation } from './refresh-tokens.js';
export { isSealedWith, SigningKeys } from './signing-keys.js';
export { SigningKey } from './signing-key.entity.js';
export { TokenModule } from './token.module.js';
export { UsedProof } from './used-proof.entity.js';
export { TokenOptions } from './token.options.js';
