import { Problem } from '@scan-login/nest/common';
import { type Proof, Proofs } from '@scan-login/nest/token';
import { Inject, Injectable } from '@nestjs/common';
import { DEVICE_AUTH_OPTIONS, type DeviceAuthOptions } from '../device-auth.options.js';

/** The part of a request that a proof covers. */
export interface ProvenRequest {
  method: string;
  /** Path and query. */
  url: string;
  /** The same, before a router of the application removed a prefix. */
  originalUrl?: string;
  headers: Record<string, string | string[] | undefined>;
}

/** Checks which key a client has. */
@Injectable()
export class ProvenKeys {
  constructor(
    @Inject(DEVICE_AUTH_OPTIONS) private readonly options: DeviceAuthOptions,
    private readonly proofs: Proofs,
  ) {}

  /**
   * Checks the proof of a call without using it up.
   * @throws Problem proof_invalid
   */
  async of({ method, url, originalUrl = url, headers }: ProvenRequest, accessToken?: string): Promise<Proof> {
    const proof = headers['dpop'];
    if (typeof proof !== 'string') throw new Problem('proof_invalid', { detail: 'The DPoP header is missing' });
    const [path] = originalUrl.split('?');
    const urls = this.origins(headers).map((origin) => origin + path);
    return this.proofs.check(proof, { method, urls, accessToken });
  }

  /**
   * The public URL. While the server is tried out, loopback names count, too: there a browser on this machine has keys
   * without https. Elsewhere they name any server on the client's machine, and a proof for one of those must not count
   * here. The client could put any other name into the `Host` header, so none counts.
   */
  private origins({ host }: ProvenRequest['headers']): string[] {
    const publicUrl = this.options.publicUrl();
    const isTriedOut = this.options.isPublicUrlGuessed || LOOPBACK_HOST.test(new URL(publicUrl).host);
    const isLocal = typeof host === 'string' && LOOPBACK_HOST.test(host);
    return isTriedOut && isLocal ? [publicUrl, `http://${host}`] : [publicUrl];
  }
}

const LOOPBACK_HOST = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;
