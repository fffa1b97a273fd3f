import QRCode from 'qrcode';

/** Modules around the code that must stay light. @see ISO/IEC 18004 §6.3.8 */
const QUIET_ZONE = 4;
/** Black on white from the fixed part of the palette: what a theme calls black and white may be the other way round. */
const BLACK_ON_WHITE = '\u001B[38;5;16;48;5;231m';
const RESET = '\u001B[0m';

export interface TerminalQr {
  picture: string;
  /** Characters in a line. In a narrower terminal the lines break, and no phone can read it. */
  width: number;
}

/**
 * A QR code for dark and light terminals, two modules to a character. `qrcode` has such a renderer too, but with a
 * quiet zone of one module and in the theme's colours.
 */
export function terminalQr(text: string): TerminalQr {
  // nothing wears off on a screen: the lowest correction makes a code that fits into 24 lines
  const { modules } = QRCode.create(text, { errorCorrectionLevel: 'L' });
  const width = modules.size + 2 * QUIET_ZONE;
  const isDark = (row: number, column: number) =>
    [row, column].every((at) => at >= QUIET_ZONE && at < QUIET_ZONE + modules.size) &&
    modules.get(row - QUIET_ZONE, column - QUIET_ZONE) === 1;

  const lines = Array.from({ length: Math.ceil(width / 2) }, (_line, line) => {
    const characters = Array.from({ length: width }, (_character, column) =>
      halves(isDark(2 * line, column), isDark(2 * line + 1, column)),
    );
    return `${BLACK_ON_WHITE}${characters.join('')}${RESET}`;
  });
  return { picture: lines.join('\n'), width };
}

function halves(isTopDark: boolean, isBottomDark: boolean): string {
  if (isTopDark) return isBottomDark ? '█' : '▀';
  return isBottomDark ? '▄' : ' ';
}
