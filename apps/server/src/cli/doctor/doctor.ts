import { Logger } from '@nestjs/common';
import type { Check } from './check.js';
import { examine } from './examine.js';

/**
 * Checks what a login needs, and prints advice. Warnings do not count as failures.
 * @returns exit code: 1 if a check failed
 */
export async function doctor(asJson: boolean): Promise<number> {
  Logger.overrideLogger(false); // the checks report the same errors, with advice
  const checks = await examine();
  const isOk = checks.every(({ result }) => result !== 'fail');
  process.stdout.write(asJson ? `${JSON.stringify({ ok: isOk, checks }, undefined, 2)}\n` : report(checks));
  return isOk ? 0 : 1;
}

function report(checks: Check[]): string {
  const width = Math.max(...checks.map(({ name }) => name.length));
  const lines = checks.flatMap((check) => {
    const line = `${check.result.padEnd(4)}  ${check.name.padEnd(width)}  ${check.message}`;
    return check.result === 'ok' ? [line] : [line, `${' '.repeat(width + 8)}→ ${check.advice}`];
  });
  const failed = checks.filter(({ result }) => result === 'fail').length;
  const warned = checks.filter(({ result }) => result === 'warn').length;
  return [...lines, '', `${failed} failed, ${warned} with a warning, of ${checks.length} checks`, ''].join('\n');
}
