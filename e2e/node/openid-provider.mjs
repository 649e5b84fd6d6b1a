// An OpenID provider for the tests: any name may log in, and `groups` says what a name is in.
// Usage: node openid-provider.mjs PROVIDER PORT REDIRECT, where PROVIDER is the path of oidc-provider's main file.
import { pathToFileURL } from 'node:url';

const [module, port, redirect] = process.argv.slice(2);
const { default: Provider } = await import(pathToFileURL(module));
const groups = (name) => (name === 'admin' ? ['staff', 'admins'] : name === 'eve' ? ['guests'] : ['staff']);

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{
    client_id: 'hub', client_secret: 'secret-of-the-hub', redirect_uris: [redirect],
    grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'],
  }],
  claims: { openid: ['sub'], profile: ['preferred_username'], groups: ['groups'] },
  conformIdTokenClaims: false,
  cookies: { keys: ['of-the-tests'] },
  findAccount: (_, name) => ({
    accountId: name,
    claims: () => ({ sub: name, preferred_username: name, groups: groups(name) }),
  }),
});
provider.listen(Number(port), '127.0.0.1', () => console.log('listening'));
