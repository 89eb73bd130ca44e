import { type AttemptState, attemptStates } from '../core/attempt.ts'

/** The state of an attempt as the API tells it. */
export const wordOf = (state: AttemptState): string => state.toLowerCase().replace('_', '-')
export const paymentStates = attemptStates.map(wordOf)
