import { useI18n } from 'vue-i18n'
import { onBeforeRouteLeave } from 'vue-router'

/** What was typed and not saved is not lost by a slip. The browser's own question, as it is one about leaving. */
export function useLeave(isTouched: () => boolean): void {
  const { t } = useI18n()
  onBeforeRouteLeave(() => !isTouched() || confirm(t('operator.leave')))
}
