// An organisation made for a test: a repository with a past, exports of its cloud account, and the report of a scan of both.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const ACCOUNT = '111122223333';
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

// An AWS access key id of the account; another one for every number.
export function key(number) {
  let tail = '';
  let rest = (number * 2654435761) % 2 ** 30;
  for (let i = 0; i < 6; i += 1) {
    tail += ALPHABET[rest % 32];
    rest = Math.floor(rest / 32);
  }
  return `${'AKIA'}RTX3GSDSVI${tail}`;
}

// A GitHub token with its checksum, made so that none stands here; another one for every number.
export function token(number = 0) {
  const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  const body = Array.from({ length: 30 }, (_, n) => digits[(n * 17 + 5 + number * (n + 3)) % 62]).join('');
  let sum = 0xffffffff;
  for (const letter of body) {
    sum ^= letter.charCodeAt(0);
    for (let bit = 0; bit < 8; bit += 1) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  sum = (sum ^ 0xffffffff) >>> 0;
  let check = '';
  for (let at = 0; at < 6; at += 1) {
    check = digits[sum % 62] + check;
    sum = Math.floor(sum / 62);
  }
  return `${'ghp_'}${body}${check}`;
}

// A token, and `count` keys in the history: one in ten taken away again, one in two known to the cloud, and every fourth of those owned by somebody.
// The first team is called `first`.
export function organisation(count, first = '0') {
  const root = mkdtempSync(join(tmpdir(), 'keysweep-web-'));
  const write = (path, text) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  const git = (date, ...args) => execFileSync('git', ['-C', join(root, 'code'), '-c', 'user.name=Ann Author', '-c', 'user.email=ann@example.org', ...args],
    { env: { ...process.env, GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date, GIT_CONFIG_NOSYSTEM: '1', HOME: root } });
  mkdirSync(join(root, 'code'));
  git('2026-01-01T00:00:00Z', 'init', '-q');
  const per = Math.max(1, Math.ceil(count / 400));
  const commit = (date, kept) => {
    for (let from = 0; from < count; from += per) {
      const lines = Array.from({ length: Math.min(per, count - from) }, (_, i) => from + i).filter(kept).map((n) => `aws_access_key_id = ${key(n)}\n`);
      const team = (from / per) % 20;
      write(`code/team-${team || first}/service-${from / per}.ini`, `[default]\n${lines.join('')}`);
    }
    git(date, 'add', '-A');
    git(date, 'commit', '-qm', 'keys');
  };
  write('code/README', `curl -H "Authorization: token ${token()}"\n`);
  commit('2026-01-10T00:00:00Z', () => true);
  commit('2026-05-10T00:00:00Z', (n) => n % 10 !== 9);
  const known = Array.from({ length: count }, (_, n) => n).filter((n) => n % 2 === 0);
  write(`exports/aws/${ACCOUNT}/access-keys.json`, JSON.stringify({
    AccessKeyMetadata: known.map((n) => ({ UserName: `user-${n % 40}`, AccessKeyId: key(n), Status: n % 6 ? 'Active' : 'Inactive', CreateDate: '2025-12-01T00:00:00+00:00' })),
  }));
  const user = (n) => ({ UserName: `user-${n}`, UserId: `AIDAUSER${n}`, Arn: `arn:aws:iam::${ACCOUNT}:user/user-${n}`, CreateDate: '2025-11-01T00:00:00Z', Tags: n % 8 ? [] : [{ Key: 'owner', Value: 'kim@example.org' }] });
  write(`exports/aws/${ACCOUNT}/authorization-details.json`, JSON.stringify({ UserDetailList: Array.from({ length: 40 }, (_, n) => user(n)), RoleDetailList: [], GroupDetailList: [], Policies: [] }));
  write('exports/people.csv', 'email,name,status,team\nkim@example.org,Kim,active,ops\n');
  const covers = (source, kinds) => JSON.stringify({ source, source_class: 'issuer', provider: 'aws', scopes: [ACCOUNT], kinds, complete: true, as_of: '2026-08-31T00:00:00Z', has: { owner: true, last_used: false, expiry: false, hint: false, fingerprint: false } });
  write('exports/coverage.jsonl', [covers(`aws/${ACCOUNT}/access-keys.json`, ['access_key']), covers(`aws/${ACCOUNT}/authorization-details.json`, ['user', 'role'])].join('\n'));
  const scan = (...options) => {
    execFileSync(process.env.KEYSWEEP, ['scan', 'code', '--inventory', 'exports', '--fail-on', 'never', '-q', '--confidence', 'low', ...options, '-f', 'html', '-o', 'report.html', '-f', 'json', '-o', 'report.json'],
      { cwd: root, env: { ...process.env, KEYSWEEP_NOW: '2026-09-01T00:00:00Z', HOME: root } });
    return join(root, 'report.html');
  };
  return { root, scan, remove: () => rmSync(root, { recursive: true, force: true }) };
}
