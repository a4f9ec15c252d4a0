// Rows of coverage shown at once.
const COVERED = 8;

// Coverage first: what was read, what was not, and what the inventory can speak of; then what was found.
function overview() {
  const { stats, skipped, unstructured } = report.scan;
  const inHead = report.findings.filter((f) => f.in_head).length;
  const card = (how, big, ...small) => h('div', { class: `card ${how}` }, h('b', null, big), small.map((line) => h('p', null, line)));
  const unowned = report.identities.filter((i) => !i.owner || i.owner.status === 'departed' || i.owner.status === 'unknown').length;
  return [
    h('div', { class: 'cards' },
      card('', bytes(stats.bytes_inspected), `inspected: ${[[stats.repos, 'repository', 'repositories'], [stats.commits, 'commit'], [stats.blobs, 'blob of history', 'blobs of history'], [stats.files, 'file']]
        .filter(([n]) => n).map(([n, one, many]) => count(n, one, many)).join(', ') || 'nothing'}`),
      card(skipped.length ? 'bad' : '', number(skipped.length), 'not read', skipped.length ? h('a', { href: '#not-read' }, 'what, and why') : 'all that was asked for was read'),
      card(report.findings.length ? 'bad' : '', number(report.findings.length), h('a', { href: address({ view: 'findings', page: 1 }) }, 'credentials'), `${number(inHead)} in what is checked out`),
      card('', number(report.identities.length), h('a', { href: address({ view: 'identities', page: 1 }) }, 'identities'), `${number(unowned)} that nobody answers for`)),
    stats.suppressed + stats.below_confidence > 0 && h('p', { class: 'faint' }, `Not counted: ${number(stats.suppressed)} suppressed, ${number(stats.below_confidence)} below the confidence asked for.`),
    h('h2', null, 'What the inventory can say'),
    coverage(),
    verdicts(),
    trend(),
    sources(),
    list('not-read', 'Not read', skipped),
    list('not-structured', 'Read as text, not by structure', unstructured),
    ghosts(),
  ];
}

function verdicts() {
  if (!report.identities.length) return null;
  const counts = VERDICTS.map(([name, how]) => [name, how, report.identities.filter((i) => i.verdict === name).length]).filter(([, , n]) => n);
  const all = report.identities.length;
  const share = (n) => `${((100 * n) / all).toLocaleString('en', { maximumFractionDigits: 1 })} %`;
  return [
    h('h2', null, 'Verdicts'),
    table('Identities by verdict, worst first', ['Verdict', ['Identities', 'number'], ['Share', 'number'], ['Compared', 'wide']], counts.map(([name, how, n]) => h('tr', null,
      h('td', null, h('a', { href: address({ view: 'identities', verdict: [name], page: 1, id: '' }) }, badge(name, how))),
      h('td', { class: 'number' }, number(n)), h('td', { class: 'number' }, share(n)),
      h('td', { class: 'wide' }, s('svg', { class: 'share', viewBox: '0 0 100 10', preserveAspectRatio: 'none', 'aria-hidden': 'true' }, s('rect', { class: how, width: (100 * n) / all, height: 10 })))))),
  ];
}

// Sweeps over time: what was counted of each, the last and the one before, and a line through all.
function trend() {
  const points = report.trend ?? [];
  if (points.length < 2) return null;
  const [before, now] = points.slice(-2);
  const names = [['findings', 'Credentials'], ['in-head', 'Credentials checked out'], ['identities', 'Identities'], ...VERDICTS.map(([name]) => [name, name])];
  const of = (point, name) => point.counts[name] ?? 0;
  const rows = names.filter(([name]) => points.some((point) => of(point, name))).map(([name, called]) => {
    const most = Math.max(...points.map((point) => of(point, name)));
    const line = points.map((point, i) => `${(100 * i) / (points.length - 1)},${19 - (18 * of(point, name)) / most}`).join(' ');
    const change = of(now, name) - of(before, name);
    return h('tr', null, h('td', null, called), h('td', { class: 'number' }, number(of(now, name))),
      h('td', { class: 'number' }, change ? `${change > 0 ? '+' : '\u2212'}${number(Math.abs(change))}` : '0'),
      h('td', { class: 'wide' }, s('svg', { class: 'trend', viewBox: '0 0 100 20', preserveAspectRatio: 'none', 'aria-hidden': 'true' }, s('polyline', { points: line }))));
  });
  return [h('h2', null, 'Over time'), table(`${number(points.length)} sweeps, from ${day(points[0].started)} to ${day(now.started)}`, ['What', ['Now', 'number'], ['Since the sweep before', 'number'], ['All sweeps', 'wide']], rows)];
}

function coverage() {
  if (!report.coverage.length) return h('p', { class: 'faint' }, 'Nothing was found that an inventory would speak of.');
  const rows = [...report.coverage].sort((a, b) => b.unknown - a.unknown || b.found - a.found).map((row) => h('tr', null,
    h('td', null, row.provider), h('td', null, row.kind), h('td', null, row.scope ?? h('span', { class: 'faint' }, 'not known')),
    h('td', { class: 'number' }, number(row.found)), h('td', { class: 'number' }, number(row.governed)), h('td', { class: `number${row.unknown ? ' bad' : ''}` }, number(row.unknown)),
    h('td', null, row.sources.join(', ')), h('td', null, row.missing ?? '')));
  const show = (caption, some) => table(caption, ['Provider', 'Kind', 'Scope', ['Found', 'number'], ['Governed', 'number'], ['Unknown', 'number'], 'Covered by', 'To know more, export'], some);
  return [
    show('What was found, and how much of it an export covers; most unknown first', rows.slice(0, COVERED)),
    rows.length > COVERED && h('details', null, h('summary', null, `${number(rows.length - COVERED)} more`), show('What is covered better', rows.slice(COVERED))),
  ];
}

function sources() {
  const { sources: exports, warnings } = report.inventory;
  return [
    exports.length > 0 && [h('h3', null, 'Exports'), table('Exports that were read', ['Export', 'Class', 'Provider', 'Kinds', 'Complete', 'As of'], exports.map((one) => h('tr', null,
      h('td', { class: 'code' }, one.source), h('td', null, one.source_class), h('td', null, one.provider), h('td', null, one.kinds.join(', ')), h('td', null, one.complete ? 'yes' : 'no'), h('td', null, day(one.as_of)))))],
    warnings.length > 0 && [h('h3', null, 'What the exports could not tell'), first(warnings, 100, (one) => one)],
  ];
}

function list(id, title, items) {
  return items.length > 0 && [h('h2', { id, tabindex: -1 }, title), first(items, 500, (one) => [h('code', null, one.what), `: ${one.why}`])];
}

function ghosts() {
  const { ghosts: records } = report.inventory;
  return records.length > 0 && [
    h('h2', null, 'Records that nothing refers to'),
    table(`${count(records.length, 'record')}${records.length > 200 ? ', the first 200 of them' : ''}`, ['Record', 'Provider', 'Kind', 'Owner', 'Last used'], records.slice(0, 200).map((one) => h('tr', null,
      h('td', null, one.name ?? one.id), h('td', null, one.provider), h('td', null, one.kind), h('td', null, one.owner ?? ''), h('td', null, one.last_used ? day(one.last_used) : '')))),
  ];
}
