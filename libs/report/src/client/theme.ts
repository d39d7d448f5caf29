const shapes = ['circle', 'rectRot', 'triangle', 'rect', 'star', 'crossRot'] as const;

/** What has no inside cannot be hollow: a cross, and a triangle on its head. */
const hollowShapes = ['circle', 'rectRot', 'triangle', 'rect', 'cross', 'triangle'] as const;

/** Colours come again after six series; the second six have marks of their own, hollow where they have an inside. */
export const markOf = (series: number) => {
  const place = series % 6;
  const second = series % 12 >= 6;
  const color = token(`--arm-${place}`);
  return {
    borderColor: color,
    backgroundColor: second ? token('--paper') : color,
    pointStyle: (second ? hollowShapes : shapes)[place]!,
    pointRotation: second && place === 5 ? 180 : 0,
  };
};

/** A colour of the style sheet, as it is now. */
export const token = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Something drawn: what it is now, and drawing it anew, e.g. from newer data. */
export type Drawing<Drawn> = { current(): Drawn; again(): void };

/** What changes the colours: the reader's theme, and paper, which is always light. */
const themes = ['(prefers-color-scheme: dark)', 'print'];

/** Draws, and draws again when the colours change. */
export const drawnInTheme = <Drawn extends { destroy(): void }>(
  draw: () => Drawn,
): Drawing<Drawn> => {
  let drawn = draw();
  const again = (): void => {
    drawn.destroy();
    drawn = draw();
  };
  for (const theme of themes) matchMedia(theme).addEventListener('change', again);
  return { current: () => drawn, again };
};
