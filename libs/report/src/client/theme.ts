/** Marks in the order in which series take them. */
export const shapes = ['circle', 'rectRot', 'triangle', 'rect', 'star', 'crossRot'] as const;

/** A colour of the style sheet, as it is now. */
export const token = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Draws, draws again when the colours change, and gives what is drawn now. */
export const drawnInTheme = <Drawn extends { destroy(): void }>(
  draw: () => Drawn,
): (() => Drawn) => {
  let drawn = draw();
  const again = (): void => {
    drawn.destroy();
    drawn = draw();
  };
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', again);
  return () => drawn;
};
