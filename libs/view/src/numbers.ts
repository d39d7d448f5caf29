/** A share as per cent. */
export const percent = (share: number | null): string =>
  share === null ? '–' : (100 * share).toFixed(1);

/** `2026-01-02T03:04:05.678Z` as `2026-01-02 03:04`, in UTC; other text as it is. */
export const minute = (time: string): string =>
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:/.test(time) ? time.slice(0, 16).replace('T', ' ') : time;

/** Five significant digits at most. */
export const decimal = (value: number | null): string => {
  if (value === null) return '–';
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(5)));
};
