import type { LoggerService } from '@nestjs/common';
import pino, { type Logger as Pino } from 'pino';
import pretty from 'pino-pretty';

/** What is logged of an error: never the values of a query, which pg and TypeORM hang on theirs. */
function errorForLog(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { code } = error as { code?: unknown };
  return {
    type: error.name,
    message: error.message,
    code,
    stack: error.stack,
    cause: error.cause === undefined ? undefined : errorForLog(error.cause),
  };
}

/** JSON lines, or readable ones on a terminal. */
export function makeLogger(level: string, output: NodeJS.WriteStream = process.stdout): Pino {
  const options = { level, base: null, serializers: { err: errorForLog } };
  if (!output.isTTY) return pino(options, output);
  return pino(options, pretty({ colorize: true, sync: true, ignore: 'pid,hostname,context', destination: 1 }));
}

/** Where Nest announces its own start-up: of interest to those who look for a fault. */
const FRAMEWORK = new Set(['NestFactory', 'InstanceLoader', 'RoutesResolver', 'RouterExplorer', 'NestApplication']);

/** Lets Nest's loggers, those of the libs among them, write through pino. Events are objects, the rest is text. */
export function nestLogger(pinoLogger: Pino): LoggerService {
  const write = (level: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace') => {
    return (message: unknown, ...more: unknown[]) => {
      const context = more.findLast((part) => typeof part === 'string');
      const fields = typeof message === 'object' && message !== null ? message : { msg: String(message) };
      const as = level === 'info' && FRAMEWORK.has(context ?? '') ? 'debug' : level;
      pinoLogger[as]({ context, ...fields });
    };
  };
  return {
    log: write('info'),
    fatal: write('fatal'),
    error: write('error'),
    warn: write('warn'),
    debug: write('debug'),
    verbose: write('trace'),
  };
}
