// The report, and what of it is looked at: the latter lives in the address, so that a link shows the same.
const report = JSON.parse(document.getElementById('data').textContent);
const findings = new Map(report.findings.map((finding) => [finding.id, finding]));
const identities = new Map(report.identities.map((identity) => [identity.id, identity]));
const until = Date.parse(report.scan.finished);

// Verdicts from worst to best, with the tone each is shown in.
const VERDICTS = [
  ['shadow', 'bad'], ['suspected-shadow', 'bad'], ['dangling', 'bad'], ['ungoverned', 'warn'], ['ambiguous', 'warn'],
  ['foreign-scope', 'warn'], ['unknown-source', 'warn'], ['revoked-present', 'dull'], ['residue', 'dull'],
  ['governed', 'good'], ['resolved', 'good'], ['invalid', 'dull'],
];
const tone = Object.fromEntries(VERDICTS);
const rank = Object.fromEntries(VERDICTS.map(([name], at) => [name, at]));
const CONFIDENCES = ['high', 'medium', 'low'];
const VIEWS = [['overview', 'Overview'], ['identities', 'Identities'], ['findings', 'Credentials'], ['map', 'Map']];

function read() {
  const given = new URLSearchParams(location.hash.slice(1));
  const list = (name) => (given.get(name) ?? '').split(',').filter(Boolean);
  const view = given.get('view');
  return {
    view: VIEWS.some(([id]) => id === view) ? view : 'overview',
    q: given.get('q') ?? '',
    verdict: list('verdict'),
    flag: given.get('flag') ?? '',
    provider: given.get('provider') ?? '',
    confidence: given.get('confidence') ?? '',
    where: given.get('where') ?? '',
    page: Math.max(1, Number.parseInt(given.get('page') ?? '1', 10) || 1),
    id: given.get('id') ?? '',
  };
}

let state = read();

function address(changes) {
  const next = { ...state, ...changes };
  const kept = new URLSearchParams();
  for (const [name, value] of Object.entries(next)) {
    const text = Array.isArray(value) ? value.join(',') : String(value);
    if (text && !(name === 'page' && text === '1')) kept.set(name, text);
  }
  return `#${kept}`;
}

// What matches is asked of one text per item, made once.
const texts = new WeakMap();
function text(item, make) {
  if (!texts.has(item)) texts.set(item, make(item).filter(Boolean).join('\n').toLowerCase());
  return texts.get(item);
}

const place = (at) => `${at.repo ? `${at.repo}: ` : ''}${at.path}:${at.line}`;
const file = (at) => `${at.repo ? `${at.repo}: ` : ''}${at.path}`;
const places = (identity) => [
  ...identity.declared_in, ...identity.referenced_in,
  ...identity.credentials.flatMap((id) => findings.get(id)?.locations ?? []),
];
const called = (identity) => identity.principal ?? identity.credentials.map((id) => findings.get(id)?.secret.redacted).find(Boolean) ?? identity.id;

const words = () => state.q.toLowerCase().split(/\s+/).filter(Boolean);

function chosenIdentities() {
  const wanted = words();
  const make = (i) => [called(i), i.id, i.provider, i.kind, i.scope, i.owner?.value, i.environment, ...i.flags, i.verdict, ...places(i).map(place)];
  return report.identities
    .filter((i) => (!state.verdict.length || state.verdict.includes(i.verdict))
      && (!state.flag || i.flags.includes(state.flag))
      && (!state.provider || i.provider === state.provider)
      && (!state.id || i.id === state.id)
      && wanted.every((word) => text(i, make).includes(word)))
    .sort((a, b) => rank[a.verdict] - rank[b.verdict] || b.flags.length - a.flags.length || called(a).localeCompare(called(b)));
}

function chosenFindings() {
  const wanted = words();
  const make = (f) => [f.title, f.id, f.detector, f.provider, f.secret.redacted, f.secret.fingerprint, f.first_seen?.author, ...f.locations.map(place)];
  const where = { head: (f) => f.in_head, history: (f) => !f.in_head }[state.where] ?? (() => true);
  return report.findings
    .filter((f) => (!state.provider || f.provider === state.provider)
      && (!state.confidence || f.confidence === state.confidence)
      && (!state.id || f.id === state.id)
      && where(f)
      && wanted.every((word) => text(f, make).includes(word)))
    .sort((a, b) => Number(b.in_head) - Number(a.in_head)
      || CONFIDENCES.indexOf(a.confidence) - CONFIDENCES.indexOf(b.confidence) || a.title.localeCompare(b.title));
}
