import type { Words } from './words-en.ts'

export const german: Words = {
  lang: 'de',
  error: 'Fehler',
  title: 'Mit Karte zahlen',
  demo: 'Das ist eine Demo: Es gibt hier keine Karte, und es fließt kein Geld. Such dir aus, wie die Zahlung ausgeht.',
  amount: 'Betrag',
  order: 'Bestellung',
  left: 'Noch',
  pay: (amount) => `${amount} zahlen`,
  decline: 'Meine Karte ablehnen',
  leave: 'Zurück, ohne zu zahlen',
  back: 'Zurück zum Shop',
  unknown: { title: 'Diese Zahlung gibt es nicht', text: 'Die Adresse stimmt nicht. Geh zurück zum Shop und zahl von dort aus.' },
  expired: {
    title: 'Diese Zahlung hat zu lange gedauert',
    text: 'Ihre Zeit ist um, und nichts wurde gezahlt. Geh zurück zum Shop.',
  },
  ended: {
    open: { title: 'Diese Zahlung ist offen', text: 'Geh zurück zum Shop.' },
    authorized: { title: 'Du hast gezahlt', text: 'Der Shop weiß es schon oder gleich.' },
    captured: { title: 'Du hast gezahlt', text: 'Der Shop hat das Geld. (Da dies eine Demo ist, gab es keines.)' },
    declined: { title: 'Die Karte wurde abgelehnt', text: 'Nichts wurde gezahlt. Im Shop kannst du es noch einmal versuchen.' },
    voided: { title: 'Der Shop hat diese Zahlung beendet', text: 'Nichts wurde gezahlt. Geh zurück zum Shop.' },
    refunded: { title: 'Das Geld ging zurück', text: 'Was du gezahlt hast, wurde zurückgegeben.' },
  },
  invalid: { title: 'Diesen Knopf gibt es hier nicht', text: 'Geh zurück und drück einen der drei.' },
  failed: { title: 'Hier ist etwas schiefgegangen', text: 'Warte einen Moment und lad die Seite dann neu.' },
}
