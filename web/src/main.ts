import { createApp } from 'vue'
import app from './app.vue'
import { i18n, setLanguage } from './i18n.ts'
import { router } from './router.ts'
import './style/main.scss'

const dark = matchMedia('(prefers-color-scheme: dark)')
const setTheme = () => {
  document.documentElement.dataset.bsTheme = dark.matches ? 'dark' : 'light'
}
dark.addEventListener('change', setTheme)
setTheme()

// The words first: a page that changes its language while one reads jumps.
await setLanguage()
createApp(app).use(i18n).use(router).mount('#app')
