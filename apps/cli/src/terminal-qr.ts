import QRCode from 'qrcode';

/** Width of the light border around the code, in modules. @see ISO/IEC 18004 §6.3.8 */
const QUIET_ZONE = 4;
/** Black on white from the fixed part of the palette, because a theme may swap its black and white. */
const BLACK_ON_WHITE = '\u001B[38;5;16;48;5;231m';
const RESET = '\u001B[0m';

export interface TerminalQr {
  picture: string;
  /** Characters in a line. In a narrower terminal lines wrap, and phones cannot read the code. */
  width: number;
}

/**
 * Draws a QR code for dark and light terminals, two modules per character. The renderer of `qrcode` has a quiet zone of
 * only one module, and uses the theme's colors.
 */
export function terminalQr(text: string): TerminalQr {
  // a code on a screen is not damaged, so it needs the lowest error correction only, and fits into 24 lines
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
