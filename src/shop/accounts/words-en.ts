/** What the issuer's pages say. Where a sentence ends an attempt, it says what to do next. */
export const english = {
  lang: 'en',
  error: 'Error',
  shop: 'Back to the shop',
  signIn: { title: 'Sign in', button: 'Sign in', other: 'New here?', link: 'Create an account' },
  signUp: { title: 'Create an account', button: 'Create account', other: 'You have an account?', link: 'Sign in' },
  email: 'E-mail',
  password: 'Password',
  name: 'Name',
  optional: 'optional',
  passwordRule: (min: number) => `At least ${min} characters. A few words in a row are easy to keep in mind.`,
  emailMissing: 'Enter your e-mail address.',
  emailWrong: 'Enter an e-mail address as in name@example.com.',
  emailTaken: 'This e-mail has an account already. Sign in with its password, or take another e-mail.',
  passwordMissing: 'Enter your password.',
  passwordShort: (min: number) => `Use at least ${min} characters.`,
  passwordLong: (max: number) => `Use at most ${max} characters.`,
  nameWrong: (max: number) => `Use at most ${max} characters in one line, or leave it empty.`,
  wrong: 'No account has this e-mail and password. Check both and try again.',
  blocked: 'This account is blocked. Ask the shop why.',
  locked: (wait: string) =>
    `Too many sign-ins failed for this account. Wait ${wait}, then try again; until then the right password does not help either.`,
  busy: 'Many people are signing in at this moment. Wait ten seconds, then try again.',
  expired: {
    title: 'This sign-in is over',
    text: 'It was open for too long, or it was finished already. Go back to the shop and start again from there.',
  },
  refused: {
    title: 'This sign-in cannot go on',
    text: 'The address that led here is not right, or it is not of this shop. Go back to the shop and start again from there.',
  },
  foreign: {
    title: 'This did not come from our page',
    text: 'Another page sent the form, so nothing was done. Go back to the shop and start again from there.',
  },
  failed: { title: 'Something failed here', text: 'Wait a moment, then go back to the shop and start again from there.' },
  signOut: {
    title: 'Sign out?',
    text: 'You will be signed out of the shop in this browser.',
    button: 'Sign out',
  },
}

export type Words = typeof english
