import { Places } from '@scan-login/nest/device-auth';
import { type DynamicModule, Global, Module } from '@nestjs/common';
import type { Config } from '../config.js';
import { GeoipPlaces } from './geoip-places.js';

/** Where addresses are, if `GEOIP_DATABASE` is set. */
@Global()
@Module({})
export class PlacesModule {
  static with({ GEOIP_DATABASE: file }: Config): DynamicModule {
    if (file === undefined) return { module: PlacesModule };
    return {
      module: PlacesModule,
      providers: [{ provide: Places, useFactory: () => GeoipPlaces.in(file) }],
      exports: [Places],
    };
  }
}
