import { onScopeDispose } from 'vue'
import { useI18n } from 'vue-i18n'
import { useRouter } from 'vue-router'

/** What was typed and not saved is not lost by a slip. The browser's own question, as it is one about leaving. */
export function useLeave(isTouched: () => boolean): void {
  const { t } = useI18n()
  onScopeDispose(useRouter().beforeEach((to, from) => to.path === from.path || !isTouched() || confirm(t('operator.leave'))))
}
