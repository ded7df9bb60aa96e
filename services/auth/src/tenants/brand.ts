/** A channel's part in the luminance of a color: WCAG 2.2, relative luminance. */
const linear = (channel: number): number => {
  const share = channel / 255;
  return share <= 0.040_45 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
};

const channel = (color: string, at: number): number => Number.parseInt(color.slice(at, at + 2), 16);

/** Of `#rrggbb`, from 0 (black) to 1 (white). */
const luminance = (color: string): number =>
  0.2126 * linear(channel(color, 1)) +
  0.7152 * linear(channel(color, 3)) +
  0.0722 * linear(channel(color, 5));

/** From 1 to 21; text is to have 4.5 with what it stands on (WCAG 2.2, 1.4.3). */
export function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

/** The color of text on a brand's color: of black and white one always has enough contrast. */
export const textColorOn = (color: string): '#000000' | '#ffffff' =>
  contrast(color, '#000000') >= contrast(color, '#ffffff') ? '#000000' : '#ffffff';
