import { Type } from 'typebox'

export const PASSWORD_MIN = 8
export const PASSWORD_MAX = 200
export const NAME_MAX = 200
export const EMAIL_MAX = 254

/** What an account is made of, for the API and the pages alike. */
export const Email = Type.String({ format: 'email', maxLength: EMAIL_MAX })
export const Password = Type.String({ minLength: PASSWORD_MIN, maxLength: PASSWORD_MAX })
export const Name = Type.String({ minLength: 1, maxLength: NAME_MAX, pattern: '^(?=.*\\S)[^\\p{Cc}\\p{Cs}]*$' })
