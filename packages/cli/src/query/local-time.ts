/**
 * Seconds since the epoch, with any number of decimals, as a clock here shows them: `2026-01-31 23:59:59.000000001`.
 * Decimals that are all zero are left out. What is no number comes back as it is.
 */
export function localTime(seconds: string): string {
  const [whole = '', decimals = ''] = seconds.split('.');
  const date = new Date(Number(whole) * 1000);
  if (!/^-?\d+$/.test(whole) || Number.isNaN(date.getTime())) return seconds;
  const two = (n: number) => String(n).padStart(2, '0');
  const day = `${String(date.getFullYear()).padStart(4, '0')}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return `${day} ${time}${/[1-9]/.test(decimals) ? `.${decimals}` : ''}`;
}
