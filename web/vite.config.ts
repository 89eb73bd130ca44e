import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig({
  root: at('.'),
  plugins: [vue()],
  define: {
    __VUE_OPTIONS_API__: false,
    __VUE_I18N_LEGACY_API__: false,
    __INTLIFY_PROD_DEVTOOLS__: false,
  },
  css: {
    // Bootstrap 5.3 is written for the Sass of its day.
    preprocessorOptions: { scss: { quietDeps: true, silenceDeprecations: ['import'] } },
  },
  build: {
    target: 'es2022',
    manifest: true,
    // A picture inside the script would be loaded by everyone who does not look at it.
    assetsInlineLimit: 0,
    rolldownOptions: {
      input: { page: at('index.html'), silent: at('silent.html') },
      output: {
        codeSplitting: {
          // What every page needs comes in two files: one that changes with a release of Vue, and one with ours.
          groups: [
            { name: 'vue', test: /node_modules[\\/](@?vue|@intlify|openapi-fetch)/, priority: 2 },
            { name: 'shell', test: /web[\\/]src[\\/](?!silent)/, tags: ['$initial'], priority: 1 },
          ],
        },
      },
    },
  },
})
