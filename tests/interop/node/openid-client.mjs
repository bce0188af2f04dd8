// A whole sign-in by openid-client: discovery, code with PKCE, ID token proven by the key set, userinfo, refresh, revoke.
import * as oidc from 'openid-client'
import { consent, done, refusal, settings } from './dialogue.mjs'

const { clientId, clientSecret, redirectUri, scope } = settings
const discover = async (secret) => {
  const config = await oidc.discovery(new URL('https://accounts.google.com'), clientId, secret)
  oidc.enableNonRepudiationChecks(config) // the ID token's signature too, although it came over TLS
  return config
}
const config = await discover(clientSecret)

const begin = async () => {
  const checks = {
    pkceCodeVerifier: oidc.randomPKCECodeVerifier(),
    expectedState: oidc.randomState(),
    expectedNonce: oidc.randomNonce(),
    idTokenExpected: true,
  }
  const url = oidc.buildAuthorizationUrl(config, {
    redirect_uri: redirectUri,
    scope,
    state: checks.expectedState,
    nonce: checks.expectedNonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
    code_challenge_method: 'S256',
    access_type: 'offline',
    prompt: 'consent',
  })
  return { checks, url }
}
const told = ({ name, error, error_description, status }) => ({ name, error, error_description, status })

const first = await begin()
const callback = await consent(first.url)
const tokens = await oidc.authorizationCodeGrant(config, callback, first.checks)
const claims = tokens.claims()
const userinfo = await oidc.fetchUserInfo(config, tokens.access_token, claims.sub)
const refreshed = await oidc.refreshTokenGrant(config, tokens.refresh_token)

const second = await begin()
const cancelled = await consent(second.url, { deny: true })
const stranger = await discover('GOCSPX-wrong')
const report = {
  scope: tokens.scope,
  claims,
  expectedNonce: first.checks.expectedNonce,
  userinfo,
  anotherAccessToken: refreshed.access_token !== tokens.access_token,
  refreshedClaims: refreshed.claims(),
  replayed: told(await refusal(oidc.authorizationCodeGrant(config, callback, first.checks))),
  denied: told(await refusal(oidc.authorizationCodeGrant(config, cancelled, second.checks))),
  wrongSecret: told(await refusal(oidc.refreshTokenGrant(stranger, tokens.refresh_token))),
}
await oidc.tokenRevocation(config, tokens.refresh_token)
done({ ...report, revoked: told(await refusal(oidc.refreshTokenGrant(config, tokens.refresh_token))) })
