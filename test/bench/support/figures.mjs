import { summary } from './statistics.mjs';

/**
 * @typedef {object} Figure
 * @property {string} part
 * @property {string} what
 * @property {string} unit
 * @property {number[]} ours one of each repetition
 * @property {{ name: string, samples: number[] }} [reference] measured in the same run, in turns with ours
 * @property {{ most?: number, least?: number, ratioMost?: number, ratioLeast?: number }} [goal]
 */

/** @param {Figure} figure */
export function judged({ part, what, unit, ours, reference, goal }) {
  const own = summary(ours);
  const other = reference && { name: reference.name, ...summary(reference.samples) };
  const ratio = other && own.median / other.median;
  return {
    part,
    what,
    unit,
    ours: own,
    reference: other,
    ratio,
    goal: goal && { ...goal, holds: holds(goal, own, ratio) },
  };
}

function holds({ most, least, ratioMost, ratioLeast }, { median }, ratio) {
  return (
    (most === undefined || median <= most) &&
    (least === undefined || median >= least) &&
    (ratioMost === undefined || ratio <= ratioMost) &&
    (ratioLeast === undefined || ratio >= ratioLeast)
  );
}

/** Three significant figures: the machine does not allow more. */
export function number(value) {
  if (value === undefined) return '';
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

function goalText({ most, least, ratioMost, ratioLeast, holds: isHeld }) {
  const texts = [
    most !== undefined && `≤ ${most}`,
    least !== undefined && `≥ ${least}`,
    ratioMost !== undefined && `≤ ${ratioMost} ×`,
    ratioLeast !== undefined && `≥ ${ratioLeast} ×`,
  ];
  return `${texts.filter(Boolean).join(', ')}${isHeld ? '' : ' **missed**'}`;
}

/** @param {ReturnType<typeof judged>[]} figures */
export function tableOf(figures) {
  const head = ['', 'scan-login', 'least – most', 'reference', '', 'ratio', 'goal'];
  const rows = figures.map(({ part, what, unit, ours, reference, ratio, goal }) => [
    `${part}: ${what}`,
    `${number(ours.median)} ${unit}`,
    `${number(ours.least)} – ${number(ours.most)}`,
    reference ? `${number(reference.median)} ${unit}` : '',
    reference?.name ?? '',
    number(ratio),
    goal ? goalText(goal) : '',
  ]);
  return markdownTable(head, rows);
}

/**
 * @param {string[]} head
 * @param {string[][]} rows
 */
export function markdownTable(head, rows) {
  const widths = head.map((title, column) => Math.max(3, title.length, ...rows.map((row) => row[column].length)));
  const line = (cells) => `| ${cells.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}
