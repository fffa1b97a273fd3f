import { type AnySchema, Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { expect } from 'vitest';
import type { HttpResponse } from '../../support/http.js';

interface Media {
  schema?: Schema;
}

/** As much of JSON Schema as the document uses. */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  enum?: unknown[];
  pattern?: string;
  format?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  anyOf?: Schema[];
  minimum?: number;
  maximum?: number;
}

export interface Operation {
  /** Such as `POST /v1/tickets/{uuid}/scan`. */
  name: string;
  method: string;
  path: string;
  query: { name: string; schema: Schema }[];
  body?: Schema;
  responses: Record<string, { content?: Record<string, Media> }>;
}

/** openapi.json, as a stranger reads it: what may be sent, and what may come back. */
export class Document {
  readonly operations: Operation[];
  private readonly ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
  private readonly checks = new Map<string, ValidateFunction>();

  constructor(private readonly document: any) {
    this.ajv.addSchema(document as AnySchema, 'openapi');
    this.operations = Object.entries<Record<string, any>>(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { parameters = [], requestBody, responses }]) => ({
        name: `${method.toUpperCase()} ${path}`,
        method: method.toUpperCase(),
        path,
        query: parameters.filter((parameter: { in: string }) => parameter.in === 'query'),
        body: requestBody && this.resolved(requestBody.content['application/json'].schema as Schema),
        responses,
      })),
    );
  }

  operation(name: string): Operation {
    return this.operations.find((each) => each.name === name)!;
  }

  /** A schema with its reference resolved. */
  resolved(schema: Schema): Schema {
    return schema.$ref ? this.document.components.schemas[schema.$ref.split('/').at(-1)!] : schema;
  }

  /** Expects that a response is one of those that the operation documents, to the last member. */
  expectDocumented(operation: Operation, { status, headers, body }: HttpResponse): void {
    expect(Object.keys(operation.responses), `status ${status}: ${JSON.stringify(body)}`).toContain(String(status));
    const { content } = operation.responses[status]!;
    if (!content) return expect(body).toBe('');
    const type = headers.get('content-type')!.split(';')[0]!;
    expect(Object.keys(content)).toContain(type);
    if (!type.endsWith('json')) return;
    const check = this.checkOf(operation, status, type);
    expect(check(body) ? [] : check.errors, JSON.stringify(body)).toEqual([]);
    if (status >= 400) expect(body.status).toBe(status);
  }

  private checkOf({ path, method }: Operation, status: number, type: string): ValidateFunction {
    const steps = ['paths', path, method.toLowerCase(), 'responses', String(status), 'content', type, 'schema'];
    const pointer = steps.map((step) => encodeURIComponent(step.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/');
    const check = this.checks.get(pointer) ?? this.ajv.compile({ $ref: `openapi#/${pointer}` });
    this.checks.set(pointer, check);
    return check;
  }
}
