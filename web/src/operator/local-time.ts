const two = (value: number) => String(value).padStart(2, '0')

/** A moment as `<input type="datetime-local">` has it, in the operator's own zone; to the minute. */
export function localText(time: string | number): string {
  const at = new Date(time)
  const date = `${String(at.getFullYear()).padStart(4, '0')}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
  return `${date}T${two(at.getHours())}:${two(at.getMinutes())}`
}

/** RFC 3339 in UTC; `undefined` for what is no time here, as the hour that is left out when clocks go forward. */
export function utcText(local: string): string | undefined {
  const at = new Date(local)
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(local) || Number.isNaN(at.getTime())) return undefined
  return localText(at.getTime()) === local.slice(0, 16) ? at.toISOString() : undefined
}

/** `Europe/Berlin (GMT+2)`: the offset is that of `at`, which the clocks of the zone may have changed by then. */
export function zoneName(at: number, locale: string): string {
  const format = new Intl.DateTimeFormat(locale, { timeZoneName: 'shortOffset' })
  const offset = format.formatToParts(at).find(({ type }) => type === 'timeZoneName')?.value ?? ''
  return `${format.resolvedOptions().timeZone} (${offset})`
}
