import { DEVICE_AUTH_OPTIONS, type DeviceAuthOptions } from '@scan-login/nest/device-auth';
import { Inject, Injectable } from '@nestjs/common';
import { PASSKEYS_OPTIONS, type PasskeysOptions } from './passkeys.options.js';

/** Whom passkeys are for. A browser uses one only at the origins of the relying party that it was made for. */
@Injectable()
export class RelyingParty {
  constructor(
    @Inject(DEVICE_AUTH_OPTIONS) private readonly server: DeviceAuthOptions,
    @Inject(PASSKEYS_OPTIONS) private readonly options: PasskeysOptions,
  ) {}

  get name(): string {
    return this.options.name;
  }

  /**
   * The host of the public URL. A guessed one is an address, for which no browser has passkeys: then only this machine
   * can use them, as localhost.
   */
  get id(): string {
    return this.server.isPublicUrlGuessed ? 'localhost' : this.url.hostname;
  }

  get origins(): string[] {
    const { protocol, port, origin } = this.url;
    const own = this.server.isPublicUrlGuessed ? `${protocol}//localhost${port && `:${port}`}` : origin;
    return [own, ...this.options.origins];
  }

  private get url(): URL {
    return new URL(this.server.publicUrl());
  }
}
