import { VersioningType } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { AppModule } from './app.module.js';
import { config } from './config.js';

// or a restart waits for connections that browsers and phones keep open
const forceCloseConnections = true;
const adapter = config.adapter === 'fastify' ? new FastifyAdapter({ forceCloseConnections }) : new ExpressAdapter();
const app = await NestFactory.create(AppModule, adapter, { forceCloseConnections });
app.setGlobalPrefix('api');
app.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' });
app.enableShutdownHooks();
await app.listen(config.port);
