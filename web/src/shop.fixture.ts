import { flushPromises, mount } from '@vue/test-utils'
import { vi } from 'vitest'
import type { Component } from 'vue'
import { i18n } from './i18n.ts'
import type { Frame } from './live.ts'
import { router } from './router.ts'

type Answer = { status?: number; body?: unknown }
type Answers = Record<string, (asked: { url: URL; body: unknown }) => Answer | Promise<Answer>>

/** The network's end: what a shop would answer, by `METHOD /path`. What is not named cannot be reached. */
export function shopAnswers(answers: Answers) {
  const asked: string[] = []
  vi.stubGlobal('fetch', async (request: Request) => {
    const url = new URL(request.url)
    const name = `${request.method} ${url.pathname.replace('/api/v1', '')}`
    const answer = answers[name]
    asked.push(`${name}${url.search}`)
    if (!answer) throw new TypeError('unreachable')
    const text = await request.text()
    const { status = 200, body } = await answer({ url, body: text && JSON.parse(text) })
    return new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } })
  })
  return asked
}

/** The live connection's end. `tell` says what a shop would say, once somebody listens. */
export function liveShop() {
  const sockets: Socket[] = []
  class Socket {
    static readonly OPEN = 1
    readonly readyState = 1
    onopen?: () => void
    onmessage?: (event: { data: string }) => void
    constructor() {
      sockets.push(this)
      queueMicrotask(() => this.onopen?.())
    }
    send(): void {}
    close(): void {}
  }
  vi.stubGlobal('WebSocket', Socket)
  return {
    async tell(frame: Frame): Promise<void> {
      sockets.at(-1)?.onmessage?.({ data: JSON.stringify(frame) })
      await flushPromises()
    },
  }
}

/** A part of the page as the page has it, in the document. */
export async function shown(part: Component, props: Record<string, unknown> = {}) {
  const wrapper = mount(part, { props, global: { plugins: [i18n, router] }, attachTo: document.body })
  await flushPromises()
  return wrapper
}
