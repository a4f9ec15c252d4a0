// Lists of identities and credentials: filters, pages of a hundred, and a row's details.
let perPage = 100;
const opened = new Set();

const distinct = (items, get) => [...new Set(items.flatMap(get))].sort();

function choice(label, name, options) {
  const shown = options.map(([value, title]) => h('option', { value, selected: state[name] === value }, title));
  return h('label', null, label, h('select', { name, onchange: (event) => go({ [name]: event.target.value, page: 1 }) }, h('option', { value: '' }, 'all'), shown));
}

function search() {
  let waiting;
  const type = (event) => {
    clearTimeout(waiting);
    waiting = setTimeout(() => go({ q: event.target.value, page: 1 }), 120);
  };
  return h('label', null, 'Search', h('input', { type: 'search', name: 'q', value: state.q, oninput: type, autocomplete: 'off', spellcheck: 'false' }));
}

function only() {
  return state.id && h('p', null, 'Only ', h('code', null, state.id), ' is shown. ', h('a', { href: address({ id: '' }) }, 'Show all'));
}

function identityFilters() {
  const counts = new Map();
  for (const { verdict } of report.identities) counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
  const chip = ([name]) => {
    const on = state.verdict.includes(name);
    const verdict = on ? state.verdict.filter((one) => one !== name) : [...state.verdict, name];
    return h('button', { type: 'button', class: 'chip', name: `verdict-${name}`, 'aria-pressed': String(on), onclick: () => go({ verdict, page: 1 }) }, `${name} ${number(counts.get(name))}`);
  };
  return [
    h('div', { class: 'filters', role: 'search' }, search(),
      choice('Provider', 'provider', distinct(report.identities, (i) => i.provider).map((one) => [one, one])),
      choice('Flag', 'flag', distinct(report.identities, (i) => i.flags).map((one) => [one, one]))),
    h('fieldset', null, h('legend', null, 'Verdict'), VERDICTS.filter(([name]) => counts.has(name)).map(chip)),
    only(),
  ];
}

function findingFilters() {
  return [
    h('div', { class: 'filters', role: 'search' }, search(),
      choice('Provider', 'provider', distinct(report.findings, (f) => f.provider).map((one) => [one, one])),
      choice('Confidence', 'confidence', CONFIDENCES.map((one) => [one, one])),
      choice('Where', 'where', [['head', 'checked out'], ['history', 'history only']])),
    only(),
  ];
}

// A row that opens and closes what is to be said of its item.
function row(item, cells, columns, detail) {
  const isOpen = opened.has(item.id) || state.id === item.id;
  const toggle = () => {
    if (!opened.delete(item.id)) opened.add(item.id);
    render(`more-${item.id}`);
  };
  const [title, ...others] = cells;
  const more = h('button', { type: 'button', class: 'more', id: `more-${item.id}`, 'aria-expanded': String(isOpen), onclick: toggle }, title);
  return [
    h('tr', null, h('td', null, more), others.map((cell) => (cell?.nodeName === 'TD' ? cell : h('td', null, cell)))),
    isOpen && h('tr', { class: 'detail' }, h('td', { colspan: columns }, detail(item))),
  ];
}

function pages(total, what) {
  const last = Math.max(1, Math.ceil(total / perPage));
  const at = Math.min(state.page, last);
  const turn = (to, name) => h('button', { type: 'button', name, disabled: to < 1 || to > last, onclick: () => go({ page: to }) }, name);
  const from = (at - 1) * perPage || 0;
  const told = total ? `${number(from + 1)} to ${number(Math.min(from + perPage, total))} of ${what}` : `no ${what.replace(/^\S+ /, '')} match`;
  return { from, bar: (place) => h('div', { class: 'pages' }, h('span', null, told), last > 1 && [turn(at - 1, `Previous${place}`), turn(at + 1, `Next${place}`)]), told };
}

function identityList() {
  const chosen = chosenIdentities();
  const { from, bar, told } = pages(chosen.length, count(chosen.length, 'identity', 'identities'));
  tell(told);
  const rows = chosen.slice(from, from + perPage).map((i) => row(i, [
    called(i),
    badge(i.verdict, tone[i.verdict]),
    flags(i),
    i.owner ? [i.owner.value, i.owner.status === 'active' ? '' : h('span', { class: 'bad' }, ` ${i.owner.status}`)] : h('span', { class: 'bad' }, 'nobody'),
    h('td', { class: 'wide' }, `${i.provider} ${i.kind}`),
    h('td', { class: 'wide' }, i.environment ?? ''),
    h('td', { class: 'number wide' }, number(places(i).length)),
  ], 7, identityDetail));
  return [h('h2', null, 'Identities'), identityFilters(), bar(''),
    chosen.length > 0 && table('Identities, worst verdict first', ['Identity', 'Verdict', 'Flags', 'Owner', ['Provider and kind', 'wide'], ['Environment', 'wide'], ['Places', 'number wide']], rows),
    chosen.length > perPage && bar(' page')];
}

