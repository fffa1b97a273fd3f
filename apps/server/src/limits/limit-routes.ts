import { type Cost, costOf } from '@scan-login/nest/common';
import { type INestApplication, RequestMethod } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { MetadataScanner, ModulesContainer } from '@nestjs/core';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { NetworkLimits } from './network-limits.js';

interface Uuid {
  uuid?: string;
}

/**
 * Counts a call as soon as its headers have arrived: before its body is read and parsed, and before the session is
 * looked up in the database. A guard would run after the body. Must be called before any route is registered.
 */
export function limitRoutes(app: INestApplication, fastify: FastifyInstance): void {
  const limits = app.get(NetworkLimits);
  const costs = declaredCosts(app);
  // a call without a route costs as much as a page, and more with a body
  fastify.addHook('onRequest', async (request, reply) => {
    if (request.is404) await limits.take('page', request as FastifyRequest<{ Params: Uuid }>, reply.raw);
  });
  fastify.addHook('onRoute', (route) => {
    const method = route.method === 'HEAD' ? 'GET' : String(route.method);
    // a route without a declared cost is a script, a document, or Swagger UI
    const cost = costs.get(`${method} ${route.url}`) ?? 'page';
    if (cost === 'probe') return;
    const take = (request: FastifyRequest, reply: FastifyReply) =>
      limits.take(cost, request as FastifyRequest<{ Params: Uuid }>, reply.raw);
    route.onRequest = [...[route.onRequest ?? []].flat(), take];
  });
}

/** The cost of each route of all controllers; keys look like `GET /v1/account`. */
function declaredCosts(app: INestApplication): Map<string, Cost> {
  const costs = new Map<string, Cost>();
  for (const { controllers } of app.get(ModulesContainer).values()) {
    for (const { metatype: controller } of controllers.values()) {
      const prototype = (controller as { prototype: object }).prototype;
      for (const name of new MetadataScanner().getAllMethodNames(prototype)) {
        const handler = (prototype as Record<string, object>)[name]!;
        const cost = costOf(handler);
        if (cost) costs.set(addressOf(controller!, handler), cost);
      }
    }
  }
  return costs;
}

function addressOf(controller: object, handler: object): string {
  const method = RequestMethod[Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod];
  const parts = [controller, handler].map((part) => Reflect.getMetadata(PATH_METADATA, part) as string);
  const path = `/${parts.join('/')}`.replaceAll(/\/+/g, '/').replace(/(.)\/$/, '$1');
  return `${method} ${path}`;
}
