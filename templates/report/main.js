// Shows the view that the address names, and again whenever it changes.
const main = document.getElementById('main');
const shows = { overview, identities: identityList, findings: findingList, map };

function tell(what) {
  document.getElementById('told').textContent = what;
}

// Shows the view anew; the focus stays where it was, or goes to the element named.
function render(focus) {
  const held = focus ?? document.activeElement?.id;
  const named = document.activeElement?.name;
  const caret = document.activeElement?.selectionStart;
  document.getElementById('views').replaceChildren(...VIEWS.map(([view, title]) => h('a', { href: address({ view, page: 1, id: '' }), 'aria-current': state.view === view && 'page' }, title)));
  main.replaceChildren(...[shows[state.view]()].flat(Infinity).filter(Boolean));
  document.title = `${VIEWS.find(([view]) => view === state.view)[1]} - keysweep report`;
  const again = (held && document.getElementById(held)) || (named && main.querySelector(`[name="${CSS.escape(named)}"]`));
  if (again && again !== document.activeElement) again.focus({ preventScroll: true });
  if (again?.type === 'search') again.setSelectionRange(caret, caret);
}

function go(changes) {
  history.replaceState(null, '', address(changes));
  state = read();
  render();
}

addEventListener('hashchange', () => {
  const part = document.getElementById(location.hash.slice(1));
  if (part) {
    part.focus();
    return;
  }
  const before = state.view;
  state = read();
  render();
  if (before !== state.view) {
    main.focus({ preventScroll: true });
    scrollTo(0, 0);
  }
});
addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && picked) {
    picked = '';
    render();
  }
  if (event.key === '/' && !/^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement?.tagName ?? '')) {
    const field = main.querySelector('input[type=search]');
    if (field) {
      event.preventDefault();
      field.focus();
    }
  }
});
let resized;
addEventListener('resize', () => {
  clearTimeout(resized);
  resized = setTimeout(() => state.view === 'map' && render(), 150);
});
// Paper has no pages to turn: all that match are printed.
addEventListener('beforeprint', () => {
  perPage = Infinity;
  render();
});
addEventListener('afterprint', () => {
  perPage = 100;
  render();
});
document.getElementById('scanned').textContent = `Scanned ${report.scan.targets.join(', ')} on ${day(report.scan.finished)} with ${report.tool.name} ${report.tool.version}`;
render();
