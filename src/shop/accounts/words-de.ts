import type { Words } from './words-en.ts'

export const german: Words = {
  lang: 'de',
  error: 'Fehler',
  shop: 'Zurück zum Shop',
  signIn: { title: 'Anmelden', button: 'Anmelden', other: 'Neu hier?', link: 'Konto anlegen' },
  signUp: { title: 'Konto anlegen', button: 'Konto anlegen', other: 'Du hast schon ein Konto?', link: 'Anmelden' },
  email: 'E-Mail',
  password: 'Passwort',
  name: 'Name',
  optional: 'freiwillig',
  passwordRule: (min) => `Mindestens ${min} Zeichen. Ein paar Wörter hintereinander lassen sich gut merken.`,
  emailMissing: 'Gib deine E-Mail-Adresse ein.',
  emailWrong: 'Gib eine E-Mail-Adresse ein wie name@example.com.',
  emailTaken: 'Diese E-Mail hat schon ein Konto. Melde dich mit dessen Passwort an oder nimm eine andere E-Mail.',
  passwordMissing: 'Gib dein Passwort ein.',
  passwordShort: (min) => `Nimm mindestens ${min} Zeichen.`,
  passwordLong: (max) => `Nimm höchstens ${max} Zeichen.`,
  nameWrong: (max) => `Nimm höchstens ${max} Zeichen in einer Zeile, oder lass es leer.`,
  wrong: 'Kein Konto hat diese E-Mail mit diesem Passwort. Prüfe beides und versuch es noch einmal.',
  blocked: 'Dieses Konto ist gesperrt. Frag den Shop nach dem Grund.',
  locked: (wait) =>
    `Zu viele Anmeldungen an diesem Konto sind gescheitert. Warte ${wait} und versuch es dann noch einmal; bis dahin hilft auch das richtige Passwort nicht.`,
  busy: 'Gerade melden sich viele an. Warte zehn Sekunden und versuch es dann noch einmal.',
  expired: {
    title: 'Diese Anmeldung ist vorbei',
    text: 'Sie war zu lange offen oder ist schon fertig. Geh zurück zum Shop und beginn dort von vorn.',
  },
  refused: {
    title: 'Diese Anmeldung geht nicht weiter',
    text: 'Die Adresse, die hierher führte, stimmt nicht oder gehört nicht zu diesem Shop. Geh zurück zum Shop und beginn dort von vorn.',
  },
  foreign: {
    title: 'Das kam nicht von unserer Seite',
    text: 'Eine andere Seite hat das Formular geschickt, darum wurde nichts getan. Geh zurück zum Shop und beginn dort von vorn.',
  },
  failed: {
    title: 'Hier ist etwas schiefgegangen',
    text: 'Warte einen Moment, geh dann zurück zum Shop und beginn dort von vorn.',
  },
  signOut: { title: 'Abmelden?', text: 'Du wirst in diesem Browser vom Shop abgemeldet.', button: 'Abmelden' },
}
