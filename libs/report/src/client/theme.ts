/** Marks in the order in which series take them. */
export const shapes = ['circle', 'rectRot', 'triangle', 'rect', 'star', 'crossRot'] as const;

/** A colour of the style sheet, as it is now. */
export const token = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();
