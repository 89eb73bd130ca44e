import { enableAutoUnmount, flushPromises, mount } from '@vue/test-utils'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { i18n } from '../i18n.ts'
import CouponCode from './coupon-code.vue'

const CODE = 'K7QM-2XWD-9RTA'
enableAutoUnmount(afterEach)
afterEach(() => vi.useRealTimers())

const shown = () => mount(CouponCode, { props: { code: CODE }, global: { plugins: [i18n] }, attachTo: document.body })
const press = async (coupon: ReturnType<typeof shown>) => {
  await coupon.get('button').trigger('click')
  await flushPromises()
}

describe('a coupon code', () => {
  it('is copied, and says so once', async () => {
    const write = vi.spyOn(navigator.clipboard, 'writeText').mockResolvedValue()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const coupon = shown()
    expect(coupon.get('[role=status]').text()).toBe('')
    await press(coupon)
    expect(write).toHaveBeenCalledWith(CODE)
    expect(coupon.get('[role=status]').text()).toBe('Copied')
    await vi.advanceTimersByTimeAsync(4000)
    expect(coupon.get('[role=status]').text()).toBe('')
  })

  it('is selected where the clipboard may not be written, so that it can be copied by hand', async () => {
    vi.spyOn(navigator.clipboard, 'writeText').mockRejectedValue(new DOMException('no', 'NotAllowedError'))
    const coupon = shown()
    await press(coupon)
    expect(getSelection()?.toString()).toBe(CODE)
    expect(coupon.get('[role=status]').text()).toContain('selected')
  })

  it('is copied the old way where there is no clipboard at all', async () => {
    vi.stubGlobal('navigator', { languages: [] })
    const command = vi.fn(() => true)
    Object.assign(document, { execCommand: command })
    const coupon = shown()
    await press(coupon)
    expect(command).toHaveBeenCalledWith('copy')
    expect(coupon.get('[role=status]').text()).toBe('Copied')
    Reflect.deleteProperty(document, 'execCommand')
    vi.unstubAllGlobals()
  })
})
