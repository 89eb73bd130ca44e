// In a frame of the page's own: hands what the issuer said of the session to the page around it.
import { UserManager } from 'oidc-client-ts'

const own = new UserManager({ authority: location.origin, client_id: '', redirect_uri: '' })
void own.signinSilentCallback()
