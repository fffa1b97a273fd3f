/** Reads a QR code from the present frame of a video. */
export type Decoder = (video: HTMLVideoElement) => Promise<string | undefined>;

interface Detector {
  detect(source: HTMLVideoElement): Promise<{ rawValue: string }[]>;
}
declare const BarcodeDetector: { new (options: object): Detector; getSupportedFormats(): Promise<string[]> };

/** The longer side of the searched picture: a larger one takes longer, and finds no more codes. */
const SIDE = 720;

/** The browser's own decoder, or one that is loaded on demand. */
export async function findDecoder(): Promise<Decoder> {
  return (await builtIn()) ?? loaded();
}

async function builtIn(): Promise<Decoder | undefined> {
  try {
    if (!(await BarcodeDetector.getSupportedFormats()).includes('qr_code')) return undefined;
    const detector = new BarcodeDetector({ formats: ['qr_code'] });
    return async (video) => (await detector.detect(video))[0]?.rawValue;
  } catch {
    return undefined;
  }
}

async function loaded(): Promise<Decoder> {
  const { default: decode } = await import('qr/decode.js');
  const canvas = document.createElement('canvas');
  const drawing = canvas.getContext('2d', { willReadFrequently: true })!;
  return async (video) => {
    const scale = Math.min(1, SIDE / Math.max(video.videoWidth, video.videoHeight));
    const [width, height] = [Math.round(video.videoWidth * scale), Math.round(video.videoHeight * scale)];
    Object.assign(canvas, { width, height });
    drawing.drawImage(video, 0, 0, width, height);
    try {
      return decode(drawing.getImageData(0, 0, width, height)) ?? undefined;
    } catch {
      return undefined; // no code in this picture
    }
  };
}