function identityDetail(i) {
  const life = i.credential ?? {};
  const held = i.credentials.map((id) => findings.get(id)).filter(Boolean);
  return [
    terms([
      ['Because', first(i.evidence, 20, (one) => [one.says, h('span', { class: 'faint' }, ` (${one.source}${one.join ? `, by ${one.join}` : ''})`)])],
      ['Owner', i.owner && [`${i.owner.value}, ${i.owner.status}: ${i.owner.evidence}`, i.owner.conflicts.length ? `; others name ${i.owner.conflicts.join(', ')}` : '']],
      ['Breaks', i.violations.join(', ')],
      ['Excepted', i.excepted.length ? first(i.excepted, 20, (one) => `${one.name} until ${day(one.expires)}: ${one.reason}`) : null],
      ['Scope', i.scope], ['Environment', i.environment],
      ['Made', life.created && day(life.created)], ['Last replaced', life.last_rotated && day(life.last_rotated)],
      ['Last used', life.last_used && day(life.last_used)], ['Ends', life.expires && day(life.expires)],
      ['To revoke', life.revocation],
      ['Trust instead', i.instead && h('code', null, i.instead.create)],
      ['Credentials', held.length ? first(held, 20, (f) => [h('a', { href: address({ view: 'findings', id: f.id, q: '', provider: '', page: 1 }) }, `${f.title} ${f.secret.redacted}`), ' ', exposure(f, life)]) : null],
      ['Places', places(i).length ? first(places(i), 50, (at) => h('code', null, place(at))) : null],
      ['Frameworks', i.frameworks.length ? first(i.frameworks, 20, (one) => `${one.id}: ${one.why}`) : null],
      ['Id', h('code', null, i.id)],
    ]),
    h('p', null, h('a', { href: address({ view: 'map', id: i.id, q: '', provider: '', verdict: [], flag: '' }) }, 'On the map')),
  ];
}

const exposure = (f, credential) => life(f, [['replaced', credential?.last_rotated], ['last used', credential?.last_used]]);

function findingList() {
  const chosen = chosenFindings();
  const { from, bar, told } = pages(chosen.length, count(chosen.length, 'credential'));
  tell(told);
  const rows = chosen.slice(from, from + perPage).map((f) => {
    const identity = identities.get(f.identity);
    return row(f, [
      f.title,
      h('code', null, f.secret.redacted),
      f.in_head ? badge('checked out', 'bad') : badge('history', 'dull'),
      [h('code', null, place(f.locations[0])), f.locations.length > 1 && h('span', { class: 'faint' }, ` and ${number(f.locations.length - 1)} more`)],
      exposure(f, identity?.credential),
      h('td', { class: 'wide' }, f.confidence),
      h('td', { class: 'wide' }, identity && badge(identity.verdict, tone[identity.verdict])),
    ], 7, findingDetail);
  });
  return [h('h2', null, 'Credentials'), findingFilters(), bar(''),
    chosen.length > 0 && table('Credentials, checked-out ones first', ['What', ['Value', 'value'], 'Where', 'Place', 'Exposed', ['Confidence', 'wide'], ['Verdict', 'wide']], rows),
    chosen.length > perPage && bar(' page')];
}

function findingDetail(f) {
  const commit = (one) => one && [h('code', null, one.commit.slice(0, 12)), ` on ${day(one.date)} by ${one.author}`];
  const identity = identities.get(f.identity);
  const at = (l) => [h('code', null, `${place(l)}:${l.column}`),
    h('span', { class: 'faint' }, [l.in_head ? ' checked out' : '', l.removed_in ? ` taken away in ${l.removed_in.slice(0, 12)}` : '', l.encoding ? ` in ${l.encoding}` : '', l.resource?.name ? ` of ${l.resource.name}` : ''].join(''))];
  return terms([
    ['Identity', identity && h('a', { href: address({ view: 'identities', id: identity.id, q: '', provider: '', verdict: [], flag: '', page: 1 }) }, `${called(identity)}, ${identity.verdict}`)],
    ['Brought by', commit(f.first_seen)], ['Last held by', commit(f.last_seen)], ['Taken away by', commit(f.removed_in)],
    ['Lines', excerpt(f)],
    ['Places', first(f.locations, 50, at)],
    ['Sure because of', `${f.proof}, ${f.confidence} confidence`],
    ['Makes one credential with', f.group && first(f.group.members, 20, (one) => `${one.detector} ${one.value ?? one.redacted ?? ''} (line ${one.line})`)],
    ['Detector', h('code', null, f.detector)], ['Fingerprint', h('code', null, f.secret.fingerprint)], ['Id', h('code', null, f.id)],
  ]);
}
