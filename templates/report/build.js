// Elements, always from text: nothing of the report is ever read as markup.
const SVG = 'http://www.w3.org/2000/svg';

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.flat(Infinity).filter((child) => child != null && child !== false));
  return element;
}

const h = (name, attributes, ...children) => fill(document.createElement(name), attributes, children);
const s = (name, attributes, ...children) => fill(document.createElementNS(SVG, name), attributes, children);

const number = (n) => n.toLocaleString('en');
const count = (n, what, many) => `${number(n)} ${n === 1 ? what : many ?? `${what}s`}`;
const day = (time) => (time ? time.slice(0, 10) : 'not known');

function bytes(n) {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let at = 0;
  for (; n >= 1000 && at < units.length - 1; at += 1) n /= 1000;
  return `${n.toLocaleString('en', { maximumFractionDigits: at ? 1 : 0 })} ${units[at]}`;
}

const badge = (name, how) => h('span', { class: `badge ${how ?? 'dull'}` }, name);
const flags = (identity) => [
  identity.flags.map((flag) => badge(flag, 'warn')),
  identity.violations.map((rule) => badge(`policy: ${rule}`, 'bad')),
];

// A table whose heads are [text, class] or text.
function table(caption, heads, rows, attributes) {
  const head = heads.map((one) => (Array.isArray(one) ? h('th', { scope: 'col', class: one[1] }, one[0]) : h('th', { scope: 'col' }, one)));
  return h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': caption },
    h('table', attributes, h('caption', null, caption), h('thead', null, h('tr', null, head)), h('tbody', null, rows)));
}

// Terms and what they are; those without a value are left out.
const terms = (rows) => h('dl', null, rows.filter(([, value]) => value != null && value !== '' && value.length !== 0)
  .map(([term, value]) => [h('dt', null, term), h('dd', null, value)]));

// The first of many, and how many more there are.
function first(items, most, show) {
  const rest = items.length - most;
  return h('ul', null, items.slice(0, most).map((item) => h('li', null, show(item))), rest > 0 && h('li', { class: 'faint' }, `and ${number(rest)} more`));
}

// The lines around a place of a credential, its value marked; parsed when the first is asked for.
let excerpts;
function excerpt(finding) {
  excerpts ??= JSON.parse(document.getElementById('excerpts').textContent);
  const shown = excerpts[finding.id];
  if (!shown) return null;
  const name = place(finding.locations[shown.place]);
  const line = ([before, value, behind], at) => h('span', { class: 'line' }, h('span', { class: 'at', 'aria-hidden': 'true' }, number(shown.first + at)), before, value && h('mark', null, value), behind, '\n');
  return h('pre', { class: 'excerpt code', tabindex: 0, role: 'region', 'aria-label': `Lines around ${name}` }, shown.lines.map(line));
}

// Since when a credential is exposed, and until when: a bar from the commit that brought it to the one that took it away, or to the day of the scan.
function life(finding, marks = []) {
  const from = Date.parse(finding.first_seen?.date ?? '');
  if (Number.isNaN(from)) return h('span', { class: 'faint' }, 'not committed');
  const gone = Date.parse(finding.removed_in?.date ?? '');
  const end = Number.isNaN(gone) ? until : gone;
  const days = Math.max(0, Math.round((end - from) / 864e5));
  const begin = spans.begin;
  const x = (time) => 2 + 156 * Math.min(1, Math.max(0, (time - begin) / Math.max(1, until - begin)));
  const told = `${Number.isNaN(gone) ? `since ${day(finding.first_seen.date)}` : `${day(finding.first_seen.date)} to ${day(finding.removed_in.date)}`}, ${count(days, 'day')}`;
  const dots = marks.filter(([, time]) => time).map(([what, time]) => s('circle', { class: 'dot', cx: x(Date.parse(time)), cy: 8, r: 4 }, s('title', null, `${what} ${day(time)}`)));
  return [
    s('svg', { class: 'life', viewBox: '0 0 160 16', 'aria-hidden': 'true' },
      s('line', { class: 'axis', x1: 0, x2: 160, y1: 8, y2: 8 }),
      s('rect', { class: Number.isNaN(gone) ? 'open' : 'gone', x: x(from), y: 5, width: Math.max(2, x(end) - x(from)), height: 6, rx: 2 }), dots),
    h('span', { class: 'faint' }, told),
  ];
}

const spans = {
  begin: report.findings.reduce((least, f) => Math.min(least, Date.parse(f.first_seen?.date ?? '') || least), until),
};
