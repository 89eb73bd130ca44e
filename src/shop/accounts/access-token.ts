import type { ResourceServer } from 'oidc-provider'

export const ACCESS_TOKEN_S = 3600
export const API_SCOPE = 'api'

/** What a token for the API is: the same from the token endpoint and from `users/login`. */
export function apiResource(audience: string): ResourceServer {
  return {
    scope: API_SCOPE,
    audience,
    accessTokenTTL: ACCESS_TOKEN_S,
    accessTokenFormat: 'jwt',
    jwt: { sign: { alg: 'RS256' } },
  } as ResourceServer
}
