import { HttpAdapterHost, NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { SwaggerModule } from '@nestjs/swagger';
import { type FastifyBaseLogger, LogController } from 'fastify';
import type { Logger } from 'pino';
import { AppModule, type Surroundings } from './app.module.js';
import { Draining } from './http/draining.js';
import { EverythingFilter } from './http/everything.filter.js';
import { answerClientError, answerFrameworkError } from './http/framework-problem.js';
import { acceptJsonBodies } from './http/json-body.js';
import { logRequests } from './http/request-log.js';
import { routeHeaders, securedResponse } from './http/security-headers.js';
import { limitRoutes } from './limits/limit-routes.js';
import { nestLogger } from './logging.js';
import { countMoves } from './operations/count-moves.js';
import { Metrics } from './operations/metrics.js';
import { openApiDocument, SWAGGER_UI } from './openapi.js';
import { serveAssets } from './pages/assets.js';

/** Twice the longest valid body. Parsing this much JSON strictly takes a millisecond. */
const BODY_LIMIT_BYTES = 16 * 1024;

/** The whole application, ready to listen. */
export async function createApp(surroundings: Surroundings, log: Logger): Promise<NestFastifyApplication> {
  const { config } = surroundings;
  const adapter = new FastifyAdapter({
    loggerInstance: log,
    // one logger for all requests: a held poll would keep its own
    childLoggerFactory: (logger: FastifyBaseLogger) => logger,
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: config.TRUST_PROXY.length > 0 ? config.TRUST_PROXY : false,
    bodyLimit: BODY_LIMIT_BYTES,
    // Slow clients must send headers within 10 s and the body within 15 s. Checked every second: Node's default of 30 s
    // would turn 15 s into 45 s. Held polls are not affected, because their request is complete.
    http: { headersTimeout: 10_000, connectionsCheckingInterval: 1_000, ServerResponse: securedResponse(config) },
    requestTimeout: 15_000,
    forceCloseConnections: true,
    return503OnClosing: false,
    routerOptions: { maxParamLength: 200 },
    frameworkErrors: answerFrameworkError,
    clientErrorHandler: answerClientError,
  });
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.with(surroundings), adapter, {
    logger: nestLogger(log),
    bodyParser: false,
    abortOnError: false,
  });
  const fastify = adapter.getInstance();
  acceptJsonBodies(fastify);
  logRequests(fastify, log);
  app.get(Draining).watch(fastify);
  countMoves(fastify, app.get(Metrics));
  routeHeaders(fastify);
  limitRoutes(app, fastify);
  if (config.CORS_ORIGINS.length > 0) {
    app.enableCors({
      origin: config.CORS_ORIGINS,
      methods: ['GET', 'POST', 'DELETE'],
      allowedHeaders: ['Authorization', 'Content-Type', 'X-Device-Id', 'X-Ticket-Secret', 'DPoP'],
      exposedHeaders: ['Date', 'Location', 'Retry-After'],
      maxAge: 600,
    });
  }
  app.useGlobalFilters(new EverythingFilter(app.get(HttpAdapterHost)));
  await serveAssets(app);
  const document = openApiDocument(app);
  SwaggerModule.setup('docs', app, document, { ui: config.apiDocs, raw: false, ...SWAGGER_UI });
  // serialized once: Nest would do it for each call
  const text = JSON.stringify(document);
  fastify.get('/openapi.json', (_request, reply) => reply.type('application/json').send(text));
  return app;
}
