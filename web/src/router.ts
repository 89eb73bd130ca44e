import { nextTick } from 'vue'
import { createRouter, createWebHistory } from 'vue-router'
import { addOperatorWords, i18n } from './i18n.ts'
import FrontPage from './pages/front-page.vue'
import SalePage from './pages/sale-page.vue'

declare module 'vue-router' {
  interface RouteMeta {
    /** Key of the title's words. */
    title?: string
    isOperators?: boolean
  }
}

export const router = createRouter({
  history: createWebHistory(),
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
  routes: [
    { path: '/', component: FrontPage, meta: { title: 'title.front' } },
    { path: '/sales/:id', component: SalePage, props: true, meta: { title: 'title.sale' } },
    { path: '/products', component: () => import('./pages/products-page.vue'), meta: { title: 'title.products' } },
    { path: '/products/:id', component: () => import('./pages/product-page.vue'), props: true, meta: { title: 'title.product' } },
    { path: '/orders', component: () => import('./pages/orders-page.vue'), meta: { title: 'title.orders' } },
    { path: '/orders/:id', component: () => import('./pages/order-page.vue'), props: true, meta: { title: 'title.order' } },
    { path: '/account', component: () => import('./pages/account-page.vue'), meta: { title: 'title.account' } },
    { path: '/signed-in', component: () => import('./pages/signed-in-page.vue'), meta: { title: 'title.signedIn' } },
    {
      path: '/operator',
      component: () => import('./operator/operator-frame.vue'),
      meta: { isOperators: true },
      beforeEnter: addOperatorWords,
      children: [
        { path: '', component: () => import('./operator/sales-page.vue'), meta: { title: 'operator.title.sales' } },
        {
          path: 'sales/new',
          component: () => import('./operator/sale-form-page.vue'),
          meta: { title: 'operator.title.newSale' },
        },
        {
          path: 'sales/:id',
          component: () => import('./operator/board-page.vue'),
          props: true,
          meta: { title: 'operator.title.board' },
        },
        {
          path: 'sales/:id/edit',
          component: () => import('./operator/sale-form-page.vue'),
          props: true,
          meta: { title: 'operator.title.editSale' },
        },
        { path: 'products', component: () => import('./operator/products-page.vue'), meta: { title: 'operator.title.products' } },
        {
          path: 'products/new',
          component: () => import('./operator/product-form-page.vue'),
          meta: { title: 'operator.title.newProduct' },
        },
        {
          path: 'products/:id',
          component: () => import('./operator/product-form-page.vue'),
          props: true,
          meta: { title: 'operator.title.editProduct' },
        },
        { path: 'import', component: () => import('./operator/import-page.vue'), meta: { title: 'operator.title.import' } },
        { path: 'orders', component: () => import('./operator/orders-page.vue'), meta: { title: 'operator.title.orders' } },
        { path: 'holds', component: () => import('./operator/holds-page.vue'), meta: { title: 'operator.title.holds' } },
        { path: 'payments', component: () => import('./operator/payments-page.vue'), meta: { title: 'operator.title.payments' } },
        { path: 'users', component: () => import('./operator/users-page.vue'), meta: { title: 'operator.title.users' } },
        { path: 'audit', component: () => import('./operator/audit-page.vue'), meta: { title: 'operator.title.audit' } },
      ],
    },
    { path: '/:any(.*)*', component: () => import('./pages/not-found-page.vue'), meta: { title: 'title.notFound' } },
  ],
})

/** A title that says where one is; a page that knows better says its own, and so does `name`. */
export function setTitle(name?: string): void {
  document.title = name ? `${name} · Doorbuster` : 'Doorbuster'
}

router.afterEach(async (to, from) => {
  setTitle(to.meta.title ? i18n.global.t(to.meta.title) : undefined)
  // A new page begins at its heading for who listens to it as well. Not the first one: it was not navigated to.
  if (from.matched.length === 0 || to.path === from.path) return
  await nextTick()
  document.querySelector<HTMLElement>('#main')?.focus()
})
