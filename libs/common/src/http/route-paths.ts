import { Injectable, RequestMethod, VERSION_NEUTRAL } from '@nestjs/common';
import { ApplicationConfig } from '@nestjs/core';
import { RoutePathFactory } from '@nestjs/core/router/route-path-factory.js';

/** The paths of our routes in the application, which may have a global prefix with exclusions. */
@Injectable()
export class RoutePaths {
  private readonly known = new Map<string, string>();
  private readonly factory: RoutePathFactory;

  constructor(private readonly config: ApplicationConfig) {
    this.factory = new RoutePathFactory(config);
  }

  /**
   * Call it once the application is initialized.
   * @param path of a controller, such as `v1/tickets`
   * @returns the path that clients call, such as `/api/v1/tickets`
   */
  of(path: string): string {
    const known = this.known.get(path) ?? this.find(path);
    this.known.set(path, known);
    return known;
  }

  private find(path: string): string {
    const globalPrefix = this.config.getGlobalPrefix();
    const route = { ctrlPath: path, controllerVersion: VERSION_NEUTRAL, globalPrefix } as const;
    return this.factory.create(route, RequestMethod.ALL)[0]!;
  }
}
