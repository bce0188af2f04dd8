// A whole sign-in by Google's own library for Node: code with PKCE, ID token proven by certificates, userinfo, refresh,
// revoke. It leaves state and nonce to its caller, who compares them here.
import { randomUUID } from 'node:crypto'
import { CodeChallengeMethod, OAuth2Client } from 'google-auth-library'
import { consent, done, refusal, settings } from './dialogue.mjs'

const { clientId, clientSecret, redirectUri, scope } = settings
const client = new OAuth2Client({ clientId, clientSecret, redirectUri })
const told = ({ constructor, status, response }) => ({ name: constructor.name, status, ...response.data })

const [state, nonce] = [randomUUID(), randomUUID()]
const { codeVerifier, codeChallenge } = await client.generateCodeVerifierAsync()
const callback = await consent(
  client.generateAuthUrl({
    access_type: 'offline',
    prompt: 'consent',
    scope,
    state,
    nonce,
    code_challenge: codeChallenge,
    code_challenge_method: CodeChallengeMethod.S256,
  }),
)
if (callback.searchParams.get('state') !== state) throw new Error('the callback is of another sign-in')
const code = { code: callback.searchParams.get('code'), codeVerifier }
const { tokens } = await client.getToken(code)
client.setCredentials(tokens)
const claims = (await client.verifyIdToken({ idToken: tokens.id_token, audience: clientId })).getPayload()
const userinfo = (await client.request({ url: 'https://openidconnect.googleapis.com/v1/userinfo' })).data
const info = await client.getTokenInfo(tokens.access_token)
const refreshed = (await client.refreshAccessToken()).credentials

const stranger = new OAuth2Client({ clientId, clientSecret: 'GOCSPX-wrong', redirectUri })
stranger.setCredentials({ refresh_token: tokens.refresh_token })
const report = {
  scope: tokens.scope,
  claims,
  expectedNonce: nonce,
  userinfo,
  info,
  anotherAccessToken: refreshed.access_token !== tokens.access_token,
  replayed: told(await refusal(client.getToken(code))),
  wrongSecret: told(await refusal(stranger.refreshAccessToken())),
}
await client.revokeToken(tokens.refresh_token)
client.setCredentials({ refresh_token: tokens.refresh_token })
done({ ...report, revoked: told(await refusal(client.refreshAccessToken())) })
