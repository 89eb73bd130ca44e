/** What the gateway's page says. */
export const english = {
  lang: 'en',
  error: 'Error',
  title: 'Pay by card',
  demo: 'This is a demo: there is no card here, and no money moves. Choose how the payment shall end.',
  amount: 'Amount',
  order: 'Order',
  left: 'Time left',
  pay: (amount: string) => `Pay ${amount}`,
  decline: 'Decline my card',
  leave: 'Go back without paying',
  back: 'Back to the shop',
  unknown: { title: 'There is no such payment', text: 'The address is not right. Go back to the shop and pay from there.' },
  expired: { title: 'This payment took too long', text: 'Its time is over, and nothing was paid. Go back to the shop.' },
  ended: {
    open: { title: 'This payment is open', text: 'Go back to the shop.' },
    authorized: { title: 'You have paid', text: 'The shop knows, or will in a moment.' },
    captured: { title: 'You have paid', text: 'The shop has the money. (As this is a demo, there was none.)' },
    declined: { title: 'The card was declined', text: 'Nothing was paid. In the shop you can try again.' },
    voided: { title: 'The shop has ended this payment', text: 'Nothing was paid. Go back to the shop.' },
    refunded: { title: 'The money went back', text: 'What you paid was given back.' },
  },
  invalid: { title: 'This button is not known here', text: 'Go back and press one of the three.' },
  failed: { title: 'Something failed here', text: 'Wait a moment, then load the page again.' },
}

export type Words = typeof english
