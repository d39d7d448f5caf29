/** Marks in the order in which series take them. */
export const shapes = ['circle', 'rectRot', 'triangle', 'rect', 'star', 'crossRot'] as const;

/** A colour of the style sheet, as it is now. */
export const token = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Something drawn: what it is now, and drawing it anew, e.g. from newer data. */
export type Drawing<Drawn> = { current(): Drawn; again(): void };

/** Draws, and draws again when the colours change. */
export const drawnInTheme = <Drawn extends { destroy(): void }>(
  draw: () => Drawn,
): Drawing<Drawn> => {
  let drawn = draw();
  const again = (): void => {
    drawn.destroy();
    drawn = draw();
  };
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', again);
  return { current: () => drawn, again };
};
